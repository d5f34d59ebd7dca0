from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.tasks.probes import PENALTY, linear_probe, nearest_clusters


def blobs(seed: int, *, spread: float = 0.3, count: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    classes = torch.arange(count) % 3
    middle = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 400.0]])  # the second axis has another scale
    noise = torch.randn(count, 2, generator=generator) * torch.tensor([spread, 100 * spread])
    return middle[classes] + noise, classes


def test_probe_minimises_the_penalised_loss():
    features, classes = blobs(0, spread=2.0, count=24)
    x = ((features - features.mean(0)) / features.std(0, correction=0)).double()
    weight = torch.zeros(3, 2, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        fit = torch.nn.functional.cross_entropy(x @ weight.T + bias, classes, reduction="sum")
        value = fit + PENALTY / 2 * weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    asked = blobs(1, spread=2.0)[0]
    standardised = (asked - features.mean(0)) / features.std(0, correction=0)
    expected = (standardised.double() @ weight.T + bias).argmax(1)
    assert torch.equal(linear_probe(features, classes, asked), expected)


def test_both_see_what_is_separable_whatever_the_scales():
    features, classes = blobs(0)
    asked, wanted = blobs(1)
    assert torch.equal(linear_probe(features, classes, asked), wanted)
    clusters = nearest_clusters(features, asked, clusters=3, seed=0)
    assert all(len(clusters[wanted == label].unique()) == 1 for label in range(3))
    assert len(clusters.unique()) == 3


def test_labels_keep_their_numbers_and_a_constant_feature_does_no_harm():
    features, classes = blobs(2)
    padded = torch.cat([features, torch.ones(len(features), 1)], dim=1)
    assert set(linear_probe(padded, classes * 5 + 2, padded).tolist()) == {2, 7, 12}


def test_same_seed_same_clusters():
    features = torch.rand(50, 4, generator=torch.Generator().manual_seed(0))
    first, again = (nearest_clusters(features, features, clusters=5, seed=3) for _ in range(2))
    assert torch.equal(first, again)
    assert np.unique(first).tolist() == list(range(5))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="all 4 scenes to learn from are of one class"):
        linear_probe(torch.rand(4, 2), torch.zeros(4).long(), torch.rand(1, 2))
    with pytest.raises(ValueError, match="4 scenes can't make 5 clusters"):
        nearest_clusters(torch.rand(4, 2), torch.rand(1, 2), clusters=5, seed=0)
