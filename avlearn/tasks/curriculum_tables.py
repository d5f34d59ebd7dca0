"""The record of the curriculum study as rows of named numbers: every arm, and what it says about the papers' claims."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from avlearn.metrics.seeds import mean_interval, spread_interval
from avlearn.tasks.verdicts import Verdict, decide, ends_in_words, signed

Row = dict[str, Any]
Run = Mapping[str, Any]

TARGETS = (0.75, 0.85)
"""Qualities, as sounding-versus-silent AUC on several sources, whose first step is looked for."""

ORDERS = (
    "simple to complex",
    "simple to complex, by pairs",
    "simple to complex, by sound",
    "all shuffled",
    "complex only",
    "simple only",
    "complex to simple",
)
"""Arms of the study that differ in the order of their scenes; with a second stage the learning rate begins anew."""
ABLATIONS = (
    "simple to complex",
    "simple to complex, no restart",
    "short simple stage",
    "growing clusters",
    "one centre of sound",
    "five visual clusters",
    "complex only, restart",
    "frame_max",
    "frame_max, complex only",
    "one_vector",
)
"""The curriculum, and arms that change something else about it, or the model."""


def arm_rows(record: Mapping[str, Any], arms: Sequence[str], *, targets: Sequence[float] = TARGETS) -> list[Row]:
    """Every arm: means over its seeds with their 95 % t intervals, and the first step at each target, seed by seed.

    The steps are None for an arm whose runs weren't watched.

    Args:
        record: of `avlearn.tasks.measured_curriculum`.
        arms: which, in order; those that were not run are left out.
        targets: see `TARGETS`.

    Raises:
        ValueError: none of the arms was run.
    """
    rows = [_arm_row(arm, runs, targets) for arm in arms if (runs := _runs(record, arm))]
    if not rows:
        known = ", ".join(dict.fromkeys(run["arm"] for run in record["runs"]))
        raise ValueError(f"none of these arms was run: {', '.join(arms)}; the record has {known}")
    return rows


def claim_rows(
    record: Mapping[str, Any],
    *,
    against: str,
    curriculum: str = "simple to complex",
    targets: Sequence[float] = TARGETS,
) -> list[Row]:
    """The papers' claims for a curriculum, each by a measure, with a `verdict`: confirmed, refuted or open.

    Runs of equal seed are compared with each other: they have equal first weights and draw from equal scenes. The
    interval of a difference, or of the ratio of two spreads, decides: a claim is confirmed if all of the interval lies
    on its side, refuted if all lies on the other. A first step has no interval, because a run may never reach the
    target; there two or more seeds must all agree.

    Args:
        record: of `avlearn.tasks.measured_curriculum`.
        against: arm that the curriculum is compared with.
        curriculum: arm for which the claims are made.
        targets: see `TARGETS`.

    Returns:
        No rows where the two arms have no seed in common; none on convergence where a run wasn't watched.
    """
    theirs = {run["seed"]: run for run in _runs(record, against)}
    pairs = [(run, theirs[run["seed"]]) for run in _runs(record, curriculum) if run["seed"] in theirs]
    if not pairs:
        return []
    return [
        *(_convergence(pairs, targets) if all(run["curve"] for pair in pairs for run in pair) else []),
        _spread(pairs),
        *(_difference("better downstream", measure, pairs, value(key)) for measure, key in DOWNSTREAM.items()),
    ]


DOWNSTREAM = {
    "several sources: AUC": "several_auc",
    "several sources: average precision": "several_ap",
    "one source: pointing": "single_pointing",
}


def course_of(record: Mapping[str, Any], arms: Sequence[str]) -> dict[str, tuple[list[int], list[list[float]]]]:
    """Learning curves for `avlearn.viz.curves`: for each arm that was run its steps, and the quality of each seed."""
    curves = {}
    for arm in arms:
        looks = [run["curve"] for run in _runs(record, arm)]
        if looks:
            curves[arm] = [step for step, _ in looks[0]], [[quality for _, quality in look] for look in looks]
    return curves


def complexity_rows(judged: Mapping[str, Any]) -> list[Row]:
    """Every estimate of a scene's complexity, the best first, with its rank correlation with the truth.

    Args:
        judged: record of `avlearn.tasks.complexity.evaluate`.
    """
    rows = [
        {
            "estimate": name.replace("_", " "),
            "model": kind,
            "rank correlation": score["rank_correlation"],
            "95 %": ends_in_words(score["interval"]),
            "among equally many things": score["among_equally_many_things"],
        }
        for kind, part in (("a model", "estimates"), ("none", "baselines"))
        for name, score in judged[part].items()
    ]
    return sorted(rows, key=lambda row: -(row["rank correlation"] or 0))


def first_step(run: Run, target: float) -> int | None:
    """The first look at a run that reached the target; None if none did."""
    return next((int(step) for step, quality in run["curve"] if quality >= target), None)


def course(run: Run) -> float:
    """Mean quality over all looks at a run: the area under its learning curve."""
    return math.fsum(quality for _, quality in run["curve"]) / len(run["curve"])


def value(key: str) -> Callable[[Run], float]:
    """Reads one number of a run."""
    return lambda run: float(run[key])


def _arm_row(arm: str, runs: Sequence[Run], targets: Sequence[float]) -> Row:
    row: Row = {"arm": arm, "seeds": len(runs)}
    for kind, name, key in (("several", "AUC", "several_auc"), ("single", "pointing", "single_pointing")):
        numbers = _tensor(runs, value(key))
        row |= {f"{kind}: {name}": float(numbers.mean()), f"{kind}: 95 %": ends_in_words(mean_interval(numbers))}
    return row | {f"step at {target:g}": _steps(runs, target) for target in targets}


def _convergence(pairs: Sequence[tuple[Run, Run]], targets: Sequence[float]) -> list[Row]:
    return [
        *(_first_at(target, pairs) for target in targets),
        _difference("faster convergence", "mean AUC of the run", pairs, course),
    ]


def _first_at(target: float, pairs: Sequence[tuple[Run, Run]]) -> Row:
    steps = [(_when(ours, target), _when(theirs, target)) for ours, theirs in pairs]
    leads = Counter((ours < theirs) - (ours > theirs) for ours, theirs in steps)
    first, last, seeds = leads[1], leads[-1], len(pairs)
    decided: Verdict = "open"
    if seeds > 1 and seeds in (first, last):
        decided = "confirmed" if first else "refuted"
    reached = any(math.isfinite(step) for pair in steps for step in pair)
    found = f"first in {first} of {seeds} seeds, last in {last}" if reached else "no run got there"
    return _row("faster convergence", f"first step at AUC {target:g}", found, None, decided)


def _when(run: Run, target: float) -> float:
    step = first_step(run, target)
    return math.inf if step is None else float(step)


def _difference(claim: str, measure: str, pairs: Sequence[tuple[Run, Run]], get: Callable[[Run], float]) -> Row:
    gains = _tensor([ours for ours, _ in pairs], get) - _tensor([theirs for _, theirs in pairs], get)
    ends = mean_interval(gains)
    return _row(claim, measure, f"{signed(float(gains.mean()))} on average", ends, decide(ends))


def _spread(pairs: Sequence[tuple[Run, Run]]) -> Row:
    ours, theirs = (_tensor([pair[side] for pair in pairs], value("several_auc")) for side in (0, 1))
    ends = spread_interval(ours, theirs)
    found = "too few seeds" if ends is None else f"the other's is {float(theirs.std() / ours.std()):.1f} times as large"
    return _row("easier training", "spread of the AUC over seeds", found, ends, decide(ends, nothing=1.0))


def _row(claim: str, measure: str, found: str, ends: list[float] | None, decided: Verdict) -> Row:
    return {"claim": claim, "measured by": measure, "found": found, "95 %": ends_in_words(ends), "verdict": decided}


def _runs(record: Mapping[str, Any], arm: str) -> list[Run]:
    return sorted((run for run in record["runs"] if run["arm"] == arm), key=lambda run: int(run["seed"]))


def _tensor(runs: Sequence[Run], get: Callable[[Run], float]) -> Float64[Tensor, " n"]:
    return torch.tensor([get(run) for run in runs], dtype=torch.float64)


def _steps(runs: Sequence[Run], target: float) -> str | None:
    if not all(run["curve"] for run in runs):
        return None
    return ", ".join("never" if step is None else str(step) for step in (first_step(run, target) for run in runs))
