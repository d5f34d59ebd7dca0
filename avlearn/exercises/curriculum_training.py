"""Checks of the page "Curriculum training"."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.clustering import Contents
from avlearn.clustering.pairs import arrivals, nearest
from avlearn.exercises.feedback import compare
from avlearn.metrics import effective_number

STEPS, UNTIL = 90, (0.3, 2 / 3, 1.0)


def check_stage(answer: Callable[[int, int, Sequence[float]], int | None]) -> None:
    """Check `answer(step, steps, until) -> number of the stage of a step`, for stages that end at 0.3, 2/3 and 1."""
    borders = [round(end * STEPS) for end in UNTIL]
    asked = [0, 1, 26, 27, 28, 59, 60, 61, 89, 90]
    given = [answer(step, STEPS, UNTIL) for step in asked]
    inner = borders[:-1]
    right = torch.tensor([bisect_right(inner, step) for step in asked])
    compare(
        None if None in given else torch.tensor(given),
        right,
        mistakes={
            "steps are counted from 0: a stage until 27 has the steps 0 to 26, step 27 is the first of the next": (
                torch.tensor([bisect_left(inner, step) for step in asked])
            ),
            "from the end of the run on, the last stage stays: no step has a stage of its own": (
                torch.tensor([bisect_right(borders, step) for step in asked])
            ),
            "stages are counted from 0": right + 1,
            "`until` holds shares of the run; multiply them by its steps": (
                torch.tensor([bisect_right(UNTIL[:-1], step) for step in asked])
            ),
        },
        otherwise="count how many of the borders, but not the last one, the step has reached",
    )


def check_arrivals(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(cosines_KL, mass_L) -> mass times cosine that each of K visual contents gets`."""
    seen, heard = _contents(4), _contents(6)
    heard.centres[0, 2] *= -1  # points away from all that is seen
    cosines, mass = seen.centres[0] @ heard.centres[0].mT, heard.mass[0]
    index, best = (found[0] for found in nearest(seen, heard))
    overwritten = torch.zeros(4)
    for place, amount in zip(index, mass * best.clamp_min(0), strict=True):
        overwritten[place] = amount
    chosen = cosines.max(1)
    compare(
        answer(cosines, mass),
        arrivals(seen, heard)[0],
        mistakes={
            "several contents of the sound may go to one visual content; add them up, yours keeps the last": (
                overwritten
            ),
            "each content of the sound chooses a visual one, not the other way round: take the maximum over axis 0": (
                mass[chosen.indices] * chosen.values.clamp_min(0)
            ),
            "a negative cosine adds nothing; clamp it at 0": _sum(index, mass * best),
            "count each content by its mass": _sum(index, best.clamp_min(0)),
            "multiply the mass by the cosine with what is seen": _sum(index, mass),
            "the sound goes to its nearest visual content alone, not to all of them": cosines.clamp_min(0) @ mass,
        },
        otherwise="for each column the highest cosine and its row, times the mass, added up row by row",
    )


def check_effective_number(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(masses) -> how many of the masses count: exp of the entropy of their shares`."""
    masses = torch.tensor([3.0, 2.0, 2.0, 0.5, 0.0])
    shares = masses / masses.sum()
    entropy = torch.special.entr(shares).sum()
    compare(
        answer(masses),
        effective_number(masses),
        mistakes={
            "take the exponential of the entropy": entropy,
            "use the same base for logarithm and exponential": (entropy / torch.tensor(2.0).log()).exp(),
            "divide the masses by their sum first": torch.special.entr(masses).sum().exp(),
            "this counts every mass above zero alike, however small": torch.tensor(4.0),
            "this is another such number, 1 over the sum of squared shares; here the entropy is asked for": (
                1 / shares.square().sum()
            ),
        },
        otherwise="shares p, then the exponential of the sum of -p log p",
    )


def _contents(number: int) -> Contents:
    return Contents(
        centres=F.normalize(torch.rand(1, number, 3) + 0.05, dim=-1),
        mass=torch.softmax(torch.randn(1, number), dim=1),
        shares=torch.ones(1, number, 1, 1) / number,
    )


def _sum(index: Tensor, amounts: Tensor) -> Tensor:
    return torch.zeros(4).index_add(0, index, amounts)
