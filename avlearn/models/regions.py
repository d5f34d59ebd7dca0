"""Where to look in a picture: weights over its feature map, from points, boxes and the hills of a heat map.

Places are fractions of the picture, x to the right and y down, so that they mean the same for every size of map. `M`
counts the regions of each picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

SPREAD = 0.05
"""Standard deviation of the Gaussian about a point, as a share of the picture: about half a cell of the small maps."""
REACH = 0.12
"""The same of the Gaussian about the top of a hill, which takes in an object of the embedded world."""
APART = 0.2
"""Hills whose tops are nearer than this share of the picture are one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Hills:
    """The highest places of some heat maps, the highest first."""

    points: Float[Tensor, "B M 2"]
    """Their tops, x and y."""
    heights: Float[Tensor, "B M"]
    """Heat at the tops."""
    there: Bool[Tensor, "B M"]
    """Which of the M are hills; the others fill the rows of maps that have fewer."""


def pool(features: Float[Tensor, "B C h w"], weights: Float[Tensor, "B M h w"]) -> Float[Tensor, "B M C"]:
    """Mean of the features under each map of weights, as a unit vector; zeros where all weights are 0.

    Example:
        >>> pool(torch.ones(1, 4, 2, 2), torch.ones(1, 1, 2, 2))
        tensor([[[0.5000, 0.5000, 0.5000, 0.5000]]])
    """
    return F.normalize(torch.einsum("bchw,bmhw->bmc", features.float(), weights.float()), dim=-1)


def at_points(
    points: Float[Tensor, "B M 2"], *, size: tuple[int, int], spread: float = SPREAD
) -> Float[Tensor, "B M h w"]:
    """A Gaussian about each point, 1 where a cell's centre is the point.

    Args:
        points: x, y as fractions of the picture.
        size: h, w of the feature map.
        spread: standard deviation, as a fraction of the picture.

    Raises:
        ValueError: a spread that isn't positive, or points outside of the picture.

    Example:
        >>> at_points(torch.tensor([[[0.5, 0.5]]]), size=(3, 3), spread=0.2)[0, 0, 1]
        tensor([0.2494, 1.0000, 0.2494])
    """
    if not spread > 0:
        raise ValueError(f"spread is {spread}; give a positive share of the picture")
    _check_inside(points)
    across, down = (
        (-(_centres(cells, points) - points[..., axis, None]).square() / (2 * spread**2)).exp()
        for axis, cells in ((0, size[1]), (1, size[0]))
    )
    return down[..., :, None] * across[..., None, :]


def in_boxes(boxes: Float[Tensor, "B M 4"], *, size: tuple[int, int]) -> Float[Tensor, "B M h w"]:
    """Share of each cell that lies in each box.

    Args:
        boxes: x1, y1, x2, y2 as fractions of the picture.
        size: h, w of the feature map.

    Raises:
        ValueError: boxes outside of the picture, or without area.

    Example:
        >>> in_boxes(torch.tensor([[[0.25, 0.0, 1.0, 1.0]]]), size=(1, 2))
        tensor([[[[0.5000, 1.0000]]]])
    """
    _check_inside(boxes)
    if bool((boxes[..., 2:] <= boxes[..., :2]).any()):
        raise ValueError("a box has no area; give x1 < x2 and y1 < y2")
    across, down = (_overlap(boxes[..., axis], boxes[..., axis + 2], size[1 - axis]) for axis in (0, 1))
    return down[..., :, None] * across[..., None, :]


def hills(heat: Float[Tensor, "B h w"], *, most: int, least: float, apart: float = APART) -> Hills:
    """The highest places of each map, none near a higher one: a greedy suppression of all that is not a maximum.

    Args:
        heat: not below 0 where something is.
        most: M, hills to look for.
        least: share of the highest place's heat that the others must reach.
        apart: smallest distance of two tops, as a fraction of the picture.

    Raises:
        ValueError: no hills to look for, or a share or distance that isn't in [0, 1].

    Example:
        >>> found = hills(torch.tensor([[[4.0, 1.0, 0.0, 3.0]]]), most=3, least=0.5)
        >>> found.heights, found.there, found.points[0, :2, 0]
        (tensor([[4., 3., 1.]]), tensor([[ True,  True, False]]), tensor([0.1250, 0.8750]))
    """
    if most < 1 or not 0 <= least <= 1 or not 0 <= apart <= 1:
        raise ValueError(f"got most={most}, least={least}, apart={apart}; give at least 1, and shares in [0, 1]")
    places, left = _places(heat), heat.flatten(1)
    points, heights = [], []
    for _ in range(most):
        height, top = left.max(1)
        point = places[top]
        near = (places - point[:, None]).norm(dim=-1) < apart
        left = left.masked_fill(near, -torch.inf).scatter(1, top[:, None], -torch.inf)
        points.append(point)
        heights.append(height)
    tops = torch.stack(heights, 1)
    return Hills(points=torch.stack(points, 1), heights=tops, there=(tops > 0) & (tops >= least * tops[:, :1]))


def _places(heat: Float[Tensor, "B h w"]) -> Float[Tensor, "N 2"]:
    down, across = ((torch.arange(cells, device=heat.device) + 0.5) / cells for cells in heat.shape[1:])
    return torch.stack(torch.meshgrid(across, down, indexing="xy"), -1).flatten(0, 1)


def _centres(cells: int, like: Tensor) -> Float[Tensor, " {cells}"]:
    return (torch.arange(cells, device=like.device) + 0.5) / cells


def _overlap(first: Float[Tensor, "B M"], last: Float[Tensor, "B M"], cells: int) -> Float[Tensor, "B M {cells}"]:
    edges = torch.arange(cells, device=first.device) / cells
    inside = torch.minimum(last[..., None], edges + 1 / cells) - torch.maximum(first[..., None], edges)
    return (inside * cells).clamp(0, 1)


def _check_inside(places: Tensor) -> None:
    if bool(((places < 0) | (places > 1)).any()):
        raise ValueError(f"places reach from {float(places.min())} to {float(places.max())}; "
                         "give fractions of the picture in [0, 1]")  # fmt: skip
