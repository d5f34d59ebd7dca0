"""Settings of the embedded world, and the named difficulties."""

from __future__ import annotations

from dataclasses import dataclass, replace

from avlearn.data.classes import SOUNDING


@dataclass(frozen=True, kw_only=True)
class WorldSettings:
    """What the scenes of a world are like. Two worlds of equal settings and seed have equal scenes.

    Raises:
        ValueError: a setting makes no sense.
    """

    size: int = 96
    """Side of the picture in pixels."""
    frames: int = 1
    """Pictures per scene: 1 for a still, 2 or more for a clip that moves."""
    frame_rate: float | None = None
    """Frames per second; None spreads the frames evenly over the whole sound."""
    seconds: float = 1.0
    """Length of the sound."""
    sample_rate: int = 16_000
    """Hz of the sound."""
    sources: tuple[int, int] = (1, 1)
    """Fewest and most things that are seen and heard."""
    silent: tuple[int, int] = (0, 1)
    """Fewest and most things that are seen but not heard."""
    offscreen: tuple[int, int] = (0, 0)
    """Fewest and most things that are heard but not seen."""
    radius: tuple[float, float] = (0.135, 0.23)
    """Smallest and largest radius of a thing, as a fraction of the picture's side."""
    tilt: float = 25.0
    """Largest turn of a thing from upright, in degrees."""
    overlap: bool = False
    """Whether things may hide each other freely; False keeps them apart where there is room."""
    texture: float = 1.0
    """Strength of the coloured noise behind the things; 0 is a plain ground."""
    level: tuple[float, float] = (-6.0, 3.0)
    """Softest and loudest sound in decibels, about a root mean square of 0.07."""
    snr: tuple[float, float] | None = None
    """Least and most decibels of the sounds over background noise; None for no noise."""
    reverberation: float = 0.0
    """Probability that a scene sounds in a room."""
    reverberation_time: tuple[float, float] = (0.15, 0.6)
    """Shortest and longest time in seconds in which a room's sound falls by 60 decibels."""

    @property
    def slots(self) -> int:
        """Number of slots in the truth: the most things that a scene can have."""
        return self.sources[1] + self.silent[1] + self.offscreen[1]

    @property
    def samples(self) -> int:
        """Samples of the sound."""
        return round(self.seconds * self.sample_rate)

    @property
    def frames_per_second(self) -> float:
        """Frame rate, also where `frame_rate` is None."""
        return self.frames / self.seconds if self.frame_rate is None else self.frame_rate

    def __post_init__(self) -> None:
        _require(self.size >= 16, "size", self.size, "use at least 16 pixels")
        _require(1 <= self.frames <= 1000, "frames", self.frames, "use 1 for stills, 8 or more for clips")
        _require(self.sample_rate >= 16_000, "sample_rate", self.sample_rate, "use at least 16000 Hz")
        _require(0 < self.seconds <= 60, "seconds", self.seconds, "use more than 0 and at most 60")
        _require(
            self.frames_per_second > 0 and self.frames / self.frames_per_second <= self.seconds * (1 + 1e-9),
            "frame_rate",
            self.frame_rate,
            f"{self.frames} frames must fit into {self.seconds} s of sound; use None to spread them",
        )
        for name in ("sources", "silent", "offscreen"):
            low, high = getattr(self, name)
            _require(0 <= low <= high <= 5, name, (low, high), "use (fewest, most) with 0 <= fewest <= most <= 5")
        things = self.slots
        _require(1 <= things <= len(SOUNDING), "sources", self.sources, f"things add up to {things}; allow 1 to 12")
        _ordered("radius", self.radius)
        _require(
            self.radius[0] > 0 and self.radius[1] <= 0.5, "radius", self.radius, "use fractions of the size in (0, 0.5]"
        )
        _require(0 <= self.tilt <= 180, "tilt", self.tilt, "use 0 to 180 degrees")
        _require(0 <= self.texture <= 2, "texture", self.texture, "use 0 to 2")
        _ordered("level", self.level)
        if self.snr is not None:
            _ordered("snr", self.snr)
        _require(0 <= self.reverberation <= 1, "reverberation", self.reverberation, "use a probability")
        _ordered("reverberation_time", self.reverberation_time)
        _require(self.reverberation_time[0] > 0, "reverberation_time", self.reverberation_time, "use more than 0 s")


def _require(holds: bool, name: str, value: object, remedy: str) -> None:
    if not holds:
        raise ValueError(f"WorldSettings.{name} is {value}; {remedy}")


def _ordered(name: str, limits: tuple[float, float]) -> None:
    _require(limits[0] <= limits[1], name, limits, "use (lowest, highest)")


_SMALL, _MIDDLE, _BIG = (0.104, 0.177), (0.125, 0.198), (0.135, 0.23)
_DIGITS = WorldSettings(radius=(0.17, 0.28), silent=(0, 0), texture=0.3, seconds=0.5)

DIFFICULTIES: dict[str, WorldSettings] = {
    "clean": WorldSettings(radius=(0.135, 0.25), silent=(0, 0)),
    "big": WorldSettings(radius=_BIG, silent=(0, 1)),
    "big_test": WorldSettings(radius=_BIG, silent=(1, 2)),
    "small": WorldSettings(radius=_SMALL, silent=(0, 2)),
    "small_multi": WorldSettings(radius=_SMALL, sources=(2, 3), silent=(1, 2)),
    "multi": WorldSettings(radius=_MIDDLE, sources=(2, 3), silent=(0, 1)),
    "crowd": WorldSettings(radius=_SMALL, sources=(1, 4), silent=(1, 2)),
    "offscreen": WorldSettings(radius=_BIG, silent=(0, 1), offscreen=(0, 2)),
    "noisy": WorldSettings(radius=_BIG, silent=(0, 1), snr=(0.0, 15.0), reverberation=0.5),
    "digits": _DIGITS,
    "digits_test": replace(_DIGITS, silent=(1, 2)),
    "digits_multi": replace(_DIGITS, sources=(2, 3), silent=(0, 1)),
    "video": WorldSettings(size=64, frames=8, radius=_BIG, silent=(0, 1)),
    "video_multi": WorldSettings(size=64, frames=8, radius=_MIDDLE, sources=(2, 3), silent=(0, 1)),
}
"""Named settings, from one large source alone to clips of several sources. Those called digits are for collages of
written and spoken digits: thin strokes need a calm ground, and half a second holds most spoken digits."""


def settings_for(difficulty: str) -> WorldSettings:
    """The settings of a named difficulty.

    Raises:
        ValueError: no difficulty of that name.

    >>> settings_for("big").radius
    (0.135, 0.23)
    """
    if difficulty not in DIFFICULTIES:
        raise ValueError(f"unknown difficulty {difficulty!r}; choose one of {', '.join(DIFFICULTIES)}")
    return DIFFICULTIES[difficulty]
