"""What can be read off features without training them: a linear classifier, and clusters."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

PENALTY = 10.0
"""Weight of the squared coefficients of the linear probe against the summed loss of the training scenes, times two."""

RESTARTS = 4
"""Starts of k-means, of which the best is kept."""


def linear_probe(
    features: Float[Tensor, "N E"], classes: Int[Tensor, " N"], asked: Float[Tensor, "n E"]
) -> Int[Tensor, " n"]:
    """Classes of the asked features, by logistic regression on standardised features.

    Args:
        features: to learn from.
        classes: of these.
        asked: features of other scenes.

    Raises:
        ValueError: a single class to learn.

    Example:
        >>> linear_probe(torch.tensor([[-1.0], [1.0]]), torch.tensor([5, 3]), torch.tensor([[4.0], [-3.0]]))
        tensor([3, 5])
    """
    if len(classes.unique()) < 2:
        raise ValueError(f"all {len(classes)} scenes to learn from are of one class; give more scenes")
    scaler = StandardScaler().fit(features.double().numpy())
    probe = LogisticRegression(C=1 / PENALTY, max_iter=5000)
    probe.fit(scaler.transform(features.double().numpy()), classes.numpy())
    return torch.from_numpy(probe.predict(scaler.transform(asked.double().numpy())))


def nearest_clusters(
    features: Float[Tensor, "N E"], asked: Float[Tensor, "n E"], *, clusters: int, seed: int
) -> Int[Tensor, " n"]:
    """Clusters of the asked features, with the centres that k-means finds in other standardised features.

    Args:
        features: where the centres are found.
        asked: features of other scenes.
        clusters: number of centres; no more than there are features to find them in.
        seed: of the starts.

    Raises:
        ValueError: fewer features than clusters.

    Example:
        >>> found = nearest_clusters(torch.tensor([[0.0], [9.0]]), torch.tensor([[1.0], [8.0]]), clusters=2, seed=0)
        >>> len(found.unique())
        2
    """
    if len(features) < clusters:
        raise ValueError(f"{len(features)} scenes can't make {clusters} clusters; give more scenes")
    scaler = StandardScaler().fit(features.double().numpy())
    means = KMeans(clusters, n_init=RESTARTS, random_state=seed).fit(scaler.transform(features.double().numpy()))
    return torch.from_numpy(means.predict(scaler.transform(asked.double().numpy()))).long()
