"""What a run will cost on more clips and more processes, from what a clip costs on one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

WEIGHT_BYTES = 4
"""Bytes of a gradient's number: gradients travel in 32 bits, whatever the precision of a step."""

Limit = Literal["reading", "learning", "all_reduce"]


@dataclass(frozen=True, kw_only=True)
class ClipCosts:
    """Seconds that one clip takes at each station of a run.

    Raises:
        ValueError: a negative number.
    """

    read: float | int
    """To find, decode and scale it, of one worker."""
    learn: float | int
    """Forward, backward and its share of an update, of one process."""
    describe: float | int = 0
    """Forward alone, of one process; deep clustering does it for all clips in every round."""
    cluster: float | int = 0
    """All iterations of k-means, of one process; the same."""

    def __post_init__(self) -> None:
        for name in ("read", "learn", "describe", "cluster"):
            _check(name, getattr(self, name), least=0)


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Who does the work: equal processes, each with workers that read ahead.

    Raises:
        ValueError: no process, no worker, or no bandwidth.
    """

    processes: int = 1
    """That learn together."""
    workers: int = 1
    """That read for each process."""
    bandwidth: float | int = math.inf
    """Bytes a second that each process can send, and receive at the same time."""

    def __post_init__(self) -> None:
        _check("processes", self.processes, least=1)
        _check("workers", self.workers, least=1)
        _check("bandwidth", self.bandwidth, least=1)


@dataclass(frozen=True, kw_only=True)
class StepTime:
    """Seconds of a step, part by part."""

    reading: float | int
    """Until all workers together have read a batch."""
    learning: float | int
    """Of each process, for its share of the batch."""
    all_reduce: float | int
    """Until all processes have the mean of their gradients, if nothing of it overlaps with learning."""

    @property
    def seconds(self) -> float | int:
        """Of the step: batches are read while others are learnt from, so the slower of the two decides."""
        return max(self.reading, self.learning + self.all_reduce)

    @property
    def limit(self) -> Limit:
        """What more of would make the step faster."""
        if self.reading > self.learning + self.all_reduce:
            return "reading"
        return "learning" if self.learning >= self.all_reduce else "all_reduce"


def step_time(costs: ClipCosts, fleet: Fleet, *, batch_size: int, weights: int) -> StepTime:
    """What a step takes.

    Gradients are averaged around a ring (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
    workstations", 2009): each of P processes sends, and receives, 2 (P - 1) / P times the bytes of its gradient. How
    long messages are on their way, and waiting for the slowest, are left out: this is the least that a step takes.

    Args:
        costs: measured on one process.
        fleet: who does the work.
        batch_size: clips of a step, over all processes together.
        weights: numbers of the gradient.

    Raises:
        ValueError: a batch that can't be shared equally.

    Example:
        >>> costs = ClipCosts(read=0.02, learn=0.01)
        >>> step_time(costs, Fleet(workers=1), batch_size=32, weights=10**6).limit
        'reading'
        >>> round(step_time(costs, Fleet(processes=2, workers=4), batch_size=32, weights=10**6).seconds, 3)
        0.16
    """
    if batch_size % fleet.processes:
        raise ValueError(f"a batch of {batch_size} can't be shared by {fleet.processes} processes; make it a multiple")
    share = batch_size // fleet.processes
    travelling = 2 * (fleet.processes - 1) / fleet.processes * WEIGHT_BYTES * weights
    return StepTime(
        reading=share * costs.read / fleet.workers,
        learning=share * costs.learn,
        all_reduce=travelling / fleet.bandwidth,
    )


def run_seconds(
    costs: ClipCosts, fleet: Fleet, *, clips: int, epochs: float | int, batch_size: int, weights: int, rounds: int = 0
) -> float:
    """What a run takes: its steps and, for deep clustering, its rounds, in each of which all clips are read once more.

    Args:
        costs: measured on one process.
        fleet: who does the work.
        clips: of the data set.
        epochs: times that each clip is learnt from.
        batch_size: clips of a step, over all processes together.
        weights: numbers of the gradient.
        rounds: of clustering; 0 for methods that cluster inside their steps.

    Raises:
        ValueError: a batch that can't be shared equally.

    Example:
        >>> costs = ClipCosts(read=0.01, learn=0.01, describe=0.01)
        >>> round(run_seconds(costs, Fleet(), clips=3600, epochs=1, batch_size=36, weights=0, rounds=1))
        72
    """
    step = step_time(costs, fleet, batch_size=batch_size, weights=weights)
    each = max(costs.read / fleet.workers, costs.describe) + costs.cluster
    return epochs * clips / batch_size * step.seconds + rounds * clips * each / fleet.processes


def _check(name: str, value: float | int, *, least: float | int) -> None:
    if not value >= least:
        raise ValueError(f"{name} is {value}; give at least {least}")
