"""The scenes of a source with their sound at another rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from avlearn.audio import resample
from avlearn.types import AVBatch, SceneSource, Truth


class Resampled:
    """A source whose sounds, and the truth about them, have another sample rate.

    The embedded world makes its sounds at 16 kHz or more; this is for models that hear at less.

    Args:
        scenes: where the scenes come from.
        sample_rate: Hz.

    Raises:
        ValueError: a rate that isn't positive.

    Example:
        >>> from avlearn.data import World, WorldSettings
        >>> Resampled(World(WorldSettings(), seed=0), 11_025).batch([4]).waveform.shape
        torch.Size([1, 11025])
    """

    def __init__(self, scenes: SceneSource, sample_rate: int) -> None:
        if sample_rate < 1:
            raise ValueError(f"sample_rate is {sample_rate}; give a positive number of Hz")
        self.scenes, self.sample_rate = scenes, sample_rate

    def batch(self, indices: Sequence[int], *, truth: bool = True) -> AVBatch:
        """The scenes of these numbers."""
        batch = self.scenes.batch(indices, truth=truth)
        rates = {"rate": batch.sample_rate, "new_rate": self.sample_rate}
        return replace(
            batch,
            waveform=resample(batch.waveform, **rates),
            sample_rate=self.sample_rate,
            truth=None if batch.truth is None else _resampled(batch.truth, rates),
        )


def _resampled(truth: Truth, rates: dict[str, int]) -> Truth:
    # A sum of sounds is resampled as the sounds are, so the parts still sum to the waveform
    return replace(truth, stems=resample(truth.stems, **rates), ambience=resample(truth.ambience, **rates))
