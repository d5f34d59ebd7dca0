"""The sound of a video taken apart by what is seen: a stem for each source, and the rest, of any length."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from avlearn.audio import apply_masks
from avlearn.models import Separator
from avlearn.tasks.frozen import device_of, evaluation_mode

WINDOW = 2.0
"""Seconds of sound that are taken apart at once. The shipped separator learnt from 1; between 0.5 and 4 it makes no
difference that would matter."""
BATCH = 8
"""Windows at once."""


def parts_of(
    separator: Separator, mixture: Float[Tensor, "B S"], queries: Float[Tensor, "M C"]
) -> Float[Tensor, "B P S"]:
    """What each query asks for, and as the last part the rest; together they are the mixture.

    Where the queries together ask for more than is there, each gets its share; otherwise each gets what it asks for.

    Args:
        separator: see `avlearn.models.Separator`.
        mixture: at the separator's rate.
        queries: M vectors, the same for every mixture; P is M + 1.

    Raises:
        ValueError: an unusable waveform.

    Example:
        >>> from avlearn.models import DCC, DCCConfig, SeparatorConfig, VisualCentre
        >>> separator = Separator(SeparatorConfig(levels=2, width=2), VisualCentre(DCC(DCCConfig())))
        >>> sound = torch.rand(1, 16_000) - 0.5
        >>> parts = parts_of(separator, sound, torch.rand(2, 128))
        >>> parts.shape, bool((parts.sum(1) - sound).abs().max() < 1e-4)
        (torch.Size([1, 3, 16000]), True)
    """
    with evaluation_mode(separator):
        masks = separator.masks(mixture, queries.expand(len(mixture), -1, -1))
        masks = masks / masks.sum(1, keepdim=True).clamp(min=1)
        rest = 1 - masks.sum(1, keepdim=True)
        return apply_masks(torch.cat([masks, rest], 1), mixture, separator.stft)


def stream_parts(
    separator: Separator,
    blocks: Iterator[Float[np.ndarray, "1 samples"]],
    queries: Float[Tensor, "M C"],
    *,
    window: float | int = WINDOW,
) -> Iterator[Float[np.ndarray, "P samples"]]:
    """The same of a sound of any length, part by part of its time.

    Windows overlap by half and fade into each other, so there are no clicks where they meet; the questions are the same
    in all of them, so a source stays the same source.

    Args:
        separator: see `avlearn.models.Separator`.
        blocks: of the sound, at the separator's rate.
        queries: a vector for each source.
        window: seconds of sound that are taken apart at once.

    Raises:
        ValueError: a window that is too short to be transformed.
    """
    half = round(window * separator.stft.sample_rate / 2)
    if 2 * half < separator.stft.shortest:
        least = separator.stft.shortest / separator.stft.sample_rate
        raise ValueError(f"window is {window} s; give at least {least:.3f} s")
    fade = torch.sin(torch.pi * (torch.arange(2 * half) + 0.5) / (2 * half)).square()
    device, tail = device_of(separator), None
    windows = _Windows(blocks, half)
    cuts = iter(windows)
    while some := list(islice(cuts, BATCH)):
        mixture = torch.from_numpy(np.stack(some)).to(device)
        for parts in (parts_of(separator, mixture, queries.to(device)).cpu() * fade).unbind(0):
            if tail is not None:
                yield (tail + parts[:, :half])[:, : windows.take(half)].numpy()
            tail = parts[:, half:]


class _Windows:
    """Windows of a sound: the first begins half a length before it, each other one half a length later."""

    def __init__(self, blocks: Iterator[Float[np.ndarray, "1 samples"]], half: int) -> None:
        self._blocks, self._half = blocks, half
        self._left = 0

    def __iter__(self) -> Iterator[Float[np.ndarray, " window"]]:
        half, ended = self._half, False
        held = np.zeros(half, np.float32)
        while len(held) or not ended:
            while len(held) < 2 * half and not ended:
                block = next(self._blocks, None)
                ended = block is None
                if block is not None:
                    held = np.concatenate([held, block[0]])
                    self._left += block.shape[1]
            window = held[: 2 * half]
            yield np.pad(window, (0, 2 * half - len(window)))
            held = held[half:]

    def take(self, samples: int) -> int:
        """So many samples, or how many are left of the sound."""
        taken = min(samples, self._left)
        self._left -= taken
        return taken
