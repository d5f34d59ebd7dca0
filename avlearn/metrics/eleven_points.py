"""Average precision by the rule of the Pascal VOC challenge of 2007."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from sklearn.metrics import precision_recall_curve

LEVELS = 11
"""Levels of recall at which the precision is read."""


def eleven_points(shown: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"]) -> float:
    """Average precision by the rule of VOC 2007: mean over 11 recalls of the best precision at that recall or above.

    Args:
        shown: which pictures show the class; at least one.
        scores: of the pictures; higher is surer.

    Example:
        >>> round(eleven_points(np.array([True, False, True]), np.array([3.0, 2.0, 1.0])), 4)
        0.8485
    """
    precision, recall, _ = precision_recall_curve(shown, scores)
    precision, recall = precision[:-1], recall[:-1]  # the last point, no picture at precision 1, isn't in the ranking
    levels = np.linspace(0, 1, LEVELS)
    return float(np.mean([precision[recall >= level - 1e-12].max() for level in levels]))
