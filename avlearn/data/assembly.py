"""Putting scenes together: things on a canvas, sounds in a mixture, scenes in a batch."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int8, UInt8
from torch import Tensor

from avlearn.data.ledger import EMPTY, Ledger
from avlearn.data.mixing import Mixture
from avlearn.data.settings import WorldSettings
from avlearn.data.textures import background
from avlearn.types import AVBatch


@dataclass(frozen=True, eq=False, kw_only=True)
class Rendering:
    """One finished scene and what is needed to write down its truth."""

    frames: UInt8[np.ndarray, "3 T H W"]
    """Colours."""
    owner: Int8[np.ndarray, "T H W"]
    """Slot that each pixel belongs to."""
    mixture: Mixture
    """Waveform and its parts."""
    labels: tuple[int, ...]
    """Class of each filled slot."""


def assemble(
    render: Callable[[int], Rendering], indices: Sequence[int] | Tensor, *, settings: WorldSettings, truth: bool
) -> AVBatch:
    """The scenes of these indices, each rendered on its own, so that a batch can't change a scene.

    Raises:
        ValueError: no indices, or one that is negative or no whole number.
    """
    numbers = [whole_number(index, "index") for index in (indices.tolist() if isinstance(indices, Tensor) else indices)]
    if not numbers:
        raise ValueError("batch got no indices; give at least one")
    frames = np.empty((len(numbers), 3, settings.frames, settings.size, settings.size), np.uint8)
    waveform = np.empty((len(numbers), settings.samples), np.float32)
    ledger = Ledger.blank(len(numbers), settings=settings) if truth else None
    for row, index in enumerate(numbers):
        scene = render(index)
        frames[row], waveform[row] = scene.frames, scene.mixture.waveform
        if ledger is not None:
            ledger.write(row, scene.labels, scene.owner, scene.mixture)
    return AVBatch(
        frames=torch.from_numpy(frames),
        waveform=torch.from_numpy(waveform),
        sample_rate=settings.sample_rate,
        frame_rate=settings.frames_per_second,
        index=torch.tensor(numbers),
        truth=None if ledger is None else ledger.truth(),
    )


def blank_canvas(
    draws: Float[np.ndarray, "draws"], *, settings: WorldSettings
) -> tuple[Float[np.ndarray, "3 T H W"], Int8[np.ndarray, "T H W"]]:
    """A textured ground, the same in every frame, and the owners of its pixels: nobody."""
    ground = background(draws, size=settings.size, strength=settings.texture)
    owner = np.full((settings.frames, settings.size, settings.size), EMPTY, np.int8)
    return np.repeat(ground[:, None], settings.frames, axis=1), owner


def develop(canvas: Float[np.ndarray, "3 T H W"]) -> UInt8[np.ndarray, "3 T H W"]:
    """The canvas in whole numbers from 0 to 255."""
    return np.clip(np.rint(canvas, out=canvas), 0, 255, out=canvas).astype(np.uint8)


def frame_times(moment: float, *, settings: WorldSettings) -> Float[np.ndarray, "T"]:
    """Seconds at which the frames are taken; a still is taken at `moment`, a fraction of the sound."""
    if settings.frames == 1:
        return np.array([moment * settings.seconds])
    return (np.arange(settings.frames) + 0.5) / settings.frames_per_second


def whole_number(value: object, name: str) -> int:
    """The value as an int.

    Raises:
        ValueError: it is negative or no whole number.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"{name} is {value!r}; use a whole number, 0 or more") from None
    if not 0 <= number < 2**63:
        raise ValueError(f"{name} is {number}; use a whole number, 0 or more (below 2**63)")
    return number
