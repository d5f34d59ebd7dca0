"""The record of the deep clustering study as rows of named numbers: every arm, and the order that the paper reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from avlearn.metrics.seeds import mean_interval
from avlearn.tasks.verdicts import decide, ends_in_words, signed

Row = dict[str, Any]
Run = Mapping[str, Any]

MEASURES = {
    "video: probe": "video_probe",
    "video: NMI": "video_nmi",
    "sound: probe": "audio_probe",
    "sound: NMI": "audio_nmi",
}
"""Heading of a column -> name of the measure in a run."""

SCHEMES = ("random", "sdc", "mdc", "cdc", "same_modality", "xdc", "supervised")
"""Arms that differ in the labels alone, between their bounds."""
CLUSTERS_AND_ROUNDS = ("xdc, 12 clusters", "xdc", "xdc, 48 clusters", "xdc, one round", "xdc, twice the rounds")
"""XDC with other numbers of clusters, and with the same steps in fewer or more rounds."""
HARDER = (
    "xdc",
    "xdc, silent thing",
    "xdc, small things",
    "xdc, small and silent",
    "xdc, silent thing, plain ground",
    "xdc, small and silent, plain ground",
    "supervised",
    "supervised, silent thing",
    "supervised, small and silent",
    "supervised, small and silent, plain ground",
)
"""XDC in harder worlds, and what their true classes teach the same encoders."""
CURES = (
    ("xdc, background subtracted", "xdc"),
    ("xdc, small things, background subtracted", "xdc, small things"),
    ("xdc, small and silent, background subtracted", "xdc, small and silent"),
)
"""Pairs of arms, the second of which still has what stands still."""
CURED = (*(arm for pair in CURES for arm in reversed(pair)), "sdc", "sdc, background subtracted")
"""The arms of these pairs, each without the cure first; and whether own labels do once there is no ground to follow."""

ORDER = (("xdc", "cdc"), ("xdc", "mdc"), ("xdc", "sdc"), ("cdc", "sdc"), ("mdc", "sdc"), ("xdc", "same_modality"))
"""The order that notes on the XDC paper report: XDC above CDC and MDC, both above SDC; and cross-modal labels above
those of a second encoder of the same modality."""


def scheme_rows(record: Mapping[str, Any], arms: Sequence[str]) -> list[Row]:
    """Every arm: its seeds, and each of `MEASURES` with one number for each seed.

    `avlearn.viz.table` prints such cells as mean and deviation.

    Args:
        record: of `avlearn.tasks.measured_deep_clustering`.
        arms: which, in order; those that were not run are left out.

    Raises:
        ValueError: none of the arms was run.
    """
    rows = [_scheme_row(arm, runs) for arm in arms if (runs := _runs(record, arm))]
    if not rows:
        known = ", ".join(dict.fromkeys(run["arm"] for run in record["runs"]))
        raise ValueError(f"none of these arms was run: {', '.join(arms)}; the record has {known}")
    return rows


def order_rows(record: Mapping[str, Any], measure: str, *, order: Sequence[tuple[str, str]] = ORDER) -> list[Row]:
    """The reported order, pair by pair, each with a `verdict`: confirmed, refuted or open.

    Runs of equal seed are compared: they train on the same clips. The 95 % t interval of their differences decides.

    Args:
        record: of `avlearn.tasks.measured_deep_clustering`.
        measure: a heading of `MEASURES`.
        order: pairs of arms, the better one first.

    Returns:
        No row for a pair without a seed in common.

    Raises:
        ValueError: an unknown measure.

    Example:
        >>> runs = [{"arm": arm, "seed": 0, "video_probe": 0.5} for arm in ("xdc", "sdc")]
        >>> order_rows({"runs": runs}, "video: probe")[0]["verdict"]
        'open'
    """
    if measure not in MEASURES:
        raise ValueError(f"unknown measure {measure!r}; choose one of {', '.join(MEASURES)}")
    return [row for better, worse in order for row in _order_row(record, measure, better, worse)]


def courses_of(record: Mapping[str, Any], arms: Sequence[str], figure: str) -> dict[str, tuple[list[int], Any]]:
    """A figure of the labels over the rounds, for `avlearn.viz.curves`: for each arm its rounds, and a row a seed.

    Args:
        record: of `avlearn.tasks.measured_deep_clustering`.
        arms: which, in order; those without this figure, such as random features, are left out.
        figure: with the set of labels before it, such as `audio/nmi`.
    """
    found = {}
    for arm in arms:
        # The first round has no round before it, so not all figures begin there
        told = [[one for one in run["rounds"] if figure in one] for run in _runs(record, arm)]
        if told and all(told):
            found[arm] = [int(one["round"]) for one in told[0]], [[one[figure] for one in run] for run in told]
    return found


def course_of_sets(rounds: Sequence[Mapping[str, float]], figure: str) -> dict[str, tuple[list[int], list[float]]]:
    """A figure of one run over its rounds, for `avlearn.viz.curves`: a line for each set of labels.

    Args:
        rounds: figures of each round, such as `Round.figures`, from the first one on.
        figure: without the set of labels, such as `entropy`; sets and rounds without it are left out.

    Example:
        >>> course_of_sets([{"audio/entropy": 0.75}, {"audio/entropy": 0.5}], "entropy")
        {'clusters of sound': ([1, 2], [0.75, 0.5])}
    """
    found: dict[str, tuple[list[int], list[float]]] = {}
    for number, figures in enumerate(rounds, start=1):
        for key, value in figures.items():
            labels, _, name = key.rpartition("/")
            if name == figure:
                line = found.setdefault(f"clusters of {_heard_or_seen(labels)}", ([], []))
                line[0].append(number)
                line[1].append(value)
    return found


def _heard_or_seen(labels: str) -> str:
    return labels.replace("audio", "sound").replace("joint", "both").replace("_", " ")


def _scheme_row(arm: str, runs: Sequence[Run]) -> Row:
    return {"arm": arm, "seeds": len(runs)} | {name: _values(runs, key).tolist() for name, key in MEASURES.items()}


def _order_row(record: Mapping[str, Any], measure: str, better: str, worse: str) -> list[Row]:
    lower = {run["seed"]: run for run in _runs(record, worse)}
    upper = [run for run in _runs(record, better) if run["seed"] in lower]
    if not upper:
        return []
    gains = _values(upper, MEASURES[measure]) - _values([lower[run["seed"]] for run in upper], MEASURES[measure])
    ends = mean_interval(gains)
    return [
        {
            "claim": f"{better} above {worse}",
            "measured by": measure,
            "seeds": len(upper),
            "found": f"{signed(float(gains.mean()))} on average",
            "95 %": ends_in_words(ends),
            "verdict": decide(ends),
        }
    ]


def _runs(record: Mapping[str, Any], arm: str) -> list[Run]:
    return sorted((run for run in record["runs"] if run["arm"] == arm), key=lambda run: int(run["seed"]))


def _values(runs: Sequence[Run], key: str) -> Float64[Tensor, " n"]:
    return torch.tensor([run[key] for run in runs], dtype=torch.float64)
