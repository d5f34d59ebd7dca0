"""The complete run of a separator, in the four profiles of `avlearn.recipes`.

A separator listens through the eyes of a localizer that is already trained; so its recipe names a checkpoint, shipped
or your own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import torch

from avlearn.data import DIFFICULTIES, Resampled, World, WorldSettings
from avlearn.models import SOUND_OF_PIXELS, Separator, SeparatorConfig, VisualCentre
from avlearn.pretrained import load_localizer
from avlearn.recipes import Profile, test_seed
from avlearn.training import TrainSettings
from avlearn.types import SceneSource

NAME = "separator"
"""What the command line knows the recipe by."""


@dataclass(frozen=True, kw_only=True)
class SeparatorRecipe:
    """Everything a run needs but a seed and a place; `avlearn.recipes.train` runs it."""

    profile: Profile
    """For whom its sizes are."""
    model: SeparatorConfig
    """The separator."""
    training: TrainSettings
    """How it is trained; the seed is set by `train`."""
    world: WorldSettings
    """Scenes to train on, each with one source."""
    several_world: WorldSettings
    """Scenes of several sources, to test on."""
    test_world: WorldSettings
    """Scenes of one source to test on, with a silent object in each."""
    localizer: Path | str | None
    """Checkpoint that gives the queries: a shipped name or a folder; None has to be replaced by your own."""
    name: str = NAME
    """Stands on the checkpoint's card."""

    def build(self, seed: int) -> Separator:
        """A new separator on the trained localizer; equal seeds give equal weights.

        Raises:
            ValueError: no localizer, or a checkpoint that holds none.
        """
        if self.localizer is None:
            raise ValueError(f"the profile {self.profile} has no shipped localizer; train one, for example by `avlearn "
                             f"train cavl --profile {self.profile} --out RUN`, and give its folder")  # fmt: skip
        with torch.random.fork_rng():
            centre = VisualCentre(load_localizer(self.localizer))
            torch.manual_seed(seed)
            return Separator(self.model, centre)

    def scenes(self, seed: int) -> SceneSource:
        """Scenes to train on."""
        return Resampled(World(self.world, seed=2 * seed), self.model.sample_rate)

    def fresh_scenes(self, seed: int) -> SceneSource:
        """Scenes of one source, which no training with any seed ever sees."""
        return Resampled(World(self.test_world, seed=test_seed(seed)), self.model.sample_rate)

    def fresh_scenes_of_several(self, seed: int) -> SceneSource:
        """The same of several sources."""
        return Resampled(World(self.several_world, seed=test_seed(seed)), self.model.sample_rate)


def get(profile: str = "book", *, localizer: Path | str | None = None) -> SeparatorRecipe:
    """The complete run in this profile.

    Args:
        profile: smoke, book, gpu or paper.
        localizer: checkpoint to take instead of the profile's own, which for paper is none.

    Raises:
        ValueError: no such profile.

    Example:
        >>> get("paper").model.sample_rate
        11025
    """
    if profile not in get_args(Profile):
        raise ValueError(f"unknown profile {profile!r}; choose one of {', '.join(get_args(Profile))}")
    recipe = _PROFILES[profile]
    return recipe if localizer is None else replace(recipe, localizer=localizer)


_BOOK = SeparatorRecipe(
    profile="book",
    model=SeparatorConfig(),
    training=TrainSettings(steps=600, batch_size=32, pool=7168, save_every=300),
    world=DIFFICULTIES["big"],
    several_world=DIFFICULTIES["multi"],
    test_world=DIFFICULTIES["big_test"],
    localizer="cavl",
)


def _published(difficulty: str) -> WorldSettings:
    return replace(DIFFICULTIES[difficulty], size=224, seconds=65_535 / 11_025)


_PROFILES: dict[str, SeparatorRecipe] = {
    "smoke": replace(_BOOK, profile="smoke", training=TrainSettings(steps=12, batch_size=8, pool=32)),
    "book": _BOOK,
    "gpu": replace(
        _BOOK,
        profile="gpu",
        model=SeparatorConfig(levels=5, width=32, maps=32),
        training=TrainSettings(steps=6000, batch_size=128, pool=32768, learning_rate=1e-3),
    ),
    "paper": replace(
        _BOOK,
        profile="paper",
        model=SOUND_OF_PIXELS,
        training=TrainSettings(
            steps=40_000, batch_size=80, pool=None, learning_rate=1e-3, schedule="constant", weight_decay=1e-4
        ),
        world=_published("big"),
        several_world=_published("multi"),
        test_world=_published("big_test"),
        localizer=None,
    ),
}
"""Published are SGD and a rate that falls twice; all else of `paper` is as in Sound of Pixels, with pictures and a
localizer of CAVL's size."""
