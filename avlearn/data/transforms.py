"""Augmentation of clips: what may change about a clip without changing what is seen and heard in it.

All of a clip's frames change alike, so that motion stays as it is. What is drawn comes from outside as uniform numbers,
so that a clip's change can follow from its place in a run alone, in whatever process it is made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from avlearn.types import AVBatch

DRAWS = 9
"""Uniform numbers that the change of one clip takes."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How much clips may change; the default leaves them as they are.

    Raises:
        ValueError: a setting makes no sense.
    """

    shift: float = 0.0
    """Largest shift of the picture across and along, as a share of its side; borders are mirrored."""
    zoom: float = 1.0
    """Largest enlargement, and reduction, of the picture."""
    hue: float = 0.0
    """Largest turn of the colours, as a share of the colour circle; 0.5 is any turn."""
    saturation: float = 0.0
    """Largest change of the colours' distance from grey, as a share of it."""
    contrast: float = 0.0
    """Largest change of the distance from middle grey, as a share of it."""
    brightness: float = 0.0
    """Largest brightening and darkening, as a share of the whole range."""
    delay: float = 0.0
    """Longest shift of the sound in time, as a share of its length; what leaves at the end comes in at the start."""
    gain: float = 0.0
    """Largest change of the sound's level in decibels."""

    def __post_init__(self) -> None:
        for name in ("shift", "saturation", "contrast", "brightness"):
            _require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "use a share from 0 to 1")
        _require(1 <= self.zoom <= 4, "zoom", self.zoom, "use 1 to 4")
        _require(0 <= self.hue <= 0.5, "hue", self.hue, "use 0 to 0.5 of the circle")
        _require(0 <= self.delay <= 1, "delay", self.delay, "use a share from 0 to 1")
        _require(0 <= self.gain <= 60, "gain", self.gain, "use 0 to 60 dB")

    @property
    def idle(self) -> bool:
        """Whether nothing changes."""
        return self == Augmentation()


def augment(batch: AVBatch, draws: Float[Tensor, "B draws"], augmentation: Augmentation) -> AVBatch:
    """Changed copies of clips; their truth, which changes too, is left out.

    Args:
        batch: any clips or stills with their sound.
        draws: `DRAWS` uniform numbers in [0, 1) for each clip; 0.5 throughout changes nothing.
        augmentation: how much may change.

    Raises:
        ValueError: another number of draws.

    Example:
        >>> from avlearn.data import World, WorldSettings
        >>> batch = World(WorldSettings(frames=4), seed=0).batch([0, 1])
        >>> louder = augment(batch, torch.full((2, DRAWS), 0.9), Augmentation(gain=6.0, hue=0.1))
        >>> bool(louder.waveform.abs().max() > batch.waveform.abs().max()), louder.frames.dtype
        (True, torch.uint8)
    """
    if tuple(draws.shape) != (len(batch), DRAWS):
        raise ValueError(f"draws are {tuple(draws.shape)}; give {DRAWS} numbers for each of {len(batch)} clips")
    if augmentation.idle:
        return batch.without_truth()
    span = 2 * draws.double() - 1
    frames = _moved(batch.frames, span[:, 0], span[:, 1], span[:, 2], augmentation)
    frames = _coloured(frames, span[:, 3], span[:, 4], span[:, 5], span[:, 6], augmentation)
    waveform = _shifted(batch.waveform, span[:, 7], augmentation)
    gain = 10 ** (augmentation.gain * span[:, 8:9] / 20)
    louder = (waveform * gain.to(waveform)).clamp(-1, 1)
    return replace(batch, frames=frames, waveform=louder, truth=None)


def _moved(frames: UInt8[Tensor, "B C T H W"], x: Tensor, y: Tensor, zoom: Tensor, most: Augmentation) -> Tensor:
    if most.shift == 0 and most.zoom == 1:
        return frames
    scale = most.zoom**-zoom
    rows = _mirrored(frames.shape[-2], scale, most.shift * y)
    columns = _mirrored(frames.shape[-1], scale, most.shift * x)
    moved = [
        clip.index_select(2, row).index_select(3, column)
        for clip, row, column in zip(frames, rows, columns, strict=True)
    ]
    return torch.stack(moved)


def _mirrored(size: int, scale: Tensor, shift: Tensor) -> Int[Tensor, "B size"]:
    # Pixel of the old picture that each pixel of the new one shows, nearest; beyond the border as in a mirror
    middle = (size - 1) / 2
    places = (torch.arange(size, dtype=torch.float64) - middle)[None] * scale[:, None] + middle - size * shift[:, None]
    period = max(2 * (size - 1), 1)
    folded = places.round().long().remainder(period)
    return torch.minimum(folded, period - folded).clamp(0, size - 1)


def _coloured(frames: Tensor, hue: Tensor, saturation: Tensor, contrast: Tensor, light: Tensor, most: Augmentation
) -> Tensor:  # fmt: skip
    if most.hue == most.saturation == most.contrast == most.brightness == 0:
        return frames
    angle, grey = 2 * math.pi * most.hue * hue, torch.full((3, 3), 1 / 3, dtype=torch.float64)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], dtype=torch.float64) / math.sqrt(3)
    one = torch.eye(3, dtype=torch.float64)
    turn = _each(angle.cos()) * (one - grey) + _each(angle.sin()) * cross
    strength = 1 + most.contrast * contrast
    matrix = _each(strength) * (grey + _each(1 + most.saturation * saturation) * turn)
    offset = 127.5 * (1 - strength) + 255 * most.brightness * light
    colours = torch.baddbmm(offset.float()[:, None, None], matrix.float(), frames.flatten(2).float())
    return colours.round_().clamp_(0, 255).byte().view(frames.shape)


def _shifted(waveform: Float[Tensor, "B S"], delay: Tensor, most: Augmentation) -> Tensor:
    if most.delay == 0:
        return waveform
    samples = (most.delay * delay * waveform.shape[1] / 2).round().long().tolist()
    return torch.stack([sound.roll(shift) for sound, shift in zip(waveform, samples, strict=True)])


def _each(values: Float[Tensor, " B"]) -> Float[Tensor, "B 1 1"]:
    return values[:, None, None]


def _require(holds: bool, name: str, value: object, remedy: str) -> None:
    if not holds:
        raise ValueError(f"Augmentation.{name} is {value}; {remedy}")
