"""One member of a class, as it appears in one scene: its look, its score, and how the score moves it."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from avlearn.data.classes import FAMILIES, Family
from avlearn.data.sounds import DRAWS as SCORE_DRAWS
from avlearn.data.sounds import VOICES, Score

HUE_SPREAD = 0.12
"""Largest distance of a member's hue from that of its family, as a fraction of the colour circle."""
LOOK_DRAWS = 11
"""Uniform numbers that one look needs."""
ACTOR_DRAWS = LOOK_DRAWS + SCORE_DRAWS
"""Uniform numbers that one actor needs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Look:
    """How a thing is painted."""

    name: str
    """Name of the class, which gives outline and texture."""
    first: NDArray[np.float32]
    """Ground colour: red, green, blue in 0 to 255."""
    second: NDArray[np.float32]
    """Colour of the pattern."""
    outline: float
    """Which member of the family of outlines, in [0, 1)."""
    texture: float
    """Which member of the family of textures, in [0, 1)."""
    aspect: float
    """Width over height, near 1; negative for a mirrored thing."""
    tilt: float
    """Turn from upright in radians."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Actor:
    """A thing of the embedded world."""

    family: Family
    """Its class."""
    look: Look
    """What is seen of it."""
    score: Score | None
    """What it plays when it sounds; None for a mute thing."""


def cast(label: int, draws: Float[np.ndarray, "draws"], *, tilt: float) -> Actor:
    """A member of a class.

    Args:
        label: number of the class.
        draws: uniform numbers in [0, 1) that choose the member.
        tilt: largest turn from upright in degrees.
    """
    family = FAMILIES[label]
    score = VOICES[family.name].compose(draws[LOOK_DRAWS:]) if family.name in VOICES else None
    return Actor(family=family, look=_dress(family, draws[:LOOK_DRAWS], tilt=tilt), score=score)


def play(actor: Actor, time: Float[np.ndarray, "S"], *, sample_rate: int) -> Float[np.ndarray, "S"] | None:
    """Waveform of any level, or None for a mute thing."""
    return None if actor.score is None else VOICES[actor.family.name].play(actor.score, time, sample_rate)


def dance(actor: Actor, time: Float[np.ndarray, "T"]) -> Float[np.ndarray, "4 T"]:
    """Where the sound moves the picture: shift right and down in radii, turn in radians, growth. A mute thing stays."""
    if actor.score is None:
        return np.zeros((4, len(time)))
    return np.array(actor.family.gains)[:, None] * VOICES[actor.family.name].control(actor.score, time)


def _dress(family: Family, draws: NDArray[np.floating], *, tilt: float) -> Look:
    hue, saturation, value, shift, contrast, pale, outline, texture, aspect, mirrored, turn = draws.tolist()
    hue = family.hue + HUE_SPREAD * (2 * hue - 1)
    saturation = min(1.0, family.saturation * (0.75 + 0.5 * saturation))
    value = 0.72 + 0.28 * value
    aspect = 0.88 + 0.24 * aspect
    return Look(
        name=family.name,
        first=_rgb(hue, saturation, value),
        second=_partner(hue + 0.16 * (shift - 0.5), saturation, value, contrast=contrast, pale=pale < 0.4),
        outline=outline,
        texture=texture,
        aspect=-aspect if mirrored < 0.5 else aspect,
        tilt=float(np.deg2rad(tilt * (2 * turn - 1))),
    )


def _partner(hue: float, saturation: float, value: float, *, contrast: float, pale: bool) -> NDArray[np.float32]:
    """A colour for the pattern: a pale or a dark relative of the ground colour."""
    if pale:
        return _rgb(hue, 0.35 * saturation, min(1.0, value * (1.1 + 0.3 * contrast)))
    return _rgb(hue, min(1.0, 1.2 * saturation), value * (0.25 + 0.3 * contrast))


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float32]:
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value), np.float32) * np.float32(255)
