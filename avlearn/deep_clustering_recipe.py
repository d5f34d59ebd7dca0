"""The complete runs of deep clustering, XDC and its relatives, in the four profiles of `avlearn.recipes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import torch
from jaxtyping import Int
from torch import Tensor, nn

from avlearn.data import DIFFICULTIES, Augmentation, ClipFormat, ClipSource, World, WorldSettings
from avlearn.models import DeepClustering, DeepClusteringConfig
from avlearn.models.xdc import Scheme
from avlearn.recipes import MakeScenes, Profile, test_seed
from avlearn.training import (
    ClusteringSettings,
    Plateau,
    Round,
    RoundsResult,
    RoundsSettings,
    TrainSettings,
    read_card,
    save_checkpoint,
    train_rounds,
)
from avlearn.types import AVBatch, SceneSource

NAMES: tuple[Scheme, ...] = get_args(Scheme)
"""What the command line knows the recipes by."""


@dataclass(frozen=True, kw_only=True)
class DeepClusteringRecipe:
    """Everything a run needs but a seed and a place; `train` runs it."""

    profile: Profile
    """For whom its sizes are."""
    model: DeepClusteringConfig
    """The model; its scheme gives the recipe its name."""
    rounds: RoundsSettings
    """How often and how clips are clustered, and how they change from draw to draw."""
    training: TrainSettings
    """How each round is trained; the seed is set by `train`."""
    world: WorldSettings
    """Clips to train on, where no others are given."""
    test_world: WorldSettings
    """Clips to test on."""

    @property
    def name(self) -> str:
        """Stands on the checkpoint's card."""
        return self.model.scheme

    def build(self, seed: int) -> DeepClustering:
        """A new model; equal seeds give equal weights, and the global random state stays as it is."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return DeepClustering(self.model)

    @property
    def clip_format(self) -> ClipFormat:
        """The form in which videos of your own are read: that of the world's clips."""
        return ClipFormat.of(self.world)

    def scenes(self, seed: int, make: MakeScenes = World) -> SceneSource:
        """Clips to train on.

        Args:
            seed: of the run.
            make: of settings and a seed makes scenes: a `World`, or your own collage.
        """
        return make(self.world, 2 * seed)

    def fresh_scenes(self, seed: int) -> World:
        """Clips to test on, which no training with any seed ever sees."""
        return World(self.test_world, seed=test_seed(seed))


def get(name: str, profile: str = "book") -> DeepClusteringRecipe:
    """The complete run of a scheme.

    Args:
        name: xdc, sdc, mdc, cdc or same_modality.
        profile: smoke, book, gpu or paper.

    Raises:
        ValueError: no such scheme or profile.

    Example:
        >>> get("xdc", "paper").model.image_size
        112
    """
    if name not in NAMES:
        raise ValueError(f"unknown scheme {name!r}; choose one of {', '.join(NAMES)}")
    if profile not in _PROFILES:
        raise ValueError(f"unknown profile {profile!r}; choose one of {', '.join(_PROFILES)}")
    recipe = _PROFILES[profile]
    return replace(recipe, model=replace(recipe.model, scheme=name))


def train(
    recipe: DeepClusteringRecipe,
    *,
    seed: int = 0,
    scenes: SceneSource | None = None,
    out: Path | str | None = None,
    device: str = "auto",
    resume: bool = False,
    callback: Callable[[Round, nn.Module], None] | None = None,
) -> tuple[DeepClustering, RoundsResult]:
    """Train a scheme, and leave a checkpoint in `out` that `avlearn.load` reads.

    Args:
        recipe: what to run.
        seed: of weights, clips and draws.
        scenes: other clips than the recipe's world, such as a `Collage`, or `VideoClips` in the recipe's `clip_format`.
            Of those all are clustered, however many the recipe says, and held in memory if it has room for them.
        out: folder of the run; None saves nothing.
        device: auto, cpu, cuda or mps.
        resume: continue the run in `out`.
        callback: called, in the first process, after every round.

    Returns:
        The trained model, and what each round found.

    Raises:
        ValueError: from `train_rounds`.
    """

    def after(found: Round, trained: nn.Module) -> None:
        # In the first process only, once the model and its card are in the folder
        if out is not None:
            save_checkpoint(
                out, trained, replace(read_card(out), recipe=recipe.name, profile=recipe.profile, seed=seed)
            )
        if callback is not None:
            callback(found, trained)

    model, scenes = recipe.build(seed), recipe.scenes(seed) if scenes is None else scenes
    result = train_rounds(
        model,
        scenes,
        _over(scenes, recipe.rounds),
        replace(recipe.training, seed=seed),
        out=out,
        device=device,
        resume=resume,
        callback=after,
    )
    return model, result


