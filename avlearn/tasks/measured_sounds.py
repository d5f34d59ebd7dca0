"""What `tests/benchmarks/sound_study.py` gave: features of several kinds on the real sounds of ESC-10.

The study needs the recordings, so the package carries its numbers, row by row and fold by fold.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

Row = dict[str, Any]

HAND_MADE, AS_PUBLISHED = "MFCC and zero crossings", "MFCC and zero crossings, published settings"
UNTRAINED, ON_FOLDS = "untrained network", "the same network, trained on the folds"
"""Titles of rows."""

PERCENT = 100


def measured() -> dict[str, Any]:
    """The record that comes with the package.

    Returns:
        `date` and `command` of the study; `data_set`, and `used` clips of it; `people` and `published`, accuracies of
        people and of the authors' baselines; and `rows`, see `to_row`.

    Example:
        >>> sorted(measured())
        ['command', 'data_set', 'date', 'people', 'published', 'rows', 'used']
    """
    record: dict[str, Any] = json.loads(files("avlearn.tasks").joinpath("measured_sounds.json").read_text())
    return record


def to_row(features: str, seed: int | None, result: Mapping[str, Any]) -> Row:
    """What is kept of one evaluation.

    Args:
        features: what the table calls them.
        seed: of a network; None where nothing is drawn.
        result: of `avlearn.tasks.classify.evaluate`, or of `avlearn.finetuning.evaluate`.

    Returns:
        `features`, `seed`, and `folds`: for each classifier (of a finetuned network `network`) the accuracy on each
        fold; and `chosen`, the settings that validation gave.
    """
    splits, names = result["splits"], list(result.get("probes", {}))
    folds = {name: [split[name]["accuracy"] for split in splits] for name in names}
    return {
        "features": features,
        "seed": seed,
        "folds": folds or {"network": [split["accuracy"] for split in splits]},
        "chosen": {name: [split[name]["chosen"] for split in splits] for name in names},
    }


def sound_rows(record: Mapping[str, Any], classifiers: Sequence[str] = ("knn", "svm", "linear")) -> list[Row]:
    """The rows of a table: for each kind of features the mean accuracy and its spread over folds, in percent.

    Without the row at the published settings, which weren't chosen by validation; see `baseline_rows`. Runs with
    several seeds are one row: the mean over seeds and folds, and the mean over seeds of the deviation between folds.

    Args:
        record: see `measured`.
        classifiers: columns.

    Returns:
        `features`, `seeds` (how many), and for each classifier a text such as `61.5 ± 7.2`, or None.
    """
    kinds: dict[str, list[Row]] = {}
    for row in record["rows"]:
        if row["features"] != AS_PUBLISHED:
            kinds.setdefault(row["features"], []).append(row)
    return [
        {"features": kind, "seeds": len(rows), **{name: _cell(rows, name) for name in classifiers}}
        for kind, rows in kinds.items()
    ]


def baseline_rows(record: Mapping[str, Any]) -> list[Row]:
    """The authors' baselines beside our repetition of them: `classifier`, `paper` and `our run`, in percent."""
    names = {"knn": "k nearest neighbours", "svm": "linear SVM", "forest": "random forest"}
    return [
        {
            "classifier": names[name],
            "paper": PERCENT * accuracy,
            "our run": PERCENT * mean_accuracy(record, AS_PUBLISHED, name),
        }
        for name, accuracy in record["published"].items()
    ]


def gain_rows(record: Mapping[str, Any], classifier: str = "svm") -> list[Row]:
    """How much better each kind of features is than the untrained network, fold by fold.

    Returns:
        `features`, `gain` (mean over folds, in points), `best fold`, `worst fold`, and `folds won`, a text.
    """
    kinds = dict.fromkeys(row["features"] for row in record["rows"] if classifier in row["folds"])
    return [
        _gain(kind, fold_differences(record, kind, UNTRAINED, classifier))
        for kind in kinds
        if kind not in (UNTRAINED, AS_PUBLISHED)
    ]


def mean_accuracy(record: Mapping[str, Any], features: str, classifier: str) -> float:
    """Mean accuracy over folds and seeds, as a fraction.

    Raises:
        ValueError: the record has no such row.
    """
    rows = [row for row in record["rows"] if row["features"] == features and classifier in row["folds"]]
    if not rows:
        raise ValueError(f"the record has no {classifier} on {features!r}; run the study with it")
    return statistics.fmean(value for row in rows for value in row["folds"][classifier])


def fold_differences(record: Mapping[str, Any], features: str, other: str, classifier: str) -> list[float]:
    """How much better one kind of features is than another on each fold, mean over seeds, as fractions.

    Folds differ more than features do, so compare two kinds fold by fold.

    Raises:
        ValueError: the record lacks one of them.
    """
    return [
        ours - theirs
        for ours, theirs in zip(
            _fold_means(record, features, classifier), _fold_means(record, other, classifier), strict=True
        )
    ]


def _gain(kind: str, differences: Sequence[float]) -> Row:
    points = [PERCENT * one for one in differences]
    return {
        "features": kind,
        "gain": statistics.fmean(points),
        "worst fold": min(points),
        "best fold": max(points),
        "folds won": f"{sum(one > 0 for one in points)} of {len(points)}",
    }


def _fold_means(record: Mapping[str, Any], features: str, classifier: str) -> list[float]:
    mean_accuracy(record, features, classifier)  # says what is missing
    rows = [row["folds"][classifier] for row in record["rows"] if row["features"] == features]
    return [statistics.fmean(values) for values in zip(*rows, strict=True)]


def _cell(rows: Iterable[Row], classifier: str) -> str | None:
    folds = [row["folds"][classifier] for row in rows if classifier in row["folds"]]
    if not folds:
        return None
    mean = PERCENT * statistics.fmean(value for values in folds for value in values)
    spread = PERCENT * statistics.fmean(statistics.stdev(values) for values in folds)
    return f"{mean:.1f} ± {spread:.1f}"
