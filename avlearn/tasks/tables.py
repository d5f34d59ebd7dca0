"""The records of the localization task as rows of named numbers, one table for each question.

Every table holds the baselines and controls next to the models, because a score means nothing without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]
Results = Mapping[str, Mapping[str, Any]]
"""Name of a model -> its record from `localize.evaluate`, all on the same scenes."""

MEASURES = {
    "pointing": "pointing",
    "sounding_silent_auc": "sounding vs silent",
    "iou_at_true_area": "IoU, true area",
    "mean_iou": "mean IoU",
    "success_at_0.3": "success at 0.3",
    "ciou_at_0.5": "cIoU at 0.5",
    "success_auc": "AUC",
}
"""Name of a measure in the records -> heading of its column."""


def localization_rows(results: Results, *, measures: Sequence[str] = tuple(MEASURES)) -> list[Row]:
    """Every model's maps for the scenes' own sounds, then its attention for wrong sounds, then maps without hearing.

    Args:
        results: see `Results`.
        measures: which columns, in order.

    Raises:
        ValueError: no result, or an unknown measure.
    """
    _check(results)
    unknown = [name for name in measures if name not in MEASURES]
    if unknown:
        raise ValueError(f"unknown measure {unknown[0]!r}; choose from {', '.join(MEASURES)}")
    found = [(f"{model}, {kind}", scores) for model, result in results.items() for kind, scores in _maps(result)]
    for model, result in results.items():
        shuffled = result["controls"]["shuffled_audio"]
        found += [(f"{model}, wrong sound", shuffled["attention"])] if shuffled else []
    found += _baselines(next(iter(results.values())))
    return [{"map": name} | {MEASURES[key]: scores[key] for key in measures} for name, scores in found]


def source_rows(results: Results) -> list[Row]:
    """What is found of several sources: heard together, and asked for one by one by their stems.

    Raises:
        ValueError: no result, or one on scenes that never have several sources.
    """
    _check(results)
    rows = []
    for model, result in results.items():
        single = _single(result)["maps"]
        rows += [_source_row(f"{model}, {kind}", scores, single[kind]) for kind, scores in _maps(result)]
    first = next(iter(results.values()))
    singles = _single(first)["baselines"]
    return rows + [_source_row(name.replace("_", " "), first["baselines"][name], singles[name]) for name in singles]


def negative_audio_rows(results: Results) -> list[Row]:
    """How well one threshold tells own sounds from silence, noise and off-screen sounds: AUC and false alarms.

    Raises:
        ValueError: no result.
    """
    _check(results)
    rows = []
    for model, result in results.items():
        for name, strength in result["negative_audio"]["strengths"].items():
            row: Row = {"strength": f"{model}, {name}"}
            for sound in ("silence", "noise", "offscreen"):
                row[f"{sound}: AUC"] = strength[sound]["auc"] if sound in strength else None
                row[f"{sound}: alarms"] = strength[sound]["false_alarm_rate"] if sound in strength else None
            rows.append(row)
    return rows


def blind_rows(record: Mapping[str, Any], data_set: str) -> list[Row]:
    """What picture-free maps score on annotated boxes: cIoU at 0.5 in percent, a column for each threshold rule.

    Args:
        record: of `annotated_boxes.evaluate`, or `measured_boxes.measured()`.
        data_set: one of the record's.

    Raises:
        ValueError: the record has no such data set.
    """
    if data_set not in record["data_sets"]:
        raise ValueError(f"no data set {data_set!r}; the record has {', '.join(record['data_sets'])}")
    rows: dict[str, Row] = {}
    for found in record["rows"]:
        if found["data_set"] == data_set:
            row = rows.setdefault(found["baseline"], {"map": found["baseline"].replace("_", " ")})
            row[found["threshold"]] = 100 * found["ciou_at_0.5"]
    return list(rows.values())


def over_seeds(tables: Sequence[Sequence[Row]]) -> list[Row]:
    """One table for each seed as a single one, with the numbers of all seeds in each cell.

    `avlearn.viz.table` prints such cells as mean and deviation. A cell that any seed can't fill is None.

    Args:
        tables: with the same rows and columns; the first column names the row.

    Raises:
        ValueError: no table, or tables whose rows or columns differ.

    >>> over_seeds([[{"map": "edges", "recall": 0.4}], [{"map": "edges", "recall": 0.5}]])
    [{'map': 'edges', 'recall': [0.4, 0.5]}]
    """
    shapes = {tuple((next(iter(row.values())), *row) for row in table) for table in tables}
    if len(shapes) != 1:
        raise ValueError(f"got {len(tables)} tables of {len(shapes)} shapes; give tables with equal rows and columns")
    return [_row_over_seeds(rows) for rows in zip(*tables, strict=True)]


def highest(rows: Sequence[Row]) -> dict[str, Any]:
    """All columns but the first, marked as "highest is best" for `avlearn.viz.table`."""
    return dict.fromkeys(list(rows[0])[1:], "highest")


def _row_over_seeds(rows: Sequence[Row]) -> Row:
    name, *columns = rows[0]
    cells = {column: [row[column] for row in rows] for column in columns}
    return {name: rows[0][name]} | {column: None if None in cell else cell for column, cell in cells.items()}


def _maps(result: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return list(result["maps"].items())


def _baselines(result: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name.replace("_", " "), scores) for name, scores in result["baselines"].items()]


def _single(result: Mapping[str, Any]) -> Mapping[str, Any]:
    if result["per_source"] is None:
        raise ValueError("no scene of the result has several sources; evaluate on a world such as 'multi'")
    single: Mapping[str, Any] = result["per_source"]
    return single


def _source_row(name: str, mixture: Mapping[str, Any], single: Mapping[str, Any]) -> Row:
    return {
        "map": name,
        "recall": mixture["recall"],
        "sounding vs silent": mixture["sounding_silent_auc"],
        "one stem: pointing": single["pointing"],
        "one stem: vs others": single["sounding_silent_auc"],
    }


def _check(results: Results) -> None:
    if not results:
        raise ValueError("got no results; give the record of at least one model")
