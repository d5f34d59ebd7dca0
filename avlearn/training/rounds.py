"""Deep clustering in rounds: cluster the features of all clips, learn the clusters' names, and begin again.

As XDC does it (Alwassel et al., NeurIPS 2020), and unlike DeepCluster, which clusters anew after every epoch: labels
are made offline, of all clips, and stay until a held-out loss no longer falls.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor, distributed, nn

from avlearn.data.opening import describe_data
from avlearn.processes import answered, in_first, is_first
from avlearn.training.atomic import remove_drafts, write_atomically
from avlearn.training.checkpoint import ModelCard, save_checkpoint
from avlearn.training.cluster_draws import ClusterDraws, NumberedClips
from avlearn.training.feature_files import extract_features, remove_features, share_of
from avlearn.training.interrupts import Interrupts
from avlearn.training.loop import FitResult, fit, launch
from avlearn.training.plateau import HeldOut
from avlearn.training.pool import ScenePool
from avlearn.training.prefetch import available_workers, workers_watched
from avlearn.training.randomness import derived_seed
from avlearn.training.reclustering import Share, recluster
from avlearn.training.round_record import SETTINGS, Round, describe, read_round, save_round
from avlearn.training.rounds_settings import RoundsSettings
from avlearn.training.settings import TrainSettings
from avlearn.training.state import check_settings, check_writable
from avlearn.types import SceneSource

if TYPE_CHECKING:
    from lightning_fabric import Fabric

BLOCK = 64
"""Clips whose features are computed at once."""
FREE_TO_CHANGE = ("rounds", "log_every", "save_every")
"""Settings that a resumed run may have different; more rounds go on from where fewer ended."""
CLUSTERS, HEADS, STEPS = 7, 8, 9
"""Keys of the streams of random numbers that one seed gives."""


@runtime_checkable
class Reclustered(Protocol):
    """What rounds need of a model besides `step` and `embed`."""

    config: Any
    """With `num_clusters`."""

    @property
    def label_sets(self) -> Mapping[str, tuple[str, ...]]:
        """Sets of labels -> the encoders whose features are clustered for them."""
        ...

    def begin_round(self, labels: Mapping[str, Int[Tensor, " N"]], *, seed: int) -> None:
        """Learn these labels from now on, with new heads."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class RoundsResult:
    """What a run in rounds leaves behind, besides the trained model."""

    rounds: list[Round]
    """The clusters of each round."""
    fits: list[FitResult]
    """How each round was trained."""

    @property
    def history(self) -> list[dict[str, float]]:
        """Rows of all rounds, each with its `round`, and the figures of the round's clusters in its first row."""
        rows = []
        for found, result in zip(self.rounds, self.fits, strict=True):
            for place, row in enumerate(result.history):
                rows.append({"round": float(found.number), **row, **(found.figures if place == 0 else {})})
        return rows

    @property
    def steps(self) -> int:
        """Batches trained on, in all rounds."""
        return sum(result.steps for result in self.fits)

    @property
    def seconds(self) -> float:
        """Time of the training, without that of clustering."""
        return sum(result.seconds for result in self.fits)

    @property
    def flaws(self) -> Mapping[str, int]:
        """How many of the clips that were drawn had flaws, in all rounds; see `FitResult`."""
        names = {name: None for result in self.fits for name in result.flaws}
        return {name: sum(result.flaws.get(name, 0) for result in self.fits) for name in names}


def train_rounds(
    model: nn.Module,
    clips: SceneSource,
    settings: RoundsSettings,
    training: TrainSettings,
    *,
    out: Path | str | None = None,
    device: str = "auto",
    resume: bool = False,
    callback: Callable[[Round, nn.Module], None] | None = None,
) -> RoundsResult:
    """Deep clustering of clips that the model sees without their truth. Afterwards it is in eval mode, on the device.

    Every round clusters the features of all clips in evaluation mode, gives the model the labels and new heads, and
    trains it by `fit`, with a new optimiser, on clips drawn uniformly over clusters, until the loss of held-out clips
    no longer falls or the steps are done. Under `torchrun` each process has its share of the clips' features, and only
    k-means' sums and the labels travel.

    Args:
        model: such as `avlearn.models.DeepClustering`.
        clips: a `World` of clips, `VideoClips`, or anything else that makes scenes by number.
        settings: of the rounds.
        training: of each round; its `pool` isn't used.
        out: folder with a folder for each round (its clusters, and what `fit` leaves) and the model as it stands; None
            saves nothing.
        device: auto, cpu, cuda, cuda:1, mps.
        resume: continue the run in `out`, or start it there; on a processor the result equals, bit for bit, that of a
            run that was never interrupted, wherever it was.
        callback: called, in the first process, after every round.

    Raises:
        ValueError: more clusters than clips, features that are not finite or all equal, a run with other settings or
            of other data in `out`, or what `fit` refuses.
        FloatingPointError, OSError, KeyboardInterrupt: from `fit`; what was saved stays, so that the run can be
            resumed.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DeepClustering, DeepClusteringConfig
        >>> model = DeepClustering(DeepClusteringConfig(num_clusters=2))
        >>> settings, training = RoundsSettings(rounds=2, clips=12), TrainSettings(steps=1, batch_size=4)
        >>> result = train_rounds(model, World(DIFFICULTIES["video"], seed=0), settings, training, device="cpu")
        >>> [found.sizes("audio").sum().item() for found in result.rounds]
        [12, 12]
    """
    out = None if out is None else Path(out)
    _check_clusters(model, settings)
    run = _Run(launch(device), model, NumberedClips(clips), settings, out)
    in_first(lambda: _open(run, training, describe_data(clips), resume=resume))
    result = RoundsResult(rounds=[], fits=[])
    with Interrupts(), workers_watched():
        run = replace(run, clips=_held(clips, settings))
        for number in range(1, settings.rounds + 1):
            before = result.rounds[-1] if result.rounds else None
            found = run.saved(number) or run.cluster(number, before, seed=training.seed)
            run.method.begin_round(found.labels, seed=derived_seed(training.seed, HEADS, number))
            fitted = fit(
                model,
                run.draws(found, seed=training.seed),
                replace(training, pool=None, seed=derived_seed(training.seed, STEPS, number)),
                out=run.folder(number),
                device=device,
                resume=out is not None,
                held_out=run.held_out(seed=training.seed),
            )
            # One choice for all rounds: measured again, another one could seem faster
            training = replace(training, **asdict(fitted.execution))
            result.rounds.append(found)
            result.fits.append(fitted)
            in_first(partial(run.save, training, result))
            if callback and is_first():
                callback(found, model)
    return result


