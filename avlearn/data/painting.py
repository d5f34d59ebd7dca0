"""Painting things on a canvas, each on its own small patch, with smooth edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int8
from numpy.typing import NDArray

from avlearn.data.actors import Look
from avlearn.data.shapes import SHAPES
from avlearn.data.textures import TEXTURES

Array = NDArray[np.floating]
RIM = 0.13
"""Width of the dark rim, in radii."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Patch:
    """A square window around a thing in every frame, with the coordinates of the thing at its pixels."""

    left: Int[np.ndarray, "T"]
    """Column of the first pixel, which may lie outside the canvas."""
    top: Int[np.ndarray, "T"]
    """Row of the first pixel."""
    u: Float[np.ndarray, "T P P"]
    """To the thing's right, in radii."""
    v: Float[np.ndarray, "T P P"]
    """To the thing's bottom, in radii."""
    scale: Float[np.ndarray, "T 1 1"]
    """Pixels per radius."""


def frame_patch(
    *, radius: float, centre: tuple[float, float], pose: Float[np.ndarray, "4 T"], turn: float, aspect: float
) -> Patch:
    """The patch of a thing.

    Args:
        radius: pixels.
        centre: x and y in pixels, before `pose` moves it.
        pose: shift right and down in radii, turn in radians, growth as a fraction, per frame.
        turn: radians, before `pose` turns it.
        aspect: width over height; negative for a mirrored thing.
    """
    x, y = centre[0] + radius * pose[0], centre[1] + radius * pose[1]
    scale = radius * (1 + pose[3])
    half = int(np.ceil(scale.max() * 1.06)) + 1
    left, top = np.floor(x).astype(int) - half, np.floor(y).astype(int) - half
    pixels = np.arange(2 * half + 1) + 0.5
    across = ((pixels - (x - left)[:, None]) / scale[:, None]).astype(np.float32)[:, None, :]
    along = ((pixels - (y - top)[:, None]) / scale[:, None]).astype(np.float32)[:, :, None]
    turns = (turn + pose[2]).astype(np.float32)[:, None, None]
    cosine, sine = np.cos(turns), np.sin(turns)
    wide, tall = np.float32(np.sign(aspect) / min(1.0, abs(aspect))), np.float32(max(1.0, abs(aspect)))
    u = wide * cosine * across + wide * sine * along
    v = tall * cosine * along - tall * sine * across
    return Patch(left=left, top=top, u=u, v=v, scale=scale.astype(np.float32)[:, None, None])


def lay(
    canvas: Float[np.ndarray, "3 T H W"],
    owner: Int8[np.ndarray, "T H W"],
    patch: Patch,
    colour: Float[np.ndarray, "3 T P P"],
    cover: Float[np.ndarray, "T P P"],
    *,
    slot: int,
) -> None:
    """Lays colours over the canvas where `cover` is above 0, and claims the pixels above one half; both in place."""
    for frame, (left, top) in enumerate(zip(patch.left.tolist(), patch.top.tolist(), strict=True)):
        here, there = _overlap(owner.shape[1:], cover.shape[1:], left, top)
        shown = cover[frame][there]
        window = canvas[:, frame][:, *here]
        window += shown * (colour[:, frame][:, *there] - window)
        owner[frame][here][shown > 0.5] = slot


def paint(
    canvas: Float[np.ndarray, "3 T H W"],
    owner: Int8[np.ndarray, "T H W"],
    look: Look,
    *,
    radius: float,
    centre: tuple[float, float],
    pose: Float[np.ndarray, "4 T"],
    slot: int,
) -> None:
    """Paints one thing of the embedded world over the canvas, in place; see `frame_patch` for the geometry."""
    patch = frame_patch(radius=radius, centre=centre, pose=pose, turn=look.tilt, aspect=look.aspect)
    distance = SHAPES[look.name](patch.u, patch.v, look.outline)
    cover = np.minimum(np.maximum(0.5 - distance * patch.scale, 0), 1)
    lay(canvas, owner, patch, _colour(look, patch.u, patch.v, distance), cover, slot=slot)


def _colour(look: Look, u: Array, v: Array, distance: Array) -> Array:
    """(3, T, P, P): pattern, soft light from above and a dark rim."""
    share = TEXTURES[look.name](u, v, look.texture)
    light = np.float32(1.02) - np.float32(0.16) * v
    light *= np.float32(0.45) + np.float32(0.55) * np.minimum(np.maximum(distance * (-1 / RIM) - 0.2, 0), 1)
    first, second = look.first.reshape(3, 1, 1, 1), look.second.reshape(3, 1, 1, 1)
    colour = (second - first) * share
    colour += first
    colour *= light
    return colour


def _overlap(
    canvas: tuple[int, ...], patch: tuple[int, ...], left: int, top: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Rows and columns that canvas and patch share, in the numbers of the canvas and in those of the patch."""
    y0, x0 = min(max(top, 0), canvas[0]), min(max(left, 0), canvas[1])
    y1, x1 = max(min(top + patch[0], canvas[0]), y0), max(min(left + patch[1], canvas[1]), x0)
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
