"""Sums are exact whatever their order, and the objective from sums is that from distances."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from avlearn.clustering.exact_sums import ClusterSums, objective

CPU = torch.device("cpu")


def wild_rows(n: int = 500) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, 3, generator=generator) * 10.0 ** torch.randint(-6, 4, (n, 1), generator=generator)


def sums_of(x: torch.Tensor) -> ClusterSums:
    return ClusterSums(4, 3, count=len(x), largest=float(x.abs().max()), device=CPU)


def test_any_order_and_any_detour_give_the_same_bits():
    x, labels = wild_rows(), torch.arange(500) % 4
    straight, detour = sums_of(x), sums_of(x)
    straight.add(x, labels)
    for rows in torch.randperm(500, generator=torch.Generator().manual_seed(1)).split(7):
        detour.add(x[rows], torch.zeros_like(rows))
        detour.move(x[rows], torch.zeros_like(rows), torch.full_like(rows, 3))
    detour.move(x, torch.full_like(labels, 3), labels)
    assert torch.equal(straight.total, detour.total)
    assert straight.count.tolist() == detour.count.tolist() == [125] * 4
    assert not torch.equal(x.double().flip(0).cumsum(0)[-1], x.double().cumsum(0)[-1])  # plain sums differ


def test_equals_sums_of_fractions():
    x = wild_rows(60)
    sums = sums_of(x)
    sums.add(x, torch.zeros(60, dtype=torch.int64))
    exact = [sum((Fraction(value) for value in column), Fraction(0)) for column in x.double().T.tolist()]
    errors = [abs(Fraction(value) - wanted) for value, wanted in zip(sums.total[0].tolist(), exact, strict=True)]
    assert max(errors) <= Fraction(sums.step) * 60 / 2
    assert sums.step < 1e-10 * float(x.abs().max())


def test_objective_equals_that_from_distances():
    x, labels = wild_rows(), torch.arange(500) % 4
    centroids = torch.randn(4, 3)
    sums = sums_of(x)
    sums.add(x, labels)
    expected = float((x.double() - centroids[labels].double()).square().sum())
    assert objective(float(sums.squares), sums.total, sums.count, centroids) == pytest.approx(expected, rel=1e-9)


def test_zeros():
    sums = ClusterSums(1, 3, count=5, largest=0.0, device=CPU)
    sums.add(torch.zeros(5, 3), torch.zeros(5, dtype=torch.int64))
    assert sums.total.tolist() == [[0, 0, 0]]
