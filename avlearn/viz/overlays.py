"""Heat and marks painted into the pictures of a video, pixel by pixel."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from torch import Tensor

from avlearn.viz.heat import OPAQUE, glow
from avlearn.viz.palette import CLUSTERS, cycle, rgb

LEVELS = 256
"""Steps of heat that are told apart."""
_DARKENED = 192
"""Brightness of the ground under the colours, of 256: as in `avlearn.viz.heat_map`."""


def paint_heat(
    picture: UInt8[np.ndarray, "H W 3"], heat: Float[Tensor, "h w"], *, hottest: float | int
) -> UInt8[np.ndarray, "H W 3"]:
    """Heat as a glow over the grey picture, enlarged smoothly.

    Args:
        picture: RGB, 0 to 255.
        heat: covers the whole picture; 0 and less show the picture alone.
        hottest: heat of the brightest colour, more than 0.

    Raises:
        ValueError: `hottest` isn't positive.

    Example:
        >>> paint_heat(np.full((2, 2, 3), 200, np.uint8), torch.zeros(1, 1), hottest=1.0)[0, 0]
        array([149, 149, 149], dtype=uint8)
    """
    level = _levels(heat, picture.shape[:2], hottest)
    colours, kept = _scale()
    return colours[level] + _shaded(_grey(picture)[..., None], kept[level][..., None])


def paint_clusters(
    picture: UInt8[np.ndarray, "H W 3"],
    heat: Float[Tensor, "h w"],
    clusters: Float[Tensor, "K h w"],
    *,
    hottest: float | int,
) -> UInt8[np.ndarray, "H W 3"]:
    """The same heat, but in the colours of the clusters that hold it.

    Args:
        picture: RGB, 0 to 255.
        heat: as of `paint_heat`.
        clusters: share of each position that belongs to each cluster; they sum to 1.
        hottest: heat of full colour, more than 0.

    Raises:
        ValueError: `hottest` isn't positive.
    """
    level = _levels(heat, picture.shape[:2], hottest)
    palette = torch.tensor([rgb(cycle(CLUSTERS, number)) for number in range(len(clusters))], dtype=torch.float32)
    mixed = torch.einsum("khw,kc->chw", clusters.float(), palette)
    colours = _enlarged(mixed, picture.shape[:2]).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    kept = _scale()[1][level][..., None]
    return _shaded(colours, 255 - kept) + _shaded(_grey(picture)[..., None], kept)


def paint_ring(
    picture: UInt8[np.ndarray, "H W 3"], place: tuple[float | int, float | int], *, colour: str
) -> UInt8[np.ndarray, "H W 3"]:
    """A ring about a place, with dark edges that show on any ground.

    Args:
        picture: RGB, 0 to 255.
        place: x to the right and y down, as fractions of the picture.
        colour: `#rrggbb`.

    Example:
        >>> ringed = paint_ring(np.zeros((64, 64, 3), np.uint8), (0.5, 0.5), colour="#ff0000")
        >>> int(ringed[..., 0].max()), int(ringed[32, 32].max())
        (255, 0)
    """
    image = Image.fromarray(picture)
    draw, side = ImageDraw.Draw(image), min(picture.shape[:2])
    x, y, radius, line = place[0] * image.width, place[1] * image.height, 0.14 * side, max(2, round(0.012 * side))
    for stroke, reach, inset in (("#000000", 3 * line, -line), (colour, line, 0)):
        half = radius - inset
        draw.ellipse((x - half, y - half, x + half, y + half), outline=stroke, width=reach)
    return np.array(image)


def _levels(heat: Float[Tensor, "h w"], size: tuple[int, int], hottest: float | int) -> UInt8[np.ndarray, "H W"]:
    if not hottest > 0:
        raise ValueError(f"hottest is {hottest}; give a heat of more than 0")
    share = (_enlarged(heat[None].float(), size)[0] / hottest).clamp(0, 1)
    return (share * (LEVELS - 1)).round().byte().numpy()


def _enlarged(maps: Float[Tensor, "C h w"], size: tuple[int, int]) -> Float[Tensor, "C H W"]:
    return F.interpolate(maps[None], size, mode="bilinear")[0]


def _grey(picture: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W"]:
    return _shaded(np.asarray(Image.fromarray(picture).convert("L")), np.uint8(_DARKENED * 255 // 256))


def _shaded(colours: UInt8[np.ndarray, "*shape"], share: np.ndarray | np.uint8) -> UInt8[np.ndarray, "*shape"]:
    """Colours times a share of 255."""
    return (colours * np.uint16(share) // np.uint16(255)).astype(np.uint8)


@cache
def _scale() -> tuple[UInt8[np.ndarray, "levels 3"], UInt8[np.ndarray, " levels"]]:
    """For every level, what the glow adds to the picture, and what share of 255 it leaves of it."""
    glowing = glow(torch.linspace(0, 1, LEVELS)[None], 0.0, 1.0)[0]
    cover = glowing[:, 3]
    assert cover.max() == OPAQUE
    return _shaded(glowing[:, :3], cover[:, None]), (255 - cover).astype(np.uint8)
