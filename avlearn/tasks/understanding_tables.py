"""The records of the understanding task as rows of named numbers, one table for each question.

Every table ends with chance, or has it beside each number, because a score means nothing without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]
Record = Mapping[str, Any]
"""What `understand.evaluate` returned."""

WAYS = ("sound_from_picture", "picture_from_sound")
"""What is looked for, and what is given."""

RETRIEVAL = {
    "recall_at_1": "R@1",
    "recall_at_5": "R@5",
    "median_rank": "median rank",
    "map_by_class": "mAP by class",
}
"""Name of a measure of retrieval in the records -> heading of its column."""

PARTS = {
    "audio": "sound",
    "picture": "picture",
    "both": "both",
    "picture_by_sound": "picture by sound",
    "picture_by_wrong_sound": "picture by wrong sound",
}
"""Name of a part of the features in the records -> heading of its column."""

CLUSTERINGS = (*(f"{part}_kmeans" for part in PARTS), "sound_clusters")
"""Names of the clusterings in the records: k-means on each part, and clusters that the model made itself."""

AGREEMENTS = {"purity": "purity", "nmi": "NMI", "matched_accuracy": "matched accuracy"}
"""Name of a measure of clusters in the records -> heading of its column."""


def retrieval_rows(record: Record, way: str, *, model: str = "model") -> list[Row]:
    """How well each model that compares finds the partners of all scenes, one way.

    The last rows are who knows the classes heard but can't tell scenes of one class apart, and chance.

    Args:
        record: see `Record`.
        way: one of `WAYS`.
        model: what to call the model that was evaluated beside the others.

    Raises:
        ValueError: an unknown way.
    """
    if way not in WAYS:
        raise ValueError(f"unknown way {way!r}; choose {' or '.join(WAYS)}")
    found = {name: one["retrieval"][way] for name, one in _models(record, model) if one["retrieval"] is not None}
    found |= {"classes known": record["classes_known"]["retrieval"], "chance": record["chance"]["retrieval"]}
    return [
        {"model": name} | {title: scores[key] for key, title in RETRIEVAL.items()} for name, scores in found.items()
    ]


def classification_rows(record: Record, *, model: str = "model") -> list[Row]:
    """Accuracy of linear probes for the event, from each part of each model's features; the last row is chance.

    Args:
        record: see `Record`.
        model: what to call the model that was evaluated beside the others.
    """
    rows: list[Row] = []
    for name, one in _models(record, model):
        found = one["classification"]
        rows.append(
            {"features": name}
            | {title: found[part]["accuracy"] if part in found else None for part, title in PARTS.items()}
        )
    guess = record["chance"]["classification"]["accuracy"]
    return [*rows, {"features": "chance"} | dict.fromkeys(PARTS.values(), guess)]


def cluster_rows(record: Record, kind: str, *, model: str = "model") -> list[Row]:
    """How well clusters of one kind agree with the events, each number beside its chance: classes dealt out at random.

    Args:
        record: see `Record`.
        kind: one of `CLUSTERINGS`; models that don't have it are left out.
        model: what to call the model that was evaluated beside the others.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in CLUSTERINGS:
        raise ValueError(f"unknown clustering {kind!r}; choose from {', '.join(CLUSTERINGS)}")
    rows = []
    for name, one in _models(record, model):
        if kind in one["clusters"]:
            scores = one["clusters"][kind]
            row: Row = {"model": name, "clusters": scores["clusters"]}
            for key, title in AGREEMENTS.items():
                row |= {title: scores[key], f"{title} by chance": scores["chance"][key]}
            rows.append(row)
    return rows


def _models(record: Record, model: str) -> list[tuple[str, Mapping[str, Any]]]:
    if model != "model" and model in record["models"]:
        raise ValueError(f"the record has another model {model!r}; call this one something else")
    return [(model if name == "model" else name, one) for name, one in record["models"].items()]
