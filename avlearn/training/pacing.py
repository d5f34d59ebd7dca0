"""Which scenes are simple: choosing among scenes by a score, whatever estimated it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from avlearn.data import Subset
from avlearn.training.curriculum import Curriculum, Stage
from avlearn.types import SceneSource


def simplest(scores: Float[Tensor, " N"], share: float) -> Int[Tensor, " n"]:
    """Numbers of the scenes with the lowest scores.

    Args:
        scores: complexity of scenes 0 to N - 1, on any scale.
        share: of the scenes, in (0, 1]; rounded to a whole number of them, at least one.

    Returns:
        In rising order, not ranked, so that any first part of them is a fair sample. Of equal scores the first count
        as simpler.

    Raises:
        ValueError: no scores, scores that are not finite, or a share outside (0, 1].

    Example:
        >>> simplest(torch.tensor([3.0, 1.0, 9.0, 0.5]), 0.5)
        tensor([1, 3])
    """
    _check(scores)
    if not 0 < share <= 1:
        raise ValueError(f"the share of simplest scenes is {share}; give a number in (0, 1]")
    count = max(1, round(share * len(scores)))
    return scores.argsort(stable=True)[:count].sort().values


def between(scores: Float[Tensor, " N"], low: float, high: float) -> Int[Tensor, " n"]:
    """Numbers of the scenes whose score lies in [low, high], such as those of two to three sources.

    Raises:
        ValueError: no scores, scores that are not finite, or none in between.

    Example:
        >>> between(torch.tensor([1.0, 3.0, 2.0]), 2.0, 3.0)
        tensor([1, 2])
    """
    _check(scores)
    chosen = ((scores >= low) & (scores <= high)).nonzero().squeeze(1)
    if not len(chosen):
        least, most = float(scores.min()), float(scores.max())
        raise ValueError(f"no scene has a score from {low:g} to {high:g}; the data has {least:g} to {most:g}, ask for "
                         "less or add such scenes")  # fmt: skip
    return chosen


def paced(
    scenes: SceneSource,
    scores: Float[Tensor, " N"],
    pace: Sequence[tuple[float, float]] = ((0.5, 0.3), (1.0, 1.0)),
    *,
    restart: bool = False,
) -> Curriculum:
    """A curriculum that starts with the simplest scenes and lets in more and more complex ones.

    Args:
        scenes: all of them.
        scores: complexity of scenes 0 to N - 1, on any scale.
        pace: a stage for each (share of the run at which it ends, share of the scenes that it may use).
        restart: whether the learning rate begins a new cycle with each stage.

    Raises:
        ValueError: scores or shares that make no sense, or stages that a `Curriculum` refuses.

    Example:
        >>> from avlearn.data import World, WorldSettings
        >>> curriculum = paced(World(WorldSettings(), seed=0), torch.rand(100))
        >>> [(stage.name, len(stage.scenes)) for stage in curriculum.stages]
        [('simplest 30 %', 30), ('simplest 100 %', 100)]
    """
    return Curriculum(
        tuple(
            Stage(
                name=f"simplest {100 * share:g} %",
                scenes=Subset(scenes, simplest(scores, share)),
                until=until,
                restart=restart,
            )
            for until, share in pace
        )
    )


def _check(scores: Tensor) -> None:
    if not len(scores):
        raise ValueError("there are no scores; give one for each scene")
    if not torch.isfinite(scores).all():
        row = int((~torch.isfinite(scores)).nonzero()[0])
        raise ValueError(f"the score of scene {row} is {float(scores[row])}; give finite scores")