@dataclass(frozen=True, eq=False)
class _Run:
    """What stays the same in all rounds."""

    fabric: Fabric
    model: nn.Module
    clips: SceneSource
    settings: RoundsSettings
    out: Path | None

    @property
    def method(self) -> Reclustered:
        return cast(Reclustered, self.model)

    def folder(self, number: int) -> Path | None:
        return None if self.out is None else self.out / f"round-{number:02d}"

    def saved(self, number: int) -> Round | None:
        folder = self.folder(number)
        return None if folder is None else in_first(lambda: read_round(folder))

    def cluster(self, number: int, before: Round | None, *, seed: int) -> Round:
        fabric, settings, clusters = self.fabric, self.settings, self.method.config.num_clusters
        share = Share(
            numbers=share_of(settings.clips, rank=fabric.global_rank, world_size=fabric.world_size),
            count=settings.clips,
            device=fabric.device if fabric.device.type == "cuda" else torch.device("cpu"),  # mps has no float64
            group=distributed.group.WORLD if fabric.world_size > 1 else None,
        )
        with _feature_folder(self.out) as folder:
            features = extract_features(
                self.model.to(fabric.device),
                self.clips,
                share.numbers,
                folder=folder,
                batch_size=BLOCK,
                workers=0 if settings.hold else available_workers(),
                device=fabric.device,
            )
            with answered():
                labels, distances = recluster(
                    features,
                    self.method.label_sets,
                    num_clusters=clusters,
                    settings=settings.clustering,
                    share=share,
                    folder=folder,
                    seed=derived_seed(seed, CLUSTERS, number),
                )
            remove_features(features)
        found = Round(number=number, labels=labels, distances=distances, num_clusters=clusters)
        found = replace(found, figures=describe(found, before))
        home = self.folder(number)
        if home is not None:
            in_first(lambda: save_round(home, found))
        return found

    def draws(self, found: Round, *, seed: int) -> ClusterDraws:
        return ClusterDraws(
            self.clips,
            found.labels,
            among=self.settings.split(seed)[0],
            augmentation=self.settings.augmentation,
            seed=derived_seed(seed, STEPS, found.number),
        )

    def held_out(self, *, seed: int) -> HeldOut:
        return HeldOut(self.clips, self.settings.split(seed)[1].tolist(), plateau=self.settings.plateau)

    def save(self, training: TrainSettings, result: RoundsResult) -> None:
        if self.out is None:
            return
        last = {name: value for name, value in result.history[-1].items() if name != "step"}
        card = ModelCard.describing(
            self.model, seed=training.seed, step=result.steps, metrics={**last, **result.rounds[-1].figures}
        )
        save_checkpoint(self.out, self.model, card)


def _held(clips: SceneSource, settings: RoundsSettings) -> SceneSource:
    numbered = NumberedClips(clips)
    return ScenePool(numbered, settings.clips) if settings.hold and not isinstance(clips, ScenePool) else numbered


@contextmanager
def _feature_folder(out: Path | None) -> Iterator[Path]:
    # In the folder of the run, whose disk has room; what an interrupted run left there is overwritten
    if out is not None:
        yield out / "features"
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _open(run: _Run, training: TrainSettings, data: Mapping[str, str | int] | None, *, resume: bool) -> None:
    out = run.out
    if out is None:
        if resume:
            raise ValueError("resume=True needs the folder of the run; give out")
        return
    check_writable(out)
    remove_drafts(out)
    about = {"model": asdict(run.method.config), "data": data}
    wanted = json.loads(json.dumps(asdict(run.settings) | asdict(training) | about))
    if (out / SETTINGS).exists():
        if not resume:
            raise ValueError(f"{out} holds a run already; continue it with resume=True, or choose another folder")
        check_settings(json.loads((out / SETTINGS).read_text()), wanted, out, free=FREE_TO_CHANGE)
    write_atomically(out / SETTINGS, (json.dumps(wanted, indent=1) + "\n").encode())


def _check_clusters(model: nn.Module, settings: RoundsSettings) -> None:
    clusters, clips = cast(Reclustered, model).config.num_clusters, settings.clips
    if clips < clusters:
        raise ValueError(f"{clips} clips can't make {clusters} clusters; give more clips, or fewer clusters")
