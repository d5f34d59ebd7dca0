"""What is drawn for a scene before anything is painted or played: who is there, where, how large and how loud.

All of it comes from one counter-based stream per (seed, index), in a fixed order.
"""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from avlearn.data.mixing import DRAWS as ACOUSTIC_DRAWS
from avlearn.data.settings import WorldSettings
from avlearn.data.textures import BACKGROUND_DRAWS

CANDIDATES = 24
"""Places tried for each thing before the roomiest one is taken."""
DRIFT_DRAWS = 3
"""Uniform numbers of a drift."""
_SPOT_DRAWS = 2 + DRIFT_DRAWS + 2 * CANDIDATES


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """Which classes can play which part, as class numbers."""

    sounding: tuple[int, ...]
    """Can be seen and heard."""
    mute: tuple[int, ...] = ()
    """Can only be seen."""
    unseen: tuple[int, ...] = ()
    """Can only be heard."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """The part of one thing in a scene."""

    label: int
    """Number of its class."""
    heard: bool
    """Whether it sounds in this scene."""
    seen: bool
    """Whether it is in the picture."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Spot:
    """Where a thing is, how large and how loud."""

    radius: float
    """Pixels."""
    centre: tuple[float, float]
    """x and y in pixels."""
    level: float
    """Decibels of its sound."""
    drift: NDArray[np.float64] = field(repr=False)
    """Uniform numbers of its slow motion."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Stage:
    """A scene that waits for its things to be painted and played."""

    roles: tuple[Role, ...]
    """One for each filled slot; later ones stand in front."""
    spots: tuple[Spot, ...]
    """Where each of them is."""
    background: NDArray[np.float64]
    """Uniform numbers of the background."""
    acoustics: NDArray[np.float64]
    """Uniform numbers of room and noise."""
    moment: float
    """When a still is taken, as a fraction of the sound."""


def scene_generator(*, seed: int, index: int) -> np.random.Generator:
    """The stream of random numbers of one scene, found without drawing those of any other."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64)))


def draw_stage(settings: WorldSettings, kinds: Kinds, generator: np.random.Generator) -> Stage:
    """The stage of one scene."""
    draws = generator.random(4 + BACKGROUND_DRAWS + ACOUSTIC_DRAWS)
    roles = _roles(settings, kinds, draws[:3], generator)
    return Stage(
        roles=roles,
        spots=_spots(settings, roles, generator.random((len(roles), _SPOT_DRAWS))),
        background=draws[4 : 4 + BACKGROUND_DRAWS],
        acoustics=draws[4 + BACKGROUND_DRAWS :],
        moment=float(draws[3]),
    )


def drift(draws: Float[np.ndarray, "draws"], time: Float[np.ndarray, "T"]) -> Float[np.ndarray, "4 T"]:
    """Slow straight motion without rhythm: shift right and down in radii, turn in radians, growth, at these times."""
    angle, speed, spin = draws.tolist()
    velocity = (0.15 + 0.35 * speed) * np.array(
        [np.cos(2 * np.pi * angle), np.sin(2 * np.pi * angle), 0.8 * (spin - 0.5), 0.0]
    )
    return velocity[:, None] * (time - time.mean())


def _roles(
    settings: WorldSettings, kinds: Kinds, draws: Float[np.ndarray, "3"], generator: np.random.Generator
) -> tuple[Role, ...]:
    """Parts in random order; no two things share a class, but for mute ones."""
    ranges = (settings.sources, settings.silent, settings.offscreen)
    sources, silent, offscreen = (
        low + int(draw * (high - low + 1)) for (low, high), draw in zip(ranges, draws.tolist(), strict=True)
    )
    pool = generator.permutation(kinds.sounding).tolist()
    roles = [Role(label=pool.pop(), heard=True, seen=True) for _ in range(sources)]
    hidden = generator.permutation(pool + list(kinds.unseen)).tolist()[:offscreen]
    roles += [Role(label=label, heard=True, seen=False) for label in hidden]
    pool = [label for label in pool if label not in hidden]
    for coin in generator.random(silent).tolist():
        # half of the silent things are of classes that never sound, where there are any
        label = kinds.mute[int(2 * coin * len(kinds.mute))] if kinds.mute and coin < 0.5 else pool.pop()
        roles.append(Role(label=label, heard=False, seen=True))
    return tuple(roles[position] for position in generator.permutation(len(roles)).tolist())


def _spots(settings: WorldSettings, roles: Sequence[Role], draws: Float[np.ndarray, "n draws"]) -> tuple[Spot, ...]:
    """A spot for each role, away from those already taken unless things may overlap."""
    spots: list[Spot] = []
    taken: list[tuple[float, float, float]] = []
    (smallest, largest), (softest, loudest) = settings.radius, settings.level
    for role, row in zip(roles, draws, strict=True):
        radius = settings.size * (smallest + (largest - smallest) * float(row[0]))
        candidates = row[2 + DRIFT_DRAWS :].reshape(CANDIDATES, 2)
        centre = place(candidates, radius=radius, size=settings.size, others=taken)
        level = softest + (loudest - softest) * float(row[1])
        spots.append(Spot(radius=radius, centre=centre, level=level, drift=row[2 : 2 + DRIFT_DRAWS]))
        if role.seen and not settings.overlap:
            taken.append((*centre, radius))
    return tuple(spots)


def place(
    draws: Float[np.ndarray, "n 2"], *, radius: float, size: int, others: Sequence[tuple[float, float, float]]
) -> tuple[float, float]:
    """X and y of the first candidate that touches none of the others, else of the roomiest one.

    Args:
        draws: uniform numbers in [0, 1), the candidates.
        radius: pixels.
        size: side of the picture; the thing lies inside it but for a tenth of its radius.
        others: x, y and radius of what to keep away from.
    """
    margin = min(0.9 * radius, size / 2)
    candidates = margin + draws * (size - 2 * margin)
    best = _first_free(candidates, radius, np.array(others)) if others else 0
    return float(candidates[best, 0]), float(candidates[best, 1])


def _first_free(candidates: NDArray[np.floating], radius: float, others: NDArray[np.floating]) -> int:
    # a tenth of the reach may overlap: the corners of most things are empty
    distance = np.sqrt(((candidates[:, None] - others[:, :2]) ** 2).sum(-1))
    room = (distance - 0.9 * (others[:, 2] + radius)).min(axis=1)
    return int(np.argmax(room > 0) if room.max() > 0 else np.argmax(room))
