"""Many thin products with one large set of vectors, at the cost in the backward pass of one.

An iterative clustering multiplies the same (N, C) vectors again and again with a few rows: weights that pool them, or
directions they are compared with. Left alone, autograd makes an (N, C) gradient for each product and adds them up,
which takes longer than the products. But each of these gradients is a product of two thin matrices, so that their sum
is one product of all rows, stacked.
"""

# mypy: disable-error-code="no-untyped-call"
# (torch has no types for Function.apply)
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function


class ThinProducts:
    """Products of (B, N, C) vectors x with R_1, R_2, ... rows.

    Args:
        x: the vectors.
        rows: R of every product that will be asked for, in this order.

    Example:
        >>> x = torch.randn(2, 64, 8, requires_grad=True)
        >>> products = ThinProducts(x, rows=[1, 3])
        >>> mean = products.pooled(torch.full((2, 1, 64), 1 / 64))
        >>> products.along(mean.expand(-1, 3, -1)).shape
        torch.Size([2, 3, 64])
    """

    squares: Float[Tensor, "B N"]
    """|x_i|^2."""

    def __init__(self, x: Float[Tensor, "B N C"], rows: Sequence[int]) -> None:
        self._x = x.detach()
        self.squares, *slots = _Shared.apply(x, tuple(rows))
        self._slots = iter(slots)

    def along(self, directions: Float[Tensor, "B R C"]) -> Float[Tensor, "B R N"]:
        """<d_r, x_i>."""
        result: Tensor = _Along.apply(directions, self._x, next(self._slots))
        return result

    def pooled(self, weights: Float[Tensor, "B R N"]) -> Float[Tensor, "B R C"]:
        """sum_i w_ri x_i."""
        result: Tensor = _Pooled.apply(weights, self._x, next(self._slots))
        return result


# A slot is a tensor that holds nothing and takes no memory. Each product takes one in, and hands back through it, as
# its "gradient", the two thin factors of its gradient to x side by side: left (B, R, N) and right (B, R, C).


class _Shared(Function):
    @staticmethod
    def forward(x: Tensor, rows: tuple[int, ...]) -> tuple[Tensor, ...]:
        batch, count, channels = x.shape
        slots = [x.new_zeros(()).expand(batch, row, count + channels) for row in rows]
        return torch.linalg.vector_norm(x, dim=-1).square(), *slots

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, tuple[int, ...]], output: tuple[Tensor, ...]) -> None:
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx: Any, squares: Tensor, *slots: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        left, right = torch.cat(slots, dim=1).split(x.shape[1:], dim=-1)
        return (left.mT @ right).addcmul_(x, 2 * squares.unsqueeze(-1)), None


class _Along(Function):
    @staticmethod
    def forward(directions: Tensor, x: Tensor, slot: Tensor) -> Tensor:
        return directions @ x.mT

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, Tensor]:
        directions, x = ctx.saved_tensors
        return gradient @ x, None, torch.cat([gradient, directions], dim=-1)


class _Pooled(Function):
    @staticmethod
    def forward(weights: Tensor, x: Tensor, slot: Tensor) -> Tensor:
        return weights @ x

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, Tensor]:
        weights, x = ctx.saved_tensors
        return gradient @ x.mT, None, torch.cat([weights, gradient], dim=-1)
