"""The patterns painted on the classes, and the coloured fields behind them.

A texture is a map of the thing's own coordinates to [0, 1], the share of the second colour.
`k` in [0, 1) varies it within its family.
"""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from avlearn.data.shapes import radius_and_cosine

Array = NDArray[np.floating]
Texture = Callable[[Array, Array, float], Array]
BACKGROUND_DRAWS = 18
"""Uniform numbers of one background."""
FIELDS = 24
"""Tileable noise fields in the bank that all backgrounds read, each at its own offset."""


def _sharpen(wave: Array, contrast: float) -> Array:
    return np.clip(0.5 + contrast * wave, 0, 1)


def _spots(u: Array, v: Array, x: float, y: float, radius: float) -> Array:
    # two spots, mirrored at the axis u = 0
    return np.clip((radius - np.sqrt((np.abs(u) - x) ** 2 + (v - y) ** 2)) * 9 + 0.5, 0, 1)


def _strings(u: Array, v: Array, k: float) -> Array:
    return _sharpen(np.cos(u * (16 + 6 * k)), 1.2) * (np.abs(u) < 0.36)


def _face(u: Array, v: Array, k: float) -> Array:
    mouth = np.clip((0.13 - np.sqrt(u * u + (v - 0.16) ** 2)) * 9 + 0.5, 0, 1)
    return np.maximum(_spots(u, v, 0.27, -0.22, 0.15 + 0.05 * k), mouth)


def _bands(u: Array, v: Array, k: float) -> Array:
    return _sharpen(np.cos(v * (8 + 4 * k) + 2), 1.0)


def _speckle(u: Array, v: Array, k: float) -> Array:
    pitch = 12 + 5 * k
    return _sharpen(np.sin(u * pitch + v * 5) * np.sin(v * pitch - u * 5) - 0.3, 3.0)


def _checker(u: Array, v: Array, k: float) -> Array:
    pitch = 5.2 + 2.6 * k
    return _sharpen(np.sin(u * pitch) * np.sin(v * pitch), 4.0)


def _chevrons(u: Array, v: Array, k: float) -> Array:
    window = np.clip((0.2 - np.sqrt(u * u + (v + 0.25) ** 2)) * 9 + 0.5, 0, 1)
    return np.maximum(_sharpen(np.cos((v - np.abs(u)) * (9 + 4 * k)) - 0.3, 2.0) * (v > 0.05), window)


def _ripples(u: Array, v: Array, k: float) -> Array:
    return _sharpen(np.cos(np.sqrt(u * u + (v - 0.36) ** 2) * (13 + 6 * k)), 1.0)


def _spokes(u: Array, v: Array, k: float) -> Array:
    r, spokes = radius_and_cosine(u, v, 6)
    hub = np.clip((0.2 - r) * 9 + 0.5, 0, 1)
    return np.where(np.abs(r - 0.46) < 0.18, _sharpen(spokes, 2.0), hub)


def _screen(u: Array, v: Array, k: float) -> Array:
    eyes = _spots(u, v, 0.27, -0.06, 0.15 + 0.03 * k)
    grille = _sharpen(np.cos(u * 24), 2.0) * ((np.abs(u) < 0.42) & (np.abs(v - 0.44) < 0.12))
    return np.maximum(eyes, grille)


def _harp_strings(u: Array, v: Array, k: float) -> Array:
    inside = (u > -0.48) & (u + v < 0.2) & (v > -0.48)
    return _sharpen(np.cos(u * (19 + 7 * k)), 1.5) * inside


def _beams(u: Array, v: Array, k: float) -> Array:
    _, beams = radius_and_cosine(u, v - 0.25, 8 + 2 * int(2 * k))
    return np.where(v < 0.27, _sharpen(beams, 2.5), np.float32(0.9))


def _scales(u: Array, v: Array, k: float) -> Array:
    pitch = 8 + 3 * k
    eye = np.clip((0.11 - np.sqrt((u + 0.55) ** 2 + (v + 0.12) ** 2)) * 9 + 0.5, 0, 1)
    return np.maximum(_sharpen(np.cos(u * pitch + 2 * np.cos(v * pitch)), 1.0) * (u > -0.38), eye)


