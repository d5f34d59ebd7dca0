"""The classes of the embedded world: each a family of looks, a family of sounds, and a way to move.

Hues of neighbouring families overlap, so colour alone never tells the class; outline and texture do.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from avlearn.data.sounds import DRAWS as SCORE_DRAWS
from avlearn.data.sounds import VOICES, Score

HUE_SPREAD = 0.12
"""Largest distance of a member's hue from that of its family, as a fraction of the colour circle."""
LOOK_DRAWS = 14
"""Uniform numbers that one look needs."""
DRIFT_DRAWS = 3
"""Uniform numbers that the drift of a silent thing needs."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """What the members of a class have in common."""

    name: str
    """Name of the class."""
    hue: float
    """Mean hue as a fraction of the colour circle."""
    saturation: float
    """Mean saturation in [0, 1]."""
    gains: tuple[float, float, float, float] = (0, 0, 0, 0)
    """How far the sound's control signal moves the picture: right and down in radii, turn in radians, growth."""


FAMILIES: tuple[Family, ...] = (
    Family(name="fiddle", hue=0.06, saturation=0.75, gains=(0.1, 0, 0.35, 0)),
    Family(name="ghost", hue=0.74, saturation=0.3, gains=(0, -0.15, 0, 0.22)),
    Family(name="bell", hue=0.14, saturation=0.8, gains=(0.25, 0, 0.6, 0)),
    Family(name="kettle", hue=0.55, saturation=0.5, gains=(0, -0.3, 0, 0.12)),
    Family(name="clicker", hue=0.9, saturation=0.7, gains=(0, -0.7, 0, 0)),
    Family(name="rocket", hue=0.0, saturation=0.7, gains=(0, -0.5, 0, 0.05)),
    Family(name="drop", hue=0.6, saturation=0.75, gains=(0, 0.5, 0, -0.05)),
    Family(name="motor", hue=0.45, saturation=0.35, gains=(0.12, 0.12, 0.3, 0.06)),
    Family(name="robot", hue=0.36, saturation=0.6, gains=(0.5, 0, 0, 0)),
    Family(name="harp", hue=0.82, saturation=0.6, gains=(0.35, 0, 0.2, 0)),
    Family(name="siren", hue=0.67, saturation=0.75, gains=(0.4, 0, 0.5, 0)),
    Family(name="fish", hue=0.28, saturation=0.7, gains=(0.15, -0.5, 0.15, 0)),
    Family(name="pebble", hue=0.08, saturation=0.3),
    Family(name="leaf", hue=0.3, saturation=0.75),
    Family(name="cloud", hue=0.58, saturation=0.25),
    Family(name="brick", hue=0.02, saturation=0.65),
)
CLASSES: tuple[str, ...] = tuple(family.name for family in FAMILIES)
"""Names of all classes: those that can sound first, then those that never do."""
SOUNDING: tuple[str, ...] = CLASSES[: len(VOICES)]
"""Names of the classes that can sound."""
MUTE: tuple[str, ...] = CLASSES[len(VOICES) :]
"""Names of the classes that never sound."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One member of a family, as it is painted."""

    name: str
    """Name of the class, which gives outline and texture."""
    first: NDArray[np.float32]
    """Ground colour, red, green, blue in 0 to 255."""
    second: NDArray[np.float32]
    """Colour of the pattern."""
    outline: float
    """Which member of the family of outlines, in [0, 1)."""
    texture: float
    """Which member of the family of textures, in [0, 1)."""
    aspect: float
    """Width over height, near 1."""
    mirrored: bool
    """Whether left and right change places."""
    tilt: float
    """Turn from upright in radians."""


def dress(family: Family, draws: Float[np.ndarray, "{LOOK_DRAWS}"], *, tilt: float) -> Look:
    """One member of the family, chosen by uniform numbers in [0, 1); `tilt` is the largest turn in radians."""
    hue, saturation, value, shift, contrast, pale, outline, texture, aspect, mirrored, turn = draws[:11].tolist()
    hue = family.hue + HUE_SPREAD * (2 * hue - 1)
    saturation = min(1.0, family.saturation * (0.75 + 0.5 * saturation))
    value = 0.72 + 0.28 * value
    second_hue = hue + 0.16 * (shift - 0.5)
    if pale < 0.4:
        second = _rgb(second_hue, 0.35 * saturation, min(1.0, value * (1.1 + 0.3 * contrast)))
    else:
        second = _rgb(second_hue, min(1.0, saturation * 1.2), value * (0.25 + 0.3 * contrast))
    return Look(
        name=family.name,
        first=_rgb(hue, saturation, value),
        second=second,
        outline=outline,
        texture=texture,
        aspect=0.88 + 0.24 * aspect,
        mirrored=mirrored < 0.5,
        tilt=tilt * (2 * turn - 1),
    )


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float32]:
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value), np.float32) * np.float32(255)


def perform(family: Family, score: Score, time: Float[np.ndarray, "T"]) -> Float[np.ndarray, "4 T"]:
    """Where the sound moves its picture at these times: right and down in radii, turn in radians, growth."""
    control = VOICES[family.name].control(score, time)
    return np.array(family.gains)[:, None] * control


def drift(draws: Float[np.ndarray, "{DRIFT_DRAWS}"], time: Float[np.ndarray, "T"]) -> Float[np.ndarray, "4 T"]:
    """Slow straight motion without rhythm: what a silent thing does. Same four rows as `perform`."""
    angle, speed, spin = draws.tolist()
    angle *= 2 * np.pi
    velocity = (0.15 + 0.35 * speed) * np.array([np.cos(angle), np.sin(angle), 0.8 * (spin - 0.5), 0.0])
    return velocity[:, None] * (time - time.mean())


def compose(family: Family, draws: Float[np.ndarray, "{SCORE_DRAWS}"]) -> Score:
    """One sound of the family, chosen by uniform numbers in [0, 1)."""
    return VOICES[family.name].compose(draws)
