"""The outlines of the classes, as signed distances: negative inside, zero on the edge, positive outside.

Coordinates are those of the thing: `u` to the right, `v` down, the thing inside the unit disc.
`k` in [0, 1) varies the outline within its family.
"""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Shape = Callable[[Array, Array, float], Array]


def _disc(u: Array, v: Array, x: float, y: float, radius: float) -> Array:
    return np.sqrt((u - x) ** 2 + (v - y) ** 2) - radius


def _box(u: Array, v: Array, half_width: float, half_height: float) -> Array:
    return np.maximum(np.abs(u) - half_width, np.abs(v) - half_height)


def _cosine(u: Array, v: Array, r: Array, folds: int) -> Array:
    # cos(folds * angle) as a Chebyshev polynomial of u / r: no arctangent needed
    previous, current = np.ones_like(r), u / (r + 1e-6)
    twice = 2 * current
    for _ in range(folds - 1):
        previous, current = current, twice * current - previous
    return current


def radius_and_cosine(u: Array, v: Array, folds: int) -> tuple[Array, Array]:
    """Distance r from the centre, and cos(folds * angle)."""
    r = np.sqrt(u * u + v * v)
    return r, _cosine(u, v, r, folds)


def _fiddle(u: Array, v: Array, k: float) -> Array:
    upper = _disc(u, v, 0.0, -0.28 - 0.05 * k, 0.41)
    lower = _disc(u, v, 0.0, 0.39, 0.58)
    return np.minimum(np.minimum(upper, lower), _box(u, v + 0.72, 0.09, 0.26))


def _ghost(u: Array, v: Array, k: float) -> Array:
    skirt = np.maximum(np.abs(u) - 0.66, v - 0.68 - 0.12 * np.cos(u * (9 + 6 * k)))
    return np.where(v < -0.25, _disc(u, v, 0.0, -0.25, 0.66), skirt)


def _bell(u: Array, v: Array, k: float) -> Array:
    flare = 0.36 + (0.14 + 0.06 * k) * (v + 0.7) ** 2 + 0.08 * (v + 0.7)
    body = 0.8 * np.maximum(np.abs(u) - flare, np.abs(v) - 0.65)
    return np.minimum(np.minimum(body, _disc(u, v, 0.0, 0.74, 0.2)), _disc(u, v, 0.0, -0.76, 0.18))


def _kettle(u: Array, v: Array, k: float) -> Array:
    body = _disc(u, v, -0.06, 0.26, 0.6)
    along = np.clip((u - 0.35) * 0.62 + (v - 0.2) * -0.62, 0, 0.62)
    spout = np.sqrt((u - 0.35 - 0.8 * along) ** 2 + (v - 0.2 + 0.8 * along) ** 2) - 0.15
    handle = np.abs(_disc(u, v, -0.06, -0.3, 0.42 + 0.05 * k)) - 0.09
    return np.minimum(np.minimum(body, spout), handle)


def _clicker(u: Array, v: Array, k: float) -> Array:
    corner = 0.12 + 0.2 * k
    x, y = np.maximum(np.abs(u) - 0.74 + corner, 0), np.maximum(np.abs(v) - 0.74 + corner, 0)
    return np.sqrt(x * x + y * y) - corner


def _rocket(u: Array, v: Array, k: float) -> Array:
    hull = np.maximum(np.abs(u) - 0.46 * (1 - (v * 1.02 - 0.05) ** 2) - 0.02, v - 0.72)
    fins = np.maximum(np.abs(u) - 0.3 - (0.46 + 0.14 * k) * (v - 0.25), np.abs(v - 0.53) - 0.3)
    return np.minimum(hull, fins)


def _drop(u: Array, v: Array, k: float) -> Array:
    cone = np.maximum(0.88 * np.abs(u) - (0.44 + 0.06 * k) * (v + 0.97), v - 0.08)
    return np.minimum(_disc(u, v, 0.0, 0.32, 0.64), cone)


def _motor(u: Array, v: Array, k: float) -> Array:
    r, teeth = radius_and_cosine(u, v, 6 + 2 * int(2 * k))
    return r - 0.82 - np.clip(teeth * 0.5, -0.13, 0.13)


def _robot(u: Array, v: Array, k: float) -> Array:
    head = np.minimum(_box(u, v - 0.14, 0.62, 0.56), _box(u, v - 0.14, 0.84, 0.16 + 0.08 * k))
    antenna = np.minimum(_box(u, v + 0.55, 0.07, 0.25), _disc(u, v, 0.0, -0.8, 0.17))
    return np.minimum(head, antenna)


def _harp(u: Array, v: Array, k: float) -> Array:
    board = 0.71 * (u + v) - 0.28 - 0.035 * k
    neck = -0.64 - v - 0.18 * np.sin(u * 5)
    return np.maximum(np.maximum(board, neck), _disc(u, v, 0.12, 0.06, 0.92))


def _siren(u: Array, v: Array, k: float) -> Array:
    dome = np.maximum(_disc(u, v, 0.0, 0.22, 0.74), v - 0.3)
    base = _box(u, v - 0.46, 0.84, 0.16 + 0.06 * k)
    return np.minimum(dome, base)


def _fish(u: Array, v: Array, k: float) -> Array:
    body = np.sqrt(((u + 0.22) / 1.4) ** 2 + v**2) - 0.52 - 0.06 * k
    tail = np.maximum(np.abs(v) - 0.85 * (u - 0.02), u - 0.82)
    return np.minimum(body, tail)


def _pebble(u: Array, v: Array, k: float) -> Array:
    r, lumps = radius_and_cosine(u, v, 3)
    return r - 0.76 - 0.1 * lumps - (0.2 * k - 0.1) * v


def _leaf(u: Array, v: Array, k: float) -> Array:
    bend = 0.62 + 0.15 * k
    blade = np.maximum(_disc(u, v, bend, 0.0, 1.13), _disc(u, v, -bend, 0.0, 1.13))
    return np.minimum(blade, _box(u, v - 0.85, 0.05, 0.14))


def _cloud(u: Array, v: Array, k: float) -> Array:
    left, right = _disc(u, v, -0.5, 0.18, 0.4), _disc(u, v, 0.52, 0.2, 0.36)
    top = np.minimum(_disc(u, v, -0.08, -0.16, 0.44), _disc(u, v, 0.3, -0.05 - 0.1 * k, 0.34))
    return np.minimum(np.minimum(left, right), np.minimum(top, _box(u, v - 0.3, 0.5, 0.26)))


def _brick(u: Array, v: Array, k: float) -> Array:
    return _box(u, v, 0.86, 0.4 + 0.12 * k)


SHAPES: dict[str, Shape] = {
    "fiddle": _fiddle,
    "ghost": _ghost,
    "bell": _bell,
    "kettle": _kettle,
    "clicker": _clicker,
    "rocket": _rocket,
    "drop": _drop,
    "motor": _motor,
    "robot": _robot,
    "harp": _harp,
    "siren": _siren,
    "fish": _fish,
    "pebble": _pebble,
    "leaf": _leaf,
    "cloud": _cloud,
    "brick": _brick,
}
"""Signed distance of each class."""
