"""What happens in a scene, before anything is painted or played: who is there, where, how it looks and sounds.

All of it is drawn from one counter-based stream per (seed, index), in a fixed order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from avlearn.data.classes import DRIFT_DRAWS, FAMILIES, LOOK_DRAWS, SOUNDING, Family, Look, compose, dress
from avlearn.data.settings import WorldSettings
from avlearn.data.sounds import DRAWS as SCORE_DRAWS
from avlearn.data.sounds import Score

CANDIDATES = 24
"""Places tried for each thing before the roomiest one is taken."""
BACKGROUND_DRAWS = 18
"""Uniform numbers of the background."""
ROOM_DRAWS = 8
"""Uniform numbers of noise, room and moment."""
MEAN_LEVEL = 0.07
"""Root mean square of a sound at 0 decibels."""
_GEOMETRY = 2 + 2 * CANDIDATES
_ACTOR_DRAWS = SCORE_DRAWS + LOOK_DRAWS + DRIFT_DRAWS + _GEOMETRY


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A thing in a scene."""

    family: Family
    """Its class."""
    label: int
    """Number of its class."""
    look: Look | None
    """How it is painted; None for a sound without a picture."""
    score: Score | None
    """What it plays; None for a silent thing."""
    radius: float
    """Pixels."""
    centre: tuple[float, float]
    """x and y in pixels."""
    drift: NDArray[np.float64]
    """Uniform numbers of its slow motion."""
    level: float
    """Root mean square of its sound."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """All that is drawn for one scene."""

    actors: tuple[Actor, ...]
    """One for each filled slot; later ones stand in front."""
    background: NDArray[np.float64]
    """Uniform numbers of the background."""
    room: NDArray[np.float64]
    """Uniform numbers of noise, reverberation and the moment of a still."""


def draw_scenario(settings: WorldSettings, *, seed: int, index: int) -> Scenario:
    """The scenario of one scene, a pure function of its arguments."""
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64)))
    fixed = generator.random(BACKGROUND_DRAWS + ROOM_DRAWS + 4)
    room_end = BACKGROUND_DRAWS + ROOM_DRAWS
    cast = _cast(settings, fixed[room_end:], generator)
    draws = generator.random((len(cast), _ACTOR_DRAWS))
    actors: list[Actor] = []
    for (label, heard, seen), row in zip(cast, draws, strict=True):
        actors.append(_actor(settings, label, heard, seen, row, actors))
    return Scenario(actors=tuple(actors), background=fixed[:BACKGROUND_DRAWS], room=fixed[BACKGROUND_DRAWS:room_end])


def _cast(
    settings: WorldSettings, counts: Float[np.ndarray, "4"], generator: np.random.Generator
) -> list[tuple[int, bool, bool]]:
    """(class, heard, seen) of every thing, in random order. No two things that can sound share a class."""
    sources, silent, offscreen = (
        low + int(draw * (high - low + 1))
        for (low, high), draw in zip(
            (settings.sources, settings.silent, settings.offscreen), counts.tolist(), strict=False
        )
    )
    sounding = generator.permutation(len(SOUNDING)).tolist()
    mute = (len(SOUNDING) + generator.integers(len(FAMILIES) - len(SOUNDING), size=silent)).tolist()
    cast = [(sounding.pop(), True, True) for _ in range(sources)]
    cast += [(sounding.pop(), True, False) for _ in range(offscreen)]
    coins = generator.random(silent).tolist()
    cast += [(sounding.pop() if coin < 0.5 else mute.pop(), False, True) for coin in coins]
    return [cast[position] for position in generator.permutation(len(cast)).tolist()]


def _actor(
    settings: WorldSettings,
    label: int,
    heard: bool,
    seen: bool,
    draws: Float[np.ndarray, "{_ACTOR_DRAWS}"],
    others: list[Actor],
) -> Actor:
    family = FAMILIES[label]
    score, look, drift, (size, level), places = (draws[part] for part in _PARTS)
    low, high = settings.radius
    radius = settings.size * (low + (high - low) * size)
    softest, loudest = settings.level
    return Actor(
        family=family,
        label=label,
        look=dress(family, look, tilt=np.deg2rad(settings.tilt)) if seen else None,
        score=compose(family, score) if heard else None,
        radius=float(radius),
        centre=_place(settings, float(radius), places.reshape(CANDIDATES, 2), others),
        drift=drift,
        level=float(MEAN_LEVEL * 10 ** ((softest + (loudest - softest) * level) / 20)),
    )


_ENDS = np.cumsum([0, SCORE_DRAWS, LOOK_DRAWS, DRIFT_DRAWS, 2, 2 * CANDIDATES]).tolist()
_PARTS = [slice(start, end) for start, end in pairwise(_ENDS)]


def _place(
    settings: WorldSettings, radius: float, draws: Float[np.ndarray, "{CANDIDATES} 2"], others: list[Actor]
) -> tuple[float, float]:
    """The first candidate place that touches nobody, else the roomiest."""
    margin = min(0.9 * radius, settings.size / 2)
    places = margin + draws * (settings.size - 2 * margin)
    seen = [other for other in others if other.look is not None]
    if settings.overlap or not seen:
        return float(places[0, 0]), float(places[0, 1])
    centres = np.array([other.centre for other in seen])
    reach = np.array([other.radius + radius for other in seen])
    room = (np.sqrt(((places[:, None] - centres) ** 2).sum(-1)) - 0.9 * reach).min(axis=1)
    best = int(np.argmax(room > 0)) if (room > 0).any() else int(np.argmax(room))
    return float(places[best, 0]), float(places[best, 1])
