"""The classes of the embedded world: each a family of looks, a family of sounds, and a way to move.

Hues of neighbouring families overlap, so colour alone never tells the class; outline and texture do.
"""

from __future__ import annotations

from dataclasses import dataclass

from avlearn.data.sounds import VOICES


@dataclass(frozen=True, kw_only=True)
class Family:
    """What the members of a class have in common."""

    name: str
    """Name of the class."""
    hue: float
    """Mean hue as a fraction of the colour circle."""
    saturation: float
    """Mean saturation in [0, 1]."""
    gains: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """How far the sound's control signal moves the picture: right and down in radii, turn in radians, growth."""


FAMILIES: tuple[Family, ...] = (
    Family(name="fiddle", hue=0.06, saturation=0.75, gains=(0.1, 0.0, 0.35, 0.0)),
    Family(name="ghost", hue=0.74, saturation=0.3, gains=(0.0, -0.15, 0.0, 0.22)),
    Family(name="bell", hue=0.14, saturation=0.8, gains=(0.25, 0.0, 0.6, 0.0)),
    Family(name="kettle", hue=0.55, saturation=0.5, gains=(0.0, -0.3, 0.0, 0.12)),
    Family(name="clicker", hue=0.9, saturation=0.7, gains=(0.0, -0.7, 0.0, 0.0)),
    Family(name="rocket", hue=0.0, saturation=0.7, gains=(0.0, -0.5, 0.0, 0.05)),
    Family(name="drop", hue=0.6, saturation=0.75, gains=(0.0, 0.5, 0.0, -0.05)),
    Family(name="motor", hue=0.45, saturation=0.35, gains=(0.12, 0.12, 0.3, 0.06)),
    Family(name="robot", hue=0.36, saturation=0.6, gains=(0.5, 0.0, 0.0, 0.0)),
    Family(name="harp", hue=0.82, saturation=0.6, gains=(0.35, 0.0, 0.2, 0.0)),
    Family(name="siren", hue=0.67, saturation=0.75, gains=(0.4, 0.0, 0.5, 0.0)),
    Family(name="fish", hue=0.28, saturation=0.7, gains=(0.15, -0.5, 0.15, 0.0)),
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
