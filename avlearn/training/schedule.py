"""Learning rate and momentum of each step, as a pure function of the step: nothing to save, nothing to restore."""

from __future__ import annotations

import math
from typing import NamedTuple

from avlearn.training.settings import TrainSettings

FIRST, LAST = 25, 1e4
"""A cycle begins at its highest learning rate divided by FIRST, and ends at its first one divided by LAST."""
SLOW, FAST = 0.95, 0.85
"""First beta of AdamW at the lowest and at the highest learning rate of a cycle."""
MOMENTUM = 0.9
"""First beta of AdamW where the learning rate is constant."""


class Pace(NamedTuple):
    """How one step moves the weights."""

    learning_rate: float
    """Of AdamW."""
    momentum: float
    """First beta of AdamW."""


def pace(step: int, cycle: range, settings: TrainSettings) -> Pace:
    """The pace of a step.

    Args:
        step: counted from 0, within the cycle.
        cycle: steps over which the learning rate goes up and down once: the whole run, where nothing restarts it.
        settings: schedule, highest rate, and the share of a cycle in which it rises.

    Example:
        >>> pace(5, range(10), TrainSettings(steps=10, schedule="constant", learning_rate=0.5))
        Pace(learning_rate=0.5, momentum=0.9)
    """
    if settings.schedule == "constant":
        return Pace(settings.learning_rate, MOMENTUM)
    return one_cycle(step - cycle.start, steps=len(cycle), highest=settings.learning_rate, rise=settings.rise)


def one_cycle(step: int, *, steps: int, highest: float, rise: float) -> Pace:
    """One cycle (Smith & Topin, 2019), along half cosines; the same numbers as torch's `OneCycleLR`.

    Args:
        step: counted from 0.
        steps: length of the cycle.
        highest: learning rate at the top.
        rise: share of the cycle in which the learning rate goes up.

    Example:
        >>> [round(one_cycle(step, steps=5, highest=1.0, rise=0.4).learning_rate, 2) for step in range(5)]
        [0.04, 1.0, 0.75, 0.25, 0.0]
    """
    first = highest / FIRST
    # A little more than `rise`, because a rise of exactly one step is a division by zero
    top = rise * (1 + 1e-9) * steps - 1
    if step <= top:
        share = step / top
        return Pace(_between(first, highest, share), _between(SLOW, FAST, share))
    share = (step - top) / (steps - 1 - top)
    return Pace(_between(highest, first / LAST, share), _between(FAST, SLOW, share))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (math.cos(math.pi * share) + 1)
