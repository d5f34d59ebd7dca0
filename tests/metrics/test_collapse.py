"""Signs of collapse: known values at both ends, and a slow reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.metrics.collapse import assignment_entropy, cluster_occupancy, effective_rank


def test_entropy_is_one_for_uniform_and_zero_for_hard_assignments():
    assert assignment_entropy(torch.full((2, 5, 3, 3), 0.2)).item() == pytest.approx(1.0)
    hard = torch.nn.functional.one_hot(torch.randint(0, 5, (2, 9)), 5).mT.float()
    assert assignment_entropy(hard).item() == 0.0


def test_entropy_equals_a_slow_reference():
    s = torch.softmax(torch.randn(2, 4, 6, dtype=torch.float64), dim=1)
    per_position = [-sum(p * np.log(p) for p in s[b, :, i].tolist()) for b in range(2) for i in range(6)]
    assert assignment_entropy(s).item() == pytest.approx(np.mean(per_position) / np.log(4))


def test_occupancy_counts_clusters_in_use():
    one = torch.zeros(2, 4, 9)
    one[:, 2] = 1
    assert cluster_occupancy(one).item() == pytest.approx(0.0, abs=1e-6)
    two = torch.zeros(2, 4, 10)
    two[:, 0, :5], two[:, 3, 5:] = 1, 1
    assert cluster_occupancy(two).item() == pytest.approx(1 / 3)


@pytest.mark.parametrize("rank", [1, 3])
def test_rank_of_equal_directions_is_their_number(rank):
    basis = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64))[0][:rank]
    features = torch.cat([basis, -basis])
    assert effective_rank(features).item() == pytest.approx(rank)


def test_rank_ignores_shift_and_scale_and_survives_equal_features():
    x = torch.randn(16, 5, dtype=torch.float64)
    assert effective_rank(3 * x + 7).item() == pytest.approx(effective_rank(x).item())
    assert effective_rank(torch.ones(4, 5)).item() == 1.0


def test_refuses_a_single_cluster():
    with pytest.raises(ValueError, match="got 1 cluster"):
        assignment_entropy(torch.ones(2, 1, 9))
