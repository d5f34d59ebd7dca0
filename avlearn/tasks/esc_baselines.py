"""The published baselines of ESC-10 and ESC-50, and the settings that repeat them.

Piczak, ESC: Dataset for Environmental Sound Classification (ACM MM 2015), names the features and the classifiers but
not what these were told. The values here are those that give the accuracies of its table of folds
(`Baseline-results_ESC-10.txt` in the paper's repository): so they were chosen on the test folds, to find out what was
done, and are no measure of the features. For that see `avlearn.tasks.clip_probes`.
"""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from avlearn.tasks.clip_probes import Probe

PUBLISHED = {
    "esc10": {"knn": 66.7, "svm": 67.5, "forest": 72.7},
    "esc50": {"knn": 32.2, "svm": 39.6, "forest": 44.3},
}
"""Mean accuracies over the five folds in percent, from the paper."""
HUMAN = {"esc10": 95.7, "esc50": 81.3}
"""Accuracy of people in percent, from the paper; of ESC-10 4487 of 4687 answers."""


def published_probes(*, seed: int = 0) -> tuple[Probe, ...]:
    """k-NN, linear SVM and random forest on features as they are, not standardised: k = 8, C = 0.1, 500 trees.

    Args:
        seed: of the forest; its accuracy differs by about a point between seeds.
    """

    def forest(trees: float) -> Any:
        return RandomForestClassifier(int(trees), random_state=seed)

    return (
        Probe(name="knn", choices=(8.0,), make=_neighbours),
        Probe(name="svm", choices=(0.1,), make=_machine),
        Probe(name="forest", choices=(500.0,), make=forest),
    )


def _neighbours(number: float) -> Any:
    return KNeighborsClassifier(int(number))


def _machine(penalty: float) -> Any:
    return SVC(kernel="linear", C=penalty)
