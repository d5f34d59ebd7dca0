"""What a run consists of: a model, its training, the worlds of both, and seeds that never meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

import torch

from avlearn.data import ClipFormat, World, WorldSettings
from avlearn.models import CAVL, DCC, CAVLConfig, DCCConfig, Supervised
from avlearn.recipe_models import Config
from avlearn.training import Curriculum, Stage, TrainSettings
from avlearn.types import SceneSource

Profile = Literal["smoke", "book", "gpu", "paper"]
"""For whom the sizes of a run are."""
Model = DCC | CAVL | Supervised
MakeScenes = Callable[[WorldSettings, int], SceneSource]
"""Of settings and a seed makes scenes."""


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """A stage of a curriculum, but for its scenes and their seed; see `avlearn.training.Stage`."""

    name: str
    """For messages and figures."""
    world: WorldSettings
    """Scenes to train on."""
    until: float = 1.0
    """Share of the run's steps after which the stage ends."""
    image_clusters: int | None = None
    """Visual clusters of the model, None in all stages to leave them."""
    audio_clusters: int | None = None
    """Clusters of the sound, None in all stages to leave them."""
    restart: bool = False
    """Whether the learning rate begins a new cycle."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything a run needs but a seed and a place."""

    name: str
    """What `avlearn.recipes.get` knows it by."""
    profile: Profile
    """For whom its sizes are."""
    model: Config
    """The model."""
    training: TrainSettings
    """How it is trained; the seed is set by `avlearn.recipes.train`."""
    world: WorldSettings
    """Scenes to train on, where no others are given."""
    test_world: WorldSettings
    """Scenes to test on: as the training scenes, but every scene has a silent object."""
    stages: tuple[StagePlan, ...] = ()
    """From simple to complex scenes; none trains on `world` all along."""

    def build(self, seed: int) -> Model:
        """A new model; equal seeds give equal weights."""
        return untrained(self.model, seed=seed)

    def scenes(self, seed: int, make: MakeScenes = World) -> SceneSource | Curriculum:
        """Scenes to train on, with or without stages.

        Args:
            seed: of the run.
            make: of settings and a seed makes scenes: a `World`, or your own collage.
        """
        if not self.stages:
            return make(self.world, 2 * seed)
        plans = [{field.name: getattr(plan, field.name) for field in fields(plan)} for plan in self.stages]
        return Curriculum(tuple(Stage(scenes=make(plan.pop("world"), 2 * seed), **plan) for plan in plans))

    @property
    def clip_format(self) -> ClipFormat:
        """The form in which videos of your own are read: that of the world's scenes."""
        return ClipFormat.of(self.world)

    def fresh_scenes(self, seed: int) -> World:
        """Scenes to test on, which no training with any seed ever sees."""
        return World(self.test_world, seed=test_seed(seed))


def test_seed(seed: int) -> int:
    """Seed of the worlds to test on: odd, where those to train on are even."""
    return 2 * seed + 1


def validation_seed(seed: int) -> int:
    """Seed of the worlds to choose thresholds and fit probes on: never trained on, nor tested on with a usual seed."""
    return test_seed(seed + 1_000_000)


def untrained(config: Config, *, seed: int) -> Model:
    """A new model; equal seeds give equal weights, and the global random state stays as it is."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if isinstance(config, DCCConfig):
            return DCC(config)
        return CAVL(config) if isinstance(config, CAVLConfig) else Supervised(config)
