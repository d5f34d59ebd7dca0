"""Thin products against plain matrix products, with the gradients that autograd alone gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from avlearn.clustering.thin_products import ThinProducts

Along = Callable[[Tensor], Tensor]


def tangle(directions: Tensor, squares: Tensor, along: Along, pooled: Along) -> Tensor:
    # Each product depends on the one before, as in a clustering
    agreements = along(directions)
    weights = torch.softmax(agreements * squares.unsqueeze(1), dim=1)
    return pooled(weights[:, :2] + along(pooled(weights)[:, :2])).sin().sum()


def plain(directions: Tensor, x: Tensor) -> Tensor:
    return tangle(directions, x.square().sum(-1), lambda d: d @ x.mT, lambda w: w @ x)


def thin(directions: Tensor, x: Tensor) -> Tensor:
    products = ThinProducts(x, rows=[3, 3, 2, 2])
    return tangle(directions, products.squares, products.along, products.pooled)


def inputs(positions: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(positions)
    x = torch.randn(2, positions, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    directions = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    return directions, x


@pytest.mark.parametrize("positions", [1, 5])
def test_equals_plain_products(positions):
    both = inputs(positions)
    torch.testing.assert_close(thin(*both), plain(*both))
    expected = torch.autograd.grad(plain(*both), both)
    torch.testing.assert_close(torch.autograd.grad(thin(*both), both), expected)


def test_gradients_equal_differences():
    assert torch.autograd.gradcheck(thin, inputs(3))


def test_vectors_alone_or_weights_alone_may_need_gradients():
    directions, x = inputs(4)
    expected = torch.autograd.grad(plain(directions, x), (directions, x))
    (only_x,) = torch.autograd.grad(thin(directions.detach(), x), x)
    (only_directions,) = torch.autograd.grad(thin(directions, x.detach()), directions)
    torch.testing.assert_close((only_directions, only_x), expected)


def test_products_that_nobody_asks_for_add_nothing():
    _, x = inputs(4)
    mean = ThinProducts(x, rows=[1, 3]).pooled(x.new_ones(2, 1, 4)).sum()
    (gradient,) = torch.autograd.grad(mean, x)
    torch.testing.assert_close(gradient, torch.ones_like(x))


def test_slots_take_no_memory():
    x = torch.randn(2, 1000, 64, requires_grad=True)
    products = ThinProducts(x, rows=[10] * 5)
    assert all(slot.untyped_storage().nbytes() <= 8 for slot in products._slots)
