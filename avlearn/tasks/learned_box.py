"""The one box that fits most pictures, chosen without looking at any of them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Int
from torch import Tensor

GRID = 16
"""Corners of the boxes to choose from lie on a grid of so many steps per side."""

SUCCESS = 0.5
"""Consensus intersection over union from which a box counts as right."""

AT_ONCE = 128
"""Pictures that are compared with all boxes together."""


def best_box_of_others(
    references: Iterable[Float[Tensor, "_ H W"]],
) -> tuple[Float[Tensor, "N 4"], Float[Tensor, " 4"]]:
    """For each picture the box that is right for most of the other pictures; ties are broken by the mean overlap.

    Args:
        references: maps g in [0, 1] in portions, none empty; height and width a multiple of 16.

    Returns:
        The box for each picture, and the best box over all of them: x1, y1, x2, y2 as fractions of the picture.

    Raises:
        ValueError: a size that is no multiple of 16, or fewer than two pictures.
    """
    portions = [_in_cells(portion) for portion in references]
    weight, support = (torch.cat(column) for column in zip(*portions, strict=True))
    if len(weight) < 2:
        raise ValueError(f"got {len(weight)} picture; others are needed to choose a box from")
    boxes = _candidates()
    worth = [_worth(*rows, boxes) for rows in zip(weight.split(AT_ONCE), support.split(AT_ONCE), strict=True)]
    total = torch.stack([part.sum(0) for part in worth]).sum(0)
    choice = torch.cat([(total - part).argmax(1) for part in worth])
    return boxes[choice] / GRID, boxes[total.argmax()] / GRID


def _in_cells(references: Tensor) -> tuple[Tensor, Tensor]:
    # Of each cell of the grid, the share of consensus and the share of pixels with any
    height, width = references.shape[1:]
    if height % GRID or width % GRID:
        raise ValueError(f"references are {height} x {width}; give multiples of {GRID}")
    cell = (height // GRID, width // GRID)
    return F.avg_pool2d(references, cell).flatten(1), F.avg_pool2d((references > 0).float(), cell).flatten(1)


def _candidates() -> Int[Tensor, "C 4"]:
    edges = torch.combinations(torch.arange(GRID + 1))
    first, second = torch.cartesian_prod(torch.arange(len(edges)), torch.arange(len(edges))).unbind(1)
    (left, right), (top, bottom) = edges[first].unbind(1), edges[second].unbind(1)
    return torch.stack([left, top, right, bottom], dim=1)


def _worth(
    weight: Float[Tensor, "n N"], support: Float[Tensor, "n N"], boxes: Int[Tensor, "C 4"]
) -> Float64[Tensor, "n C"]:
    left, top, right, bottom = boxes[:, :, None].unbind(1)
    steps = torch.arange(GRID)
    rows, columns = (steps >= top) & (steps < bottom), (steps >= left) & (steps < right)
    inside = (rows[:, :, None] & columns[:, None, :]).flatten(1).float()
    outside = inside.sum(1) - support @ inside.T
    iou = (weight @ inside.T).double() / (weight.sum(1, keepdim=True) + outside)
    return iou.ge(SUCCESS) + 1e-6 * iou