def _over(clips: SceneSource, rounds: RoundsSettings) -> RoundsSettings:
    # All clips that there are, held in memory if the recipe would hold as many
    if not isinstance(clips, ClipSource):
        return rounds
    return replace(rounds, clips=len(clips), hold=rounds.hold and len(clips) <= rounds.clips)


def classes_of(clips: SceneSource, *, count: int) -> Int[Tensor, " n"]:
    """Classes of the things that are heard in clips 0 to count - 1, each with a single source. Evaluation only.

    Example:
        >>> classes_of(get("xdc").scenes(0), count=3).shape
        torch.Size([3])
    """
    blocks = [range(start, min(start + 64, count)) for start in range(0, count, 64)]
    return torch.cat([_heard(clips.batch(block)) for block in blocks])


def _heard(batch: AVBatch) -> Int[Tensor, " n"]:
    assert batch.truth is not None  # a world tells it unless it is asked not to
    return batch.truth.classes.masked_fill(~batch.truth.sounds, -1).amax(1)


_AUGMENTATION = Augmentation(delay=1.0, gain=6.0)
_VIDEO = replace(DIFFICULTIES["video"], silent=(0, 0))
_BOOK = DeepClusteringRecipe(
    profile="book",
    model=DeepClusteringConfig(),
    rounds=RoundsSettings(rounds=4, clips=2048, plateau=Plateau(every=50, patience=3), augmentation=_AUGMENTATION),
    training=TrainSettings(
        steps=150,
        batch_size=32,
        pool=None,
        log_every=25,
    ),
    world=_VIDEO,
    test_world=_VIDEO,
)
_PUBLISHED_VIDEO = replace(_VIDEO, size=112)

_PROFILES: dict[str, DeepClusteringRecipe] = {
    "smoke": replace(
        _BOOK,
        profile="smoke",
        model=DeepClusteringConfig(num_clusters=8, width=8),
        rounds=RoundsSettings(rounds=2, clips=64, augmentation=_AUGMENTATION),
        training=replace(_BOOK.training, steps=6, batch_size=8),
    ),
    "book": _BOOK,
    "gpu": replace(
        _BOOK,
        profile="gpu",
        model=DeepClusteringConfig(encoders="r2plus1d", num_clusters=48, frontend="xdc"),
        rounds=RoundsSettings(rounds=6, clips=16_384, augmentation=_AUGMENTATION),
        training=TrainSettings(steps=1000, batch_size=64, pool=None, learning_rate=1e-3, log_every=50),
    ),
    "paper": replace(
        _BOOK,
        profile="paper",
        model=DeepClusteringConfig(
            encoders="r2plus1d", num_clusters=64, frontend="xdc", image_size=112, standardize=False
        ),
        rounds=RoundsSettings(
            rounds=4,
            clips=240_000,
            hold=False,
            held_out_share=0.01,
            plateau=Plateau(every=2000, patience=3),
            augmentation=Augmentation(shift=0.12, delay=0.0),
            clustering=ClusteringSettings(directions=256, restarts=1, iterations=20),
        ),
        training=TrainSettings(
            steps=100_000, batch_size=32, pool=None, learning_rate=1e-4, schedule="constant", save_every=2000
        ),
        world=_PUBLISHED_VIDEO,
        test_world=_PUBLISHED_VIDEO,
    ),
}
"""A round of `book` ends with its steps: it is over before a held-out loss could be said to stay. In `paper` the
encoders, 8 frames a clip, the batch of 32 and the end on a plateau are the authors'; size of the frames, number of
clusters and of rounds, whitening, optimizer and rates are not settled in public, and ours."""
