"""Classifiers on frozen features of clips: k nearest neighbours, linear support vector machine, linear probe.

A clip has several windows. A classifier learns from all windows, each with the class of its clip, and a clip gets the
class with the highest mean score over its windows. What a classifier is to be told (k, C) is chosen by validation
inside the clips to learn from; clips to test on have no part in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

INNER_FOLDS = 3
"""Parts of the clips to learn from that take turns in validation, where recordings and classes allow so many."""
NEIGHBOURS = (1, 3, 5, 9, 15, 25)
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""C, the weight of the loss against the squared coefficients, from the simplest classifier on."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A kind of classifier, and what may be chosen about it."""

    name: str
    """As tables call it."""
    choices: tuple[float, ...]
    """Values of its one setting; of equally good ones the first is taken."""
    make: Callable[[float], Any]
    """A classifier of scikit-learn with this setting."""
    neighbours: bool = False
    """Whether the setting is a number of neighbours, of which there must be so many."""

    def possible(self, windows: int) -> list[float]:
        """The choices that so many windows to learn from allow."""
        return [choice for choice in self.choices if not self.neighbours or choice <= windows]


@dataclass(frozen=True, eq=False, kw_only=True)
class Answers:
    """What a probe says of the clips that it is asked for."""

    classes: Int[np.ndarray, " n"]
    """Class of each clip."""
    choice: float
    """The setting that validation chose."""
    validated: bool
    """Whether there were enough recordings to choose by; if not, it is the middle one."""


def standard_probes() -> tuple[Probe, ...]:
    """`knn`, `svm` (linear, one against all, squared hinge) and `linear` (softmax regression).

    All get features that are standardised over the windows to learn from.
    """
    return (
        Probe(name="knn", choices=tuple(map(float, reversed(NEIGHBOURS))), make=_neighbours, neighbours=True),
        Probe(name="svm", choices=PENALTIES, make=_machine),
        Probe(name="linear", choices=PENALTIES, make=_regression),
    )


def ask(
    probe: Probe,
    features: Float[np.ndarray, "N W E"],
    classes: Int[np.ndarray, " N"],
    groups: Sequence[str],
    asked: Float[np.ndarray, "n W E"],
) -> Answers:
    """Classes of the asked clips, by a classifier that is chosen and fitted on the others.

    Args:
        probe: kind of classifier.
        features: of the windows of clips to learn from.
        classes: of these clips.
        groups: recording of each of them; one recording is never on both sides of the validation.
        asked: windows of other clips.

    Raises:
        ValueError: all clips to learn from are of one class, or features that aren't finite.

    Example:
        >>> x = np.array([0.0, 0.1, 0.9, 1.0])[:, None, None]
        >>> ask(standard_probes()[0], x, np.array([5, 5, 3, 3]), "abcd", x).classes
        array([5, 5, 3, 3])
    """
    check_features(features, classes)
    check_features(asked, None)
    choice, validated = chosen(probe, features, classes, groups)
    return Answers(
        classes=_answers(fitted(probe.make(choice), features, classes), asked), choice=choice, validated=validated
    )


def chosen(
    probe: Probe, features: Float[np.ndarray, "N W E"], classes: Int[np.ndarray, " N"], groups: Sequence[str]
) -> tuple[float, bool]:
    """The setting that names most clips right when each part of them takes its turn as the one that isn't learnt from.

    Returns:
        The setting, and whether it was chosen so; where there is one only, or too few recordings, it is the middle one.
    """
    per_clip = features.shape[1]
    parts = inner_parts(classes, groups) if len(probe.choices) > 1 else []
    choices = probe.possible(per_clip * min((len(fit) for fit, _ in parts), default=len(features)))
    if not parts:
        return choices[len(choices) // 2], False
    right = [
        sum(
            int(
                (
                    _answers(fitted(probe.make(choice), features[fit], classes[fit]), features[rest]) == classes[rest]
                ).sum()
            )
            for fit, rest in parts
        )
        for choice in choices
    ]
    return choices[int(np.argmax(right))], True


def inner_parts(
    classes: Int[np.ndarray, " N"], groups: Sequence[str]
) -> list[tuple[Int[np.ndarray, " fit"], Int[np.ndarray, " rest"]]]:
    """Ways to part the clips to learn from, stratified by class and grouped by recording; none if there are too few.

    Args:
        classes: of the clips.
        groups: recording of each.
    """
    recordings = {(label, group) for label, group in zip(classes.tolist(), groups, strict=True)}
    fewest = min(Counter(label for label, _ in recordings).values())
    number = min(INNER_FOLDS, fewest)
    if number < 2:
        return []
    parted = StratifiedGroupKFold(number).split(np.zeros((len(classes), 1)), classes, list(groups))
    return [(fit, rest) for fit, rest in parted if len(rest) and len(np.unique(classes[fit])) > 1]


def fitted(classifier: Any, features: Float[np.ndarray, "N W E"], classes: Int[np.ndarray, " N"]) -> Any:
    """The classifier after it has learnt from every window, each with the class of its clip."""
    return classifier.fit(_windows(features), np.repeat(classes, features.shape[1]))


def mean_scores(classifier: Any, asked: Float[np.ndarray, "n W E"]) -> Float[np.ndarray, "n L"]:
    """Scores of the classes that a classifier knows, mean over the windows of each clip.

    Distances to the margin where the classifier gives them and it isn't a softmax; probabilities else.
    """
    last = classifier[-1] if hasattr(classifier, "steps") else classifier
    if hasattr(last, "decision_function") and not isinstance(last, LogisticRegression):
        scores = classifier.decision_function(_windows(asked))
        scores = np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores
    else:
        scores = classifier.predict_proba(_windows(asked))
    mean: Float[np.ndarray, "n L"] = scores.reshape(len(asked), asked.shape[1], -1).mean(1)
    return mean


def check_features(features: Float[np.ndarray, "N W E"], classes: Int[np.ndarray, " N"] | None) -> None:
    """Refuse what no classifier can learn from.

    Raises:
        ValueError: features that aren't finite, or a single class.
    """
    bad = np.flatnonzero(~np.isfinite(features).all(axis=(1, 2)))
    if len(bad):
        raise ValueError(f"the features of {len(bad)} clips aren't finite, the first is number {bad[0]}; "
                         "look at the model that made them")  # fmt: skip
    if classes is not None and len(np.unique(classes)) < 2:
        raise ValueError(f"all {len(classes)} clips to learn from are of one class; give clips of at least two")


def _answers(classifier: Any, asked: Float[np.ndarray, "n W E"]) -> Int[np.ndarray, " n"]:
    answers: Int[np.ndarray, " n"] = classifier.classes_[mean_scores(classifier, asked).argmax(1)]
    return answers


def _windows(features: Float[np.ndarray, "N W E"]) -> Float[np.ndarray, "M E"]:
    return features.reshape(-1, features.shape[-1])


def _neighbours(number: float) -> Any:
    return make_pipeline(StandardScaler(), KNeighborsClassifier(int(number)))


def _machine(penalty: float) -> Any:
    # The primal problem: there are more windows than features
    return make_pipeline(StandardScaler(), LinearSVC(C=penalty, dual="auto", tol=1e-3, max_iter=5000, random_state=0))


def _regression(penalty: float) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(C=penalty, tol=1e-3, max_iter=5000))
