"""The records of the detection task as rows of named numbers: by readout, and by the number of sources.

Baselines stand below the models in every table, because detecting everything has a high F-measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from avlearn.tasks.tables import Row

Results = Mapping[str, Mapping[str, Any]]
"""Name of a model -> its record from `detect.evaluate`, all on the same scenes."""

MEASURES = {
    "precision": "precision",
    "recall": "recall",
    "f_measure": "F",
    "balanced_accuracy": "balanced accuracy",
    "sounding_silent_auc": "sounding vs silent",
    "average_precision": "AP",
    "mean_average_precision": "mAP",
    "recall_at_precision_0.85": "recall at precision 0.85",
    "recall_at_n": "recall at n",
    "kept_objects": "silent objects kept",
    "detected_per_scene": "detected per scene",
    "mean_ciou": "CIoU",
    "ciou_at_0.3": "CIoU at 0.3",
    "ciou_auc": "CIoU AUC",
    "nsa": "NSA",
}
"""Name of a measure in the records -> heading of its column."""


def detection_rows(results: Results, *, measures: Sequence[str] = tuple(MEASURES)) -> list[Row]:
    """Every readout of every model, then what needs no hearing: all objects, objects by lot, edges.

    Args:
        results: see `Results`.
        measures: which columns, in order.

    Raises:
        ValueError: no result, an unknown measure, or results on different scenes.
    """
    for measure in measures:
        _check(results, measure)
    readouts = _readouts(results)
    return [{"readout": name} | {MEASURES[key]: scores[key] for key in measures} for name, scores in readouts]


def by_number(results: Results, measure: str) -> dict[str, dict[int, float | None]]:
    """One measure of every readout for each number of visible sources.

    Args:
        results: see `Results`.
        measure: one of `MEASURES`.

    Returns:
        Name of the readout -> number of sources -> value, None where it can't be asked; baselines last.

    Raises:
        ValueError: no result, an unknown measure, or results on different scenes.
    """
    _check(results, measure)
    found: dict[str, dict[int, float | None]] = {}
    for number in next(iter(results.values()))["by_sources"]:
        for name, scores in _readouts({model: record["by_sources"][number] for model, record in results.items()}):
            found.setdefault(name, {})[int(number)] = scores[measure]
    return found


def number_rows(results: Results, measure: str) -> list[Row]:
    """`by_number` as a table: a row for each readout, a column for each number of sources.

    Raises:
        ValueError: as `by_number`.
    """
    return [
        {"readout": name} | {f"{number} source{'' if number == 1 else 's'}": value for number, value in values.items()}
        for name, values in by_number(results, measure).items()
    ]


def _readouts(groups: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    found = [(f"{model}, {kind}", scores) for model, group in groups.items() for kind, scores in group["maps"].items()]
    first = next(iter(groups.values()))
    return found + [(name.replace("_", " "), scores) for name, scores in first["baselines"].items()]


def _check(results: Results, measure: str) -> None:
    if not results:
        raise ValueError("got no results; give the record of at least one model")
    if measure not in MEASURES:
        raise ValueError(f"unknown measure {measure!r}; choose from {', '.join(MEASURES)}")
    scenes = {model: (record["count"], record["objects"], record["sources"]) for model, record in results.items()}
    if len(set(scenes.values())) > 1:
        raise ValueError(f"the results are of different scenes (scenes, objects, sources): {scenes}; use the same")
