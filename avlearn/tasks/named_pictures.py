"""Which of 20 classes a picture shows: Pascal VOC 2007 from frozen features, by mean average precision.

A linear support vector machine for each class. Pictures in which the class is marked as difficult count neither for nor
against it, in training and in test. The variant of DMC isn't public; this one is ours.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from avlearn.data.manifests import Manifest, Split
from avlearn.metrics.eleven_points import eleven_points
from avlearn.tasks.clip_probes import INNER_FOLDS, PENALTIES, check_features, mean_scores
from avlearn.tasks.extraction import ClipFeatures


def evaluate(features: ClipFeatures, *, penalties: Sequence[float] = PENALTIES) -> dict[str, Any]:
    """Mean average precision over the classes of a data set whose pictures may show several.

    Args:
        features: of the pictures.
        penalties: values of C to choose from, for each class, by validation inside the pictures to learn from.

    Returns:
        - `task`, `dimensions`, and `data`, see `ClipFeatures.report`.
        - `map`, the mean over classes of the area under precision and recall; `map_11_points`, the same by the rule of
          the challenge of 2007; `chance`, the mean share of pictures that show a class.
        - `classes`: for each its `average_precision`, `average_precision_11_points`, `shown` (pictures to test on that
          show it) and `chosen` C.
        - `left_out`: classes that no picture to learn from, or none to test on, shows; they don't count in the means.

    Raises:
        ValueError: features that aren't finite, a split without pictures, or no class that can be tested.
    """
    manifest = features.manifest
    (split,) = manifest.splits
    if not split.train or not split.test:
        raise ValueError(f"{manifest.name} has {len(split.train)} pictures to learn from and {len(split.test)} to test "
                         f"on; {manifest.remedy}")  # fmt: skip
    check_features(features.values, None)
    rows = {name: _class(features, split, label, penalties) for label, name in enumerate(manifest.classes)}
    found = {name: row for name, row in rows.items() if row is not None}
    if not found:
        raise ValueError(f"no class of {manifest.name} is shown in pictures to learn from and to test on; "
                         f"{manifest.remedy}")  # fmt: skip
    return {
        "task": manifest.name,
        "dimensions": features.values.shape[2],
        "data": features.report(),
        "map": statistics.fmean(row["average_precision"] for row in found.values()),
        "map_11_points": statistics.fmean(row["average_precision_11_points"] for row in found.values()),
        "chance": statistics.fmean(row["share"] for row in found.values()),
        "classes": found,
        "left_out": [name for name, row in rows.items() if row is None],
    }


def _class(features: ClipFeatures, split: Split, label: int, penalties: Sequence[float]) -> dict[str, Any] | None:
    train, test = (_sure(features.manifest, rows, label) for rows in (split.train, split.test))
    shown, asked = (_shows(features.manifest, rows, label) for rows in (train, test))
    if not shown.any() or shown.all() or not asked.any():
        return None
    learnt = features.values[train]
    penalty = _chosen(learnt, shown, penalties)
    scores = _scores(learnt, shown, features.values[test], penalty)
    return {
        "average_precision": float(average_precision_score(asked, scores)),
        "average_precision_11_points": eleven_points(asked, scores),
        "shown": int(asked.sum()),
        "share": float(asked.mean()),
        "chosen": penalty,
    }


def _chosen(features: np.ndarray, shown: np.ndarray, penalties: Sequence[float]) -> float:
    number = min(INNER_FOLDS, int(shown.sum()), int((~shown).sum()))
    if number < 2:
        return penalties[len(penalties) // 2]
    parts = list(StratifiedKFold(number).split(features[:, 0], shown))
    means = [
        statistics.fmean(
            average_precision_score(shown[rest], _scores(features[fit], shown[fit], features[rest], penalty))
            for fit, rest in parts
        )
        for penalty in penalties
    ]
    return penalties[int(np.argmax(means))]


def _scores(features: np.ndarray, shown: np.ndarray, asked: np.ndarray, penalty: float) -> np.ndarray:
    machine = make_pipeline(StandardScaler(), LinearSVC(C=penalty, dual="auto", tol=1e-3, max_iter=5000))
    machine.fit(features.reshape(-1, features.shape[-1]), np.repeat(shown, features.shape[1]))
    return mean_scores(machine, asked)[:, 1]


def _sure(manifest: Manifest, rows: Sequence[int], label: int) -> np.ndarray:
    return np.array([row for row in rows if label not in manifest.clips[row].unsure], dtype=int)


def _shows(manifest: Manifest, rows: np.ndarray, label: int) -> np.ndarray:
    return np.array([label in manifest.clips[row].labels for row in rows.tolist()], dtype=bool)
