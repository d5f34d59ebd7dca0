"""Deep clustering of clips: the encoders learn to name the clusters that they, or each other, made of all clips.

Alwassel et al. (XDC, "Self-Supervised Learning by Cross-Modal Audio-Video Clustering", NeurIPS 2020) compare four ways
to hand out the names. They differ in one table, `TARGETS`: whose clusters each encoder learns. Everything else is the
same, so a difference between them is one of the labels. The rounds of clustering and training are those of
`avlearn.training.train_rounds`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from avlearn.audio import LogMel
from avlearn.encoders import ImageNormalize, SubtractBackground, r2plus1d_18, resnet18, small_audio, small_video
from avlearn.metrics.collapse import effective_rank
from avlearn.models.hub import HubModel
from avlearn.models.pair import check_choice
from avlearn.types import AVBatch, StepOutput

Scheme = Literal["xdc", "sdc", "mdc", "cdc", "same_modality"]
ClipEncoders = Literal["small", "r2plus1d"]

TARGETS: dict[Scheme, dict[str, tuple[str, ...]]] = {
    "xdc": {"video": ("audio",), "audio": ("video",)},
    "sdc": {"video": ("video",), "audio": ("audio",)},
    "mdc": {"video": ("video", "audio"), "audio": ("audio", "video")},
    "cdc": {"video": ("joint",), "audio": ("joint",)},
    "same_modality": {
        "video": ("video_twin",),
        "video_twin": ("video",),
        "audio": ("audio_twin",),
        "audio_twin": ("audio",),
    },
}
"""Encoder -> the sets of labels that it learns, one head for each. A set is named after the encoder whose features are
clustered; `joint` are the features of video and sound side by side. `same_modality` is XDC without the other modality:
two encoders of the same input, differently initialised, learn each other's clusters."""
JOINT = ("video", "audio")
"""Encoders whose features make the set `joint`."""
HEAD_SPREAD = 0.01
"""Standard deviation of a new head's weights, as in DeepCluster."""


@dataclass(frozen=True, kw_only=True)
class DeepClusteringConfig:
    """Everything that defines the model.

    Raises:
        ValueError: an unknown choice, fewer than two clusters, or no channels.
    """

    scheme: Scheme = "xdc"
    """Who learns whose clusters; see `TARGETS`."""
    num_clusters: int = 24
    """Clusters of each set of labels; the paper tries 64 to 1024."""
    encoders: ClipEncoders = "small"
    """small: for processors. r2plus1d: R(2+1)D-18 for clips and ResNet-18 for sound, as in XDC."""
    standardize: bool = True
    """Whether features are standardised over the batch, as they are for k-means, before a head sees them; published is
    the bare linear head, which takes longer to find what little of the features differs."""
    width: int = 16
    """Channels of the first layer of the small encoders, which the others are multiples of."""
    image_size: int = 64
    """Height and width of the frames in pixels."""
    subtract_background: bool = False
    """Whether the mean picture of a clip is taken off its frames, so that what stands still is gone; ours, for small
    things on a strong ground, which clusters of sound can't teach otherwise."""
    frontend: str = "small"
    """Preset of `LogMel`."""

    def __post_init__(self) -> None:
        for name, allowed in (("scheme", Scheme), ("encoders", ClipEncoders)):
            check_choice(name, getattr(self, name), get_args(allowed))
        if self.num_clusters < 2:
            raise ValueError(f"num_clusters is {self.num_clusters}; there must be at least 2 to tell apart")
        if self.width < 1:
            raise ValueError(f"width is {self.width}; give at least 1 channel")


