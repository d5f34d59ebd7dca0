"""Random windows of labelled clips, as scenes to train on: every clip once in each epoch, in an order of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from avlearn.types import AVBatch


class LabelledWindows:
    """A source of scenes without end: scene n is a window of clip `batch.index`, the same one whenever it is asked for.

    The `index` of a scene is the number of its clip, by which a model looks up the label.

    Args:
        window: of the number of a clip and a uniform number in [0, 1) makes a waveform (S,) or frames (3, T, H, W).
        clips: number of clips.
        rate: Hz of the waveforms, or frames per second.
        seed: of the order and the windows.

    Raises:
        ValueError: no clips, a rate that isn't positive, or a negative seed.

    Example:
        >>> source = LabelledWindows(lambda clip, draw: torch.full((4,), float(clip)), clips=3, rate=1.0, seed=0)
        >>> sorted(source.batch(range(3)).waveform[:, 0].tolist())
        [0.0, 1.0, 2.0]
    """

    def __init__(self, window: Callable[[int, float], Tensor], *, clips: int, rate: float, seed: int) -> None:
        if clips < 1 or not rate > 0 or seed < 0:
            raise ValueError(f"need clips, a positive rate and a seed from 0 on, got {clips}, {rate}, {seed}")
        self.window, self.clips, self.rate, self.seed = window, clips, rate, seed

    def batch(self, indices: Sequence[int], *, truth: bool = False) -> AVBatch:
        """The windows of these numbers.

        Raises:
            ValueError: the truth is asked for; it isn't known here.
        """
        if truth:
            raise ValueError("labelled windows hold no truth of a scene; ask without truth")
        rows = [self._clip(number) for number in indices]
        draws = [float(np.random.default_rng([self.seed, 1, number]).random()) for number in indices]
        windows = torch.stack([self.window(row, draw) for row, draw in zip(rows, draws, strict=True)])
        heard = windows.ndim == 2
        nothing: UInt8[Tensor, "B 3 1 1 1"] = torch.zeros(len(rows), 3, 1, 1, 1, dtype=torch.uint8)
        return AVBatch(
            frames=nothing if heard else windows,
            waveform=windows if heard else torch.zeros(len(rows), 1),
            sample_rate=int(self.rate) if heard else 1,
            frame_rate=1.0 if heard else float(self.rate),
            index=torch.tensor(rows),
        )

    def _clip(self, number: int) -> int:
        epoch, place = divmod(number, self.clips)
        return int(np.random.default_rng([self.seed, 0, epoch]).permutation(self.clips)[place])


def random_window(sound: Float[Tensor, " R"], draw: float, *, samples: int) -> Float[Tensor, " S"]:
    """A stretch of a sound; of a sound that is too short all of it, at a random time in silence.

    Args:
        sound: of R samples.
        draw: uniform number in [0, 1) that chooses the time.
        samples: wanted.

    Example:
        >>> random_window(torch.arange(5.0), 0.5, samples=2)
        tensor([2., 3.])
        >>> random_window(torch.ones(1), 0.9, samples=3)
        tensor([0., 0., 1.])
    """
    start = int(draw * (abs(len(sound) - samples) + 1))
    if len(sound) >= samples:
        return sound[start : start + samples]
    return torch.nn.functional.pad(sound, (start, samples - len(sound) - start))
