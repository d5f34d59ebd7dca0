"""The complete run of a separator, in the four profiles of `avlearn.recipes`.

A separator listens through the eyes of a localizer that is already trained; so its recipe names a checkpoint, shipped
or your own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import torch

from avlearn.data import DIFFICULTIES, ClipFormat, Resampled, World, WorldSettings
from avlearn.models import SOUND_OF_PIXELS, Separator, SeparatorConfig, VisualCentre
from avlearn.pretrained import load_localizer
from avlearn.recipes import MakeScenes, Profile, test_seed
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
            ValueError: no localizer, a checkpoint that holds none, or one that sees pictures of another size.
        """
        if self.localizer is None:
            raise ValueError(f"the profile {self.profile} has no shipped localizer; train one, for example by `avlearn "
                             f"train cavl --profile {self.profile} --out RUN`, and give its folder")  # fmt: skip
        with torch.random.fork_rng():
            centre = VisualCentre(load_localizer(self.localizer))
            self._check_size(centre.localizer.config.image_size)
            torch.manual_seed(seed)
            return Separator(self.model, centre)

    @property
    def clip_format(self) -> ClipFormat:
        """The form in which videos of your own are read: that of the scenes, at the separator's rate."""
        return ClipFormat.of(self.world, sample_rate=self.model.sample_rate)

    def scenes(self, seed: int, make: MakeScenes = World) -> SceneSource:
        """Scenes to train on.

        Args:
            seed: of the run.
            make: of settings and a seed makes scenes: a `World`, or your own collage.
        """
        return Resampled(make(self.world, 2 * seed), self.model.sample_rate)

    def fresh_scenes(self, seed: int, make: MakeScenes = World) -> SceneSource:
        """Scenes of one source, which no training with any seed ever sees."""
        return Resampled(make(self.test_world, test_seed(seed)), self.model.sample_rate)

    def fresh_scenes_of_several(self, seed: int, make: MakeScenes = World) -> SceneSource:
        """The same of several sources."""
        return Resampled(make(self.several_world, test_seed(seed)), self.model.sample_rate)

    def _check_size(self, size: int) -> None:
        if size != self.world.size:
            raise ValueError(f"the localizer {str(self.localizer)!r} sees pictures of {size} x {size}, the scenes of "
                             f"the profile {self.profile} have {self.world.size} x {self.world.size}; train one by "
                             f"`avlearn train cavl --profile {self.profile} --out RUN`")  # fmt: skip


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


def on_digits(recipe: SeparatorRecipe, *, localizer: Path | str) -> SeparatorRecipe:
    """The same run for collages of written and spoken digits, which take twice as many scenes to learn.

    Args:
        recipe: a run in the embedded world.
        localizer: checkpoint that gives the queries: the folder of a run that learnt digits. The shipped ones never saw
            any.

    Example:
        >>> on_digits(get("book"), localizer="runs/cavl_digits").training.steps
        1200
    """
    training = recipe.training
    single, several, test = (
        replace(DIFFICULTIES[name], size=recipe.world.size) for name in ("digits", "digits_multi", "digits_test")
    )
    longer = replace(training, steps=2 * training.steps, pool=None if training.pool is None else 2 * training.pool)
    return replace(recipe, localizer=localizer, training=longer, world=single, several_world=several, test_world=test)


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