class DeepClustering(HubModel, nn.Module):
    """Two encoders (four, for the control) with a linear head for every set of labels that they learn.

    Args:
        config: see `DeepClusteringConfig`.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> model, world = DeepClustering(DeepClusteringConfig(num_clusters=2)), World(DIFFICULTIES["video"], seed=0)
        >>> model.begin_round({"audio": torch.tensor([0, 1]), "video": torch.tensor([1, 0])}, seed=0)
        >>> sorted(model.step(world.batch([0, 1], truth=False)).logs)[:2]
        ['audio/accuracy', 'chance/accuracy']
    """

    def __init__(self, config: DeepClusteringConfig) -> None:
        super().__init__()
        self.config = config
        targets = TARGETS[config.scheme]
        self.normalize = _normalize(config)
        self.frontend = LogMel(config.frontend)
        self.encoders = nn.ModuleDict({name: _encoder(config, name) for name in targets})
        self.heads = nn.ModuleDict(
            {
                name: nn.ModuleDict({labels: _head(config, self.out_dim(name)) for labels in learnt})
                for name, learnt in targets.items()
            }
        )
        self._labels: dict[str, Tensor] = {}

    @property
    def label_sets(self) -> Mapping[str, tuple[str, ...]]:
        """The sets of labels that the scheme needs -> the encoders whose features are clustered for it."""
        learnt = dict.fromkeys(labels for some in TARGETS[self.config.scheme].values() for labels in some)
        return {labels: JOINT if labels == "joint" else (labels,) for labels in learnt}

    def out_dim(self, encoder: str) -> int:
        """Size of an encoder's pooled features."""
        return int(self.encoders[encoder].out_dim)  # type: ignore[arg-type]

    def begin_round(self, labels: Mapping[str, Int[Tensor, " N"]], *, seed: int) -> None:
        """Learn new labels from now on, with new heads: a head dies with its labels.

        Args:
            labels: for each set, the cluster of each clip, by the clip's number.
            seed: of the new heads.

        Raises:
            ValueError: other sets than the scheme's, sets of different length, or a label that no head can name.
        """
        self._check_labels(labels)
        self._labels = {name: one.long() for name, one in labels.items()}
        generator = torch.Generator().manual_seed(seed)
        for part in self.heads.modules():
            if isinstance(part, nn.Linear):
                part.weight.data.copy_(torch.randn(part.weight.shape, generator=generator) * HEAD_SPREAD)
                part.bias.data.zero_()
            elif isinstance(part, nn.BatchNorm1d):
                part.reset_running_stats()

    def step(self, batch: AVBatch) -> StepOutput:
        """Cross-entropy of the labels of a batch of clips, summed over all heads.

        Raises:
            ValueError: no labels, or a clip that has none; unusable frames or sound.
        """
        features, labels = self.embed(batch), self._labels_of(batch.index)
        losses, hits = {}, {}
        for name, heads in self.heads.items():
            for target, head in heads.items():  # type: ignore[operator]
                logits = head(features[name]).float()
                losses[name, target] = F.cross_entropy(logits, labels[target])
                hits[name, target] = (logits.detach().argmax(1) == labels[target]).float().mean()
        loss = torch.stack(list(losses.values())).sum()
        return StepOutput(loss=loss, logs=self._logs(loss, losses, hits, features))

    def embed(self, batch: AVBatch) -> dict[str, Float[Tensor, "B _"]]:
        """Features of clips by the name of their encoder: the mean over all positions of its feature map.

        Raises:
            ValueError: wrong type, size or channel number of the frames, or an unusable sound.
        """
        return {name: maps.flatten(2).mean(2) for name, maps in self._maps(batch, tuple(self.encoders)).items()}

    def encode(self, batch: AVBatch) -> tuple[Float[Tensor, "B C *thw"], Float[Tensor, "B D t f"]]:
        """Feature maps of the clips, with time as their first position, and of the sounds.

        Raises:
            ValueError: as `embed`.
        """
        maps = self._maps(batch, JOINT)
        return maps["video"], maps["audio"]

    def _maps(self, batch: AVBatch, names: tuple[str, ...]) -> dict[str, Tensor]:
        self._check(batch)
        clips, sounds = self.normalize(batch.frames), self.frontend(batch.waveform)
        return {name: self.encoders[name](clips if name.startswith("video") else sounds) for name in names}

    def _labels_of(self, index: Int[Tensor, " B"]) -> dict[str, Tensor]:
        if not self._labels:
            raise ValueError("this model has no labels yet; call begin_round, or train it by train_rounds")
        count = len(next(iter(self._labels.values())))
        if int(index.min()) < 0 or int(index.max()) >= count:
            raise ValueError(f"clip {int(index.max())} has no label; the clips 0 to {count - 1} were clustered")
        self._labels = {name: labels.to(index.device) for name, labels in self._labels.items()}
        return {name: labels[index] for name, labels in self._labels.items()}

    @torch.no_grad()
    def _logs(
        self,
        loss: Tensor,
        losses: Mapping[tuple[str, str], Tensor],
        hits: Mapping[tuple[str, str], Tensor],
        features: Mapping[str, Tensor],
    ) -> dict[str, float]:
        logs = {"loss": float(loss), "chance/loss": len(losses) * math.log(self.config.num_clusters)}
        for name in self.encoders:
            own = [float(hit) for (encoder, _), hit in hits.items() if encoder == name]
            logs[f"{name}/accuracy"] = sum(own) / len(own)
            logs[f"loss/{name}"] = sum(float(part) for (encoder, _), part in losses.items() if encoder == name)
        logs["chance/accuracy"] = 1 / self.config.num_clusters
        logs["collapse/effective_rank"] = min(float(effective_rank(one.float())) for one in features.values())
        return logs

    def _check(self, batch: AVBatch) -> None:
        frames, size = batch.frames, self.config.image_size
        if frames.dtype != torch.uint8 or frames.ndim != 5 or frames.shape[1] != 3:
            raise ValueError(f"frames are {frames.dtype} {tuple(frames.shape)}; give uint8 (B, 3, T, H, W)")
        if tuple(frames.shape[-2:]) != (size, size):
            raise ValueError(f"frames are {tuple(frames.shape[-2:])}; this model sees {size} x {size}, resize")
        if batch.sample_rate != self.frontend.sample_rate:
            raise ValueError(f"the sound has {batch.sample_rate} Hz; this model hears {self.frontend.sample_rate} Hz")

    def _check_labels(self, labels: Mapping[str, Tensor]) -> None:
        if labels.keys() != self.label_sets.keys():
            raise ValueError(f"labels are {', '.join(labels) or 'none'}; {self.config.scheme} needs "
                             f"{', '.join(self.label_sets)}")  # fmt: skip
        if len({len(one) for one in labels.values()}) > 1:
            lengths = ", ".join(f"{name} {len(one)}" for name, one in labels.items())
            raise ValueError(f"the sets of labels have different lengths: {lengths}; give one label a clip in each")
        for name, one in labels.items():
            if not len(one) or int(one.min()) < 0 or int(one.max()) >= self.config.num_clusters:
                raise ValueError(f"labels of {name} must be one or more numbers from 0 to "
                                 f"{self.config.num_clusters - 1}")  # fmt: skip


def _normalize(config: DeepClusteringConfig) -> nn.Module:
    normalize = ImageNormalize("small" if config.encoders == "small" else "imagenet")
    return nn.Sequential(normalize, SubtractBackground()) if config.subtract_background else normalize


def _head(config: DeepClusteringConfig, size: int) -> nn.Module:
    norm = nn.BatchNorm1d(size, affine=False) if config.standardize else nn.Identity()
    return nn.Sequential(norm, nn.Linear(size, config.num_clusters))


def _encoder(config: DeepClusteringConfig, name: str) -> nn.Module:
    video = name.startswith("video")
    if config.encoders == "small":
        return small_video(width=config.width) if video else small_audio(width=config.width)
    return r2plus1d_18() if video else resnet18(1)
