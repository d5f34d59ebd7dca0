"""Commands on labelled data sets that the user has.

`avlearn evaluate` with `esc10`, `esc50`, `dcase2014`, `voc2007`, `ucf101` or `hmdb51`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from torch import nn

from avlearn import describers, finetuning
from avlearn.data.manifests import Manifest
from avlearn.data.unpacked import read_manifest
from avlearn.tasks import classify, named_pictures
from avlearn.tasks.descriptors import Hears, Sees, View, seeing_of, view_of


@dataclass(frozen=True, kw_only=True)
class OnFiles:
    """Share of the clips of a data set that are named right from features of them, on the official splits."""

    data: Path
    """Folder in which the data set is unpacked."""
    features: str = "random"
    """mfcc (sounds only), random (the untrained network), a shipped model, the folder of a run, or, of videos, one of
    the released encoders of XDC such as r2plus1d_18_xdc_audioset."""
    out: Path | None = None
    """Folder that keeps the features, as features.npy; by default they are removed at the end."""
    seed: int = 0
    """Of an untrained network."""
    device: str = "cpu"
    """cpu, cuda or mps."""

    data_set: ClassVar[str]

    def run(self) -> dict[str, Any]:
        """Accuracy of each classifier, with its spread over the splits, and what of the data set was there."""
        return {"features": self.features, **self._classified(read_manifest(self.data_set, self.data))}

    def _classified(self, manifest: Manifest) -> dict[str, Any]:
        judge = named_pictures.evaluate if manifest.kind == "picture" else classify.evaluate
        with TemporaryDirectory() as temporary:
            return judge(classify.features_of(manifest, self._describer(manifest), out=self.out or Path(temporary)))

    def _describer(self, manifest: Manifest) -> Hears | Sees:
        return describers.describer(self.features, manifest.kind, seed=self.seed, device=self.device)


@dataclass(frozen=True, kw_only=True)
class ESC10(OnFiles):
    """ESC-10: 400 sounds of 10 classes in 5 folds.

    Example: avlearn evaluate esc10 --data data/ESC-10 --features cavl
    """

    data_set: ClassVar[str] = "esc10"


@dataclass(frozen=True, kw_only=True)
class ESC50(OnFiles):
    """ESC-50: 2000 sounds of 50 classes in 5 folds.

    Example: avlearn evaluate esc50 --data data/ESC-50 --features mfcc
    """

    data_set: ClassVar[str] = "esc50"


@dataclass(frozen=True, kw_only=True)
class DCASE2014(OnFiles):
    """DCASE2014: acoustic scenes of 10 classes.

    Example: avlearn evaluate dcase2014 --data data/DCASE2014 --features cavl
    """

    data_set: ClassVar[str] = "dcase2014"


@dataclass(frozen=True, kw_only=True)
class VOC2007(OnFiles):
    """Pascal VOC 2007: pictures of 20 classes, mean average precision.

    Example: avlearn evaluate voc2007 --data data/VOC2007 --features dcc
    """

    data_set: ClassVar[str] = "voc2007"


@dataclass(frozen=True, kw_only=True)
class OnVideos(OnFiles):
    """Videos: frozen features, or all weights trained on."""

    frames: int | None = None
    """Of a clip: 8 in the ablations of XDC, 32 in its final table; by default what the network was made for."""
    size: int | None = None
    """Height and width of the frames in pixels; by default as above."""
    weights: Path | None = None
    """Folder of the released weights of XDC, or where they are to be downloaded to."""
    finetune: bool = False
    """Train the whole network on each split, instead of a classifier on frozen features."""
    steps: int = finetuning.ON_VIDEOS.steps
    """Of finetuning, for each split."""
    learning_rate: float = finetuning.ON_VIDEOS.learning_rate
    """Of finetuning."""

    def _classified(self, manifest: Manifest) -> dict[str, Any]:
        if not self.finetune:
            return super()._classified(manifest)
        settings = replace(finetuning.ON_VIDEOS, steps=self.steps, learning_rate=self.learning_rate, seed=self.seed)
        network = self._network(manifest)
        return finetuning.evaluate(manifest, network, settings, view=self._view(network), device=self.device)

    def _describer(self, manifest: Manifest) -> Hears | Sees:
        network = self._network(manifest)
        return seeing_of(network, self._view(network))

    def _network(self, manifest: Manifest) -> nn.Module:
        return describers.network(
            self.features, manifest.kind, seed=self.seed, device=self.device, weights=self.weights
        )

    def _view(self, network: nn.Module) -> View:
        usual = view_of(network)
        return replace(usual, frames=self.frames or usual.frames, size=self.size or usual.size)


@dataclass(frozen=True, kw_only=True)
class UCF101(OnVideos):
    """UCF101: videos of 101 actions, 3 splits.

    Example: avlearn evaluate ucf101 --data data/UCF101 --features runs/xdc
    """

    data_set: ClassVar[str] = "ucf101"


@dataclass(frozen=True, kw_only=True)
class HMDB51(OnVideos):
    """HMDB51: videos of 51 actions, 3 splits.

    Example: avlearn evaluate hmdb51 --data data/HMDB51 --features runs/xdc --finetune
    """

    data_set: ClassVar[str] = "hmdb51"
