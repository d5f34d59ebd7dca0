"""Painting things on a canvas, each on its own small patch, with smooth edges."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int8
from numpy.typing import NDArray

from avlearn.data.classes import Look
from avlearn.data.shapes import SHAPES
from avlearn.data.textures import TEXTURES

Array = NDArray[np.floating]
OUTLINE = 0.13
"""Width of the dark rim, in radii."""


def paint(
    canvas: Float[np.ndarray, "3 T H W"],
    look: Look,
    *,
    radius: float,
    centre: tuple[float, float],
    pose: Float[np.ndarray, "4 T"],
    owner: Int8[np.ndarray, "T H W"],
    slot: int,
) -> None:
    """Paints one thing over the canvas, in place, in every frame.

    Args:
        canvas: colours 0 to 255.
        look: what to paint.
        radius: pixels.
        centre: x and y in pixels, before `pose` moves it.
        pose: shift right and down in radii, turn in radians, growth, per frame.
        owner: (T, H, W); the pixels that the thing covers are set to `slot`.
        slot: number to leave in `owner`.
    """
    x = centre[0] + radius * pose[0]
    y = centre[1] + radius * pose[1]
    scale = radius * (1 + pose[3])
    half = int(np.ceil(scale.max() * 1.06)) + 1
    left, top = np.floor(x).astype(int) - half, np.floor(y).astype(int) - half
    u, v = _coordinates(look, x - left, y - top, scale, look.tilt + pose[2], side=2 * half + 1)
    distance = SHAPES[look.name](u, v, look.outline)
    cover = np.minimum(np.maximum(0.5 - distance * scale.astype(np.float32)[:, None, None], 0), 1)
    colour = _colour(look, u, v, distance)
    for frame in range(len(x)):
        _blend(canvas[:, frame], colour[:, frame], cover[frame], int(left[frame]), int(top[frame]))
        _claim(owner[frame], cover[frame], int(left[frame]), int(top[frame]), slot)


def _coordinates(look: Look, x: Array, y: Array, scale: Array, turn: Array, *, side: int) -> tuple[Array, Array]:
    """Pixel centres of the patch in the coordinates of the thing, (T, side, side) each."""
    pixels = np.arange(side) + 0.5
    across = ((pixels - x[:, None]) / scale[:, None]).astype(np.float32)[:, None, :]
    along = ((pixels - y[:, None]) / scale[:, None]).astype(np.float32)[:, :, None]
    cosine, sine = np.cos(turn).astype(np.float32)[:, None, None], np.sin(turn).astype(np.float32)[:, None, None]
    wide = np.float32((-1 if look.mirrored else 1) / min(1.0, look.aspect))
    tall = np.float32(max(1.0, look.aspect))
    return wide * cosine * across + wide * sine * along, tall * cosine * along - tall * sine * across


def _colour(look: Look, u: Array, v: Array, distance: Array) -> Array:
    """(3, T, side, side): pattern, soft light from above and a dark rim."""
    share = TEXTURES[look.name](u, v, look.texture)
    light = np.float32(1.02) - np.float32(0.16) * v
    light *= np.float32(0.45) + np.float32(0.55) * np.minimum(np.maximum(distance * (-1 / OUTLINE) - 0.2, 0), 1)
    first, second = look.first.reshape(3, 1, 1, 1), look.second.reshape(3, 1, 1, 1)
    colour = (second - first) * share
    colour += first
    colour *= light
    return colour


def _blend(canvas: Array, colour: Array, cover: Array, left: int, top: int) -> None:
    rows, columns, patch_rows, patch_columns = _overlap(canvas.shape[1:], cover.shape, left, top)
    window = canvas[:, rows, columns]
    window += cover[patch_rows, patch_columns] * (colour[:, patch_rows, patch_columns] - window)


def _claim(owner: NDArray[np.int8], cover: Array, left: int, top: int, slot: int) -> None:
    rows, columns, patch_rows, patch_columns = _overlap(owner.shape, cover.shape, left, top)
    owner[rows, columns][cover[patch_rows, patch_columns] > 0.5] = slot


def _overlap(canvas: tuple[int, ...], patch: tuple[int, ...], left: int, top: int) -> tuple[slice, slice, slice, slice]:
    y0, x0 = min(max(top, 0), canvas[0]), min(max(left, 0), canvas[1])
    y1, x1 = max(min(top + patch[0], canvas[0]), y0), max(min(left + patch[1], canvas[1]), x0)
    return slice(y0, y1), slice(x0, x1), slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