def _grain(u: Array, v: Array, k: float) -> Array:
    return _sharpen(np.sin(u * 9 + 3 * np.sin(v * 5 + 6 * k)) * np.cos(v * 8 - u * 3), 1.0)


def _veins(u: Array, v: Array, k: float) -> Array:
    ribs = _sharpen(np.cos((v + 0.8 * np.abs(u)) * (13 + 4 * k)) - 0.55, 2.5)
    return np.maximum(ribs, np.clip((0.06 - np.abs(u)) * 12 + 0.5, 0, 1))


def _puffs(u: Array, v: Array, k: float) -> Array:
    puffs = np.cos(np.sqrt(u * u + (v - 0.75) ** 2) * (13 + 4 * k) + 1.5 * np.cos(u * 8))
    return _sharpen(puffs - 0.3, 0.5)


def _bricks(u: Array, v: Array, k: float) -> Array:
    row = np.floor(v * 4 + 0.5)
    along = u * (2 + 0.6 * k) + 0.5 * (row % 2)
    joint = np.minimum(np.abs(along - np.round(along)) * 0.8, np.abs(v * 4 - np.round(v * 4 - 0.5) - 0.5) * 0.5)
    return np.clip((0.07 - joint) * 9 + 0.4, 0, 1)


TEXTURES: dict[str, Texture] = {
    "fiddle": _strings,
    "ghost": _face,
    "bell": _bands,
    "kettle": _speckle,
    "clicker": _checker,
    "rocket": _chevrons,
    "drop": _ripples,
    "motor": _spokes,
    "robot": _screen,
    "harp": _harp_strings,
    "siren": _beams,
    "fish": _scales,
    "pebble": _grain,
    "leaf": _veins,
    "cloud": _puffs,
    "brick": _bricks,
}
"""Pattern of each class."""


def background(
    draws: Float[np.ndarray, "draws"], *, size: int, strength: float
) -> Float[np.ndarray, "3 {size} {size}"]:
    """Two fields of 1/f noise in two random colours on a random ground, about 0 to 255.

    Args:
        draws: uniform numbers in [0, 1): which fields, where in them, colours, brightness.
        size: side in pixels.
        strength: 0 for a plain ground; 1 for a strong texture.
    """
    first, second = _cutout(draws[0:4], size), _cutout(draws[4:8], size)
    colours = ((draws[8:14].reshape(2, 3, 1, 1) - 0.5) * (100 * strength)).astype(np.float32)
    ground = (80 + 90 * draws[14] + 60 * (draws[15:18] - 0.5)).astype(np.float32).reshape(3, 1, 1)
    canvas = first * colours[0]
    canvas += ground
    canvas += second * colours[1]
    return canvas


def _cutout(draws: NDArray[np.floating], size: int) -> NDArray[np.float32]:
    which, top, left, flip = draws.tolist()
    fields = _fields(size)
    tile = fields.shape[-1] - size
    y, x = int(top * tile), int(left * tile)
    cut = fields[int(which * FIELDS), y : y + size, x : x + size]
    turn = int(flip * 4)
    return cut[:: 1 - 2 * (turn & 1), :: 1 - (turn & 2)]


@cache
def _fields(size: int) -> NDArray[np.float32]:
    """The bank: (FIELDS, tile + size, tile + size), each field periodic with the tile, unit variance."""
    tile = 2 * size
    frequency = np.sqrt(np.fft.fftfreq(tile)[:, None] ** 2 + np.fft.rfftfreq(tile)[None] ** 2)
    frequency[0, 0] = np.inf
    white = np.random.Generator(np.random.Philox(2)).standard_normal((FIELDS, tile, tile))
    fields = np.fft.irfft2(np.fft.rfft2(white) / frequency, s=(tile, tile))
    fields /= fields.std(axis=(1, 2), keepdims=True)
    return np.pad(fields.astype(np.float32), ((0, 0), (0, size), (0, size)), mode="wrap")
