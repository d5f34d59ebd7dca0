"""Training from simple to complex scenes, as in CAVL (Hu et al., "Curriculum Audiovisual Learning", 2020).

The paper trains on scenes with a single source of sound first, then on scenes with more. Its list of stages and their
lengths are not public: here they are yours to choose. Everything about a step follows from its number alone, so that an
interrupted run continues exactly.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import nn

from avlearn.data.opening import describe_data
from avlearn.types import Clustered, SceneSource

CLUSTERS = ("image_clusters", "audio_clusters")


@dataclass(frozen=True, eq=False, kw_only=True)
class Stage:
    """A part of a run.

    Raises:
        ValueError: an end outside of the run, or no cluster.
    """

    name: str
    """For messages and figures."""
    scenes: SceneSource
    """What to train on. Stages with the very same object go on through its scenes where the last one stopped."""
    until: float = 1.0
    """Share of the run's steps after which the stage ends, counted from the start of the run."""
    image_clusters: int | None = None
    """Number of visual clusters that the model gets; None in every stage leaves the model as it was built."""
    audio_clusters: int | None = None
    """Number of clusters of the sound; None as above."""
    restart: bool = False
    """Whether the learning rate begins a new cycle with this stage; else one cycle spans the stages."""

    def __post_init__(self) -> None:
        if not 0 < self.until <= 1:
            raise ValueError(f"stage {self.name!r} lasts until {self.until}; give a share of the run in (0, 1]")
        for name in CLUSTERS:
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(f"stage {self.name!r} has {name} {number}; give at least 1, or None")


@dataclass(frozen=True, eq=False)
class Curriculum:
    """Stages in the order of training. `fit` takes it in the place of scenes.

    Raises:
        ValueError: no stages, stages that don't follow each other up to the end of the run, equal names, or cluster
            numbers in some stages only.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> simple, complex_ = (World(DIFFICULTIES[name], seed=0) for name in ("big", "multi"))
        >>> curriculum = Curriculum((
        ...     Stage(name="one source", scenes=simple, until=0.4),
        ...     Stage(name="several sources", scenes=complex_),
        ... ))
        >>> curriculum.spans(steps=100)
        (range(0, 40), range(40, 100))
    """

    stages: tuple[Stage, ...]
    """From simple to complex; the last one ends at 1."""

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("a curriculum needs stages; give at least one")
        for before, after in pairwise(self.stages):
            if before.until >= after.until:
                raise ValueError(f"stage {after.name!r} ends at {after.until}, stage {before.name!r} before it at "
                                 f"{before.until}; give stages in order, each ending later")  # fmt: skip
        if self.stages[-1].until != 1:
            raise ValueError(f"the last stage, {self.stages[-1].name!r}, ends at {self.stages[-1].until}; "
                             "let it last until 1, the end of the run")  # fmt: skip
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError(f"the stages are called {', '.join(names)}; give each a name of its own")
        for name in CLUSTERS:
            without = [stage.name for stage in self.stages if getattr(stage, name) is None]
            if 0 < len(without) < len(names):
                raise ValueError(f"stage {without[0]!r} has no {name}, but another has; give it to all stages or none")

    @classmethod
    def of(cls, scenes: SceneSource | Curriculum) -> Curriculum:
        """A curriculum as it is; plain scenes as a single stage."""
        return scenes if isinstance(scenes, Curriculum) else cls((Stage(name="all", scenes=scenes),))

    def spans(self, *, steps: int) -> tuple[range, ...]:
        """The steps of each stage in a run of so many.

        Raises:
            ValueError: a stage is left without a step.
        """
        borders = [0, *(round(stage.until * steps) for stage in self.stages)]
        spans = tuple(range(start, stop) for start, stop in pairwise(borders))
        for stage, span in zip(self.stages, spans, strict=True):
            if not span:
                raise ValueError(f"stage {stage.name!r} gets none of {steps} steps; train longer, or move its borders")
        return spans

    def stage(self, step: int, *, steps: int) -> Stage:
        """The stage that a step, counted from 0, belongs to; the last one from the end of the run on."""
        return self.stages[bisect_right([span.start for span in self.spans(steps=steps)], step) - 1]

    def cycle(self, step: int, *, steps: int) -> range:
        """The steps of the learning rate's cycle that a step belongs to."""
        spans = zip(self.stages, self.spans(steps=steps), strict=True)
        starts = [span.start for stage, span in spans if stage.restart or span.start == 0]
        number = bisect_right(starts, step)
        return range(starts[number - 1], [*starts, steps][number])

    def steps_on(self, scenes: SceneSource, *, before: int, steps: int) -> int:
        """How many of the steps before this one train on these scenes."""
        spans = zip(self.stages, self.spans(steps=steps), strict=True)
        return sum(len(range(span.start, min(before, span.stop))) for stage, span in spans if stage.scenes is scenes)

    def prepare(self, model: nn.Module, step: int, *, steps: int) -> None:
        """Give a model the cluster numbers of a step's stage, whatever it had before.

        Raises:
            ValueError: the stage has cluster numbers, but the model can't change its own.
        """
        stage = self.stage(step, steps=steps)
        if stage.image_clusters is None and stage.audio_clusters is None:
            return
        if not isinstance(model, Clustered):
            raise ValueError(f"stage {stage.name!r} sets numbers of clusters, but {type(model).__name__} has no method "
                             "set_clusters; leave image_clusters and audio_clusters None")  # fmt: skip
        model.set_clusters(image=stage.image_clusters, audio=stage.audio_clusters)

    def data(self) -> list[dict[str, str | int] | None] | None:
        """What the scenes of each stage are, where they are data, to compare runs by; None if a seed makes them all."""
        data = [describe_data(stage.scenes) for stage in self.stages]
        return data if any(data) else None

    def plan(self) -> list[dict[str, Any]] | None:
        """All that the stages ask for except their scenes, to compare runs by; None for what a plain run does too."""
        told = ("name", "until", *CLUSTERS, "restart")
        plan = [{name: getattr(stage, name) for name in told} for stage in self.stages]
        plain = len(plan) == 1 and all(plan[0][name] is None for name in CLUSTERS)
        return None if plain else plan
