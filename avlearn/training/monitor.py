"""Warnings of collapse: what a model reports of its clusters and features, watched over time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

PATIENCE = 100
"""Steps for which a sign must last."""


class CollapseWarning(UserWarning):
    """Training goes on, but what is learnt no longer tells things apart."""


@dataclass(frozen=True, kw_only=True)
class CollapseSign:
    """One number of the logs, and the side of a threshold on which it is bad."""

    key: str
    """Name in the logs."""
    side: Literal["above", "below"]
    """Where it is bad."""
    threshold: float
    """In the units of the key."""
    advice: str
    """What it means and what to do."""

    def shows_in(self, logs: Mapping[str, float]) -> bool:
        """Whether the logs of one step are on the bad side; False where they don't have the key."""
        value = logs.get(self.key)
        if value is None:
            return False
        return value > self.threshold if self.side == "above" else value < self.threshold


SIGNS = (
    CollapseSign(
        key="collapse/assignment_entropy",
        side="above",
        threshold=0.98,
        advice="every position belongs to all clusters alike, so clustering has become average pooling; raise the "
        "sharpness, lower the number of clusters, or warm the encoders up first",
    ),
    CollapseSign(
        key="collapse/effective_rank",
        side="below",
        threshold=1.5,
        advice="the features of all scenes lie on one line, so scenes can't be told apart; lower the learning rate, "
        "add negatives, or check that the objective penalises equal features",
    ),
    CollapseSign(
        key="collapse/occupancy",
        side="below",
        threshold=0.1,
        advice="few clusters hold nearly everything; lower the sharpness, spread the first centres, or use fewer "
        "clusters",
    ),
)


class CollapseMonitor:
    """Warns once of each sign of collapse that lasts.

    Args:
        patience: steps for which a sign must last.
    """

    def __init__(self, *, patience: int = PATIENCE) -> None:
        self.patience = patience
        self._warned: set[str] = set()

    def observe(self, history: Sequence[Mapping[str, float]]) -> None:
        """Look at the history, whose last row is new."""
        for sign in lasting_signs(history, patience=self.patience):
            if sign.key not in self._warned:
                self._warned.add(sign.key)
                warnings.warn(_message(sign, history[-1]), CollapseWarning, stacklevel=2)


def lasting_signs(history: Sequence[Mapping[str, float]], *, patience: int) -> list[CollapseSign]:
    """The signs that every row of the last `patience` steps shows.

    Args:
        history: rows with their `step`, in order.
        patience: how long a sign must last; a shorter history shows none.

    Example:
        >>> rows = [{"step": step, "collapse/effective_rank": 1.0} for step in (1.0, 60.0, 120.0)]
        >>> [sign.key for sign in lasting_signs(rows, patience=100)]
        ['collapse/effective_rank']
    """
    if not history or history[-1]["step"] - history[0]["step"] < patience:
        return []
    since = history[-1]["step"] - patience
    first = max(row for row in range(len(history)) if history[row]["step"] <= since)
    return [sign for sign in SIGNS if all(sign.shows_in(row) for row in history[first:])]


def _message(sign: CollapseSign, logs: Mapping[str, float]) -> str:
    return f"step {logs['step']:.0f}: {sign.key} is {logs[sign.key]:.3g}, {sign.side} {sign.threshold}: {sign.advice}"
