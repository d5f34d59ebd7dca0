"""Short-time Fourier transform and its exact inverse, the log-frequency axis, and masks that part a mixture.

A spectrum is (B, F, T): `F` frequencies (bins) from 0 Hz to half the sample rate, `T` frames. A mask is the share of
each cell that belongs to a source; `M` sources have (B, M, F, T). All are pure functions of tensors and settings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from avlearn.audio.frontend import check_waveform

LOG_BASE = 21.0
"""Share u of the log-frequency axis shows the share (21^u - 1) / 20 of the frequencies, as in Sound of Pixels."""


@dataclass(frozen=True, kw_only=True)
class STFTConfig:
    """Everything that a spectrum depends on: a periodic Hann window of n_fft samples, frames centred on i * hop."""

    sample_rate: int
    """Hz of the waveform; resampling is the duty of whoever reads the sound."""
    n_fft: int
    """Samples of a frame, even."""
    hop: int
    """Samples from one frame to the next; at most half a frame, so that every sample can be restored."""
    log_bins: int
    """Bins of the log-frequency axis."""

    def __post_init__(self) -> None:
        if self.n_fft < 4 or self.n_fft % 2 or not 0 < self.hop <= self.n_fft // 2:
            raise ValueError(f"need an even n_fft and 0 < hop <= n_fft / 2, got n_fft={self.n_fft}, hop={self.hop}")
        if self.sample_rate < 1 or self.log_bins < 2:
            raise ValueError(f"need sample_rate >= 1 and log_bins >= 2, got {self.sample_rate}, {self.log_bins}")

    @property
    def bins(self) -> int:
        """Frequencies of a spectrum."""
        return self.n_fft // 2 + 1

    @property
    def shortest(self) -> int:
        """Samples of the shortest sound that can be transformed: its ends are reflected by half a frame."""
        return self.n_fft // 2 + 1

    def frames(self, samples: int) -> int:
        """Frames of a sound of `samples` samples."""
        return 1 + samples // self.hop


STFT_PRESETS = {
    "sound_of_pixels": STFTConfig(sample_rate=11_025, n_fft=1022, hop=256, log_bins=256),
    "small": STFTConfig(sample_rate=16_000, n_fft=1022, hop=256, log_bins=128),
}
"""`sound_of_pixels`: as published by Zhao et al. (ECCV 2018); 65,535 samples, 5.94 s, give 512 bins in 256 frames, or
256 log-frequency bins. `small`: for the embedded world and a processor; 1 s gives 512 bins in 63 frames, or 128
log-frequency bins."""


def stft_config(preset: str | STFTConfig) -> STFTConfig:
    """The settings of a preset; settings of your own pass through.

    Raises:
        ValueError: an unknown preset.

    Example:
        >>> stft_config("sound_of_pixels").bins
        512
    """
    if isinstance(preset, STFTConfig):
        return preset
    if preset not in STFT_PRESETS:
        raise ValueError(f"unknown preset {preset!r}; choose one of {', '.join(STFT_PRESETS)} or give an STFTConfig")
    return STFT_PRESETS[preset]


def to_spectrum(waveform: Float[Tensor, "B S"], config: STFTConfig) -> Complex[Tensor, "B F T"]:
    """Spectrum of every sound, not normalised: a sine of amplitude a has the magnitude a * n_fft / 4.

    Computed in float32 also under autocast. The ends of the sound are reflected.

    Raises:
        ValueError: a waveform that `check_waveform` refuses.

    Example:
        >>> to_spectrum(torch.zeros(2, 16_000), STFT_PRESETS["small"]).shape
        torch.Size([2, 512, 63])
    """
    check_waveform(waveform, config)
    with torch.autocast(waveform.device.type, enabled=False):
        sound = waveform.to(torch.promote_types(waveform.dtype, torch.float32))
        return torch.stft(
            sound, config.n_fft, config.hop, window=_window(sound, config), pad_mode="reflect", return_complex=True
        )


def to_waveform(
    spectrum: Complex[Tensor, "B F T"], config: STFTConfig, *, samples: int
) -> Float[Tensor, "B {samples}"]:
    """Waveform of every spectrum: the inverse of `to_spectrum`, exactly.

    Of a spectrum that was changed it is the sound whose own spectrum is nearest, in least squares.

    Args:
        spectrum: as `to_spectrum` gives it.
        config: the settings that it was made with.
        samples: length of the waveform.

    Raises:
        ValueError: a spectrum that these settings and this length don't give.

    Example:
        >>> sound = torch.randn(1, 16_000)
        >>> again = to_waveform(to_spectrum(sound, STFT_PRESETS["small"]), STFT_PRESETS["small"], samples=16_000)
        >>> bool((again - sound).abs().max() < 1e-5)
        True
    """
    expected = (config.bins, config.frames(samples))
    if tuple(spectrum.shape[1:]) != expected:
        raise ValueError(f"the spectrum has {tuple(spectrum.shape[1:])} bins and frames, but {samples} samples give "
                         f"{expected}; use the settings and the length that it was made with")  # fmt: skip
    with torch.autocast(spectrum.device.type, enabled=False):
        return torch.istft(spectrum, config.n_fft, config.hop, window=_window(spectrum.real, config), length=samples)


def to_log_frequency(values: Float[Tensor, "*B F T"], *, bins: int) -> Float[Tensor, "*B {bins} T"]:
    """Values on the log-frequency axis, where equal musical intervals have about equal lengths.

    Each new bin lies between two old ones and is interpolated linearly: the same as torch's `grid_sample` with
    `align_corners=True`, which Sound of Pixels used. High up, old bins between two new ones are left out, so this is
    for magnitudes and masks to learn from, not for sound to be restored.

    Args:
        values: magnitudes or masks at equally spaced frequencies.
        bins: of the new axis, 2 or more.

    Raises:
        ValueError: fewer than two bins before or after.

    Example:
        >>> to_log_frequency(torch.arange(5.0)[:, None], bins=3).squeeze(1)
        tensor([0.0000, 0.7165, 4.0000])
    """
    share = torch.linspace(0, 1, _checked(bins, values.shape[-2]), dtype=torch.float64)
    return _interpolate(values, (LOG_BASE**share - 1) / (LOG_BASE - 1))


def from_log_frequency(values: Float[Tensor, "*B L T"], *, bins: int) -> Float[Tensor, "*B {bins} T"]:
    """Back from the log-frequency axis to equally spaced frequencies, interpolated as in `to_log_frequency`.

    Masks that sum to 1 over the sources still do.

    Args:
        values: on the log-frequency axis.
        bins: of the linear axis, 2 or more.

    Raises:
        ValueError: fewer than two bins before or after.
    """
    share = torch.linspace(0, 1, _checked(bins, values.shape[-2]), dtype=torch.float64)
    return _interpolate(values, torch.log1p((LOG_BASE - 1) * share) / math.log(LOG_BASE))


def ratio_masks(strengths: Float[Tensor, "*B M F T"]) -> Float[Tensor, "*B M F T"]:
    """Share of each source in each cell: its strength over the sum of all. Where all are 0, each has an equal share.

    Sound of Pixels divides by the magnitude of the mixture instead; that may exceed 1 where sources cancel out.

    Args:
        strengths: magnitudes, or masks to be normalised; not negative.

    Returns:
        In [0, 1]; sums to 1 over the sources.

    Raises:
        ValueError: strengths that are negative, infinite or NaN; looked for on the CPU only.

    Example:
        >>> ratio_masks(torch.tensor([3.0, 1.0]).reshape(2, 1, 1)).flatten()
        tensor([0.7500, 0.2500])
    """
    _check_strengths(strengths)
    # Scaled first, so that the sum of tiny values doesn't vanish
    scaled = strengths / strengths.amax(-3, keepdim=True).clamp(min=torch.finfo(strengths.dtype).tiny)
    total = scaled.sum(-3, keepdim=True)
    return torch.where(total > 0, scaled / total.clamp(min=1e-6), 1 / strengths.shape[-3])


def binary_masks(strengths: Float[Tensor, "*B M F T"]) -> Float[Tensor, "*B M F T"]:
    """1 for the strongest source of each cell, 0 for the others; of equally strong ones, the first has the cell.

    Sound of Pixels gives a cell to each source that has more than half of the mixture's magnitude: usually to one, but
    sometimes to none or several.

    Args:
        strengths: magnitudes or masks, not negative.

    Raises:
        ValueError: strengths that are negative, infinite or NaN; looked for on the CPU only.

    Example:
        >>> binary_masks(torch.tensor([3.0, 1.0]).reshape(2, 1, 1)).flatten()
        tensor([1., 0.])
    """
    _check_strengths(strengths)
    return torch.zeros_like(strengths).scatter_(-3, strengths.argmax(-3, keepdim=True), 1)


def apply_masks(
    masks: Float[Tensor, "B M F T"], mixture: Float[Tensor, "B S"], config: STFTConfig
) -> Float[Tensor, "B M S"]:
    """What each mask lets through of its mixture, with the phase of the mixture.

    Where the masks sum to 1, the results sum to the mixture.

    Args:
        masks: on the linear frequency axis.
        mixture: waveforms.
        config: settings of the spectrum.

    Raises:
        ValueError: masks of another size than the mixture's spectrum, or an unusable waveform.
    """
    spectrum = to_spectrum(mixture, config)
    if masks.shape[-2:] != spectrum.shape[-2:]:
        raise ValueError(f"masks have {tuple(masks.shape[-2:])} bins and frames, the mixture has "
                         f"{tuple(spectrum.shape[-2:])}; from_log_frequency restores the bins")  # fmt: skip
    parts = (masks * spectrum[:, None]).flatten(0, 1)
    return to_waveform(parts, config, samples=mixture.shape[-1]).reshape(*masks.shape[:2], -1)


def _window(like: Tensor, config: STFTConfig) -> Tensor:
    return torch.hann_window(config.n_fft, dtype=like.dtype, device=like.device)


def _interpolate(values: Tensor, places: Tensor) -> Tensor:
    # places: of the new bins, as shares of the old axis
    last = values.shape[-2] - 1
    position = (places * last).clamp(0, last)
    below = position.floor().clamp(max=last - 1)
    weight = (position - below).to(values)[:, None]
    index = below.long().to(values.device)
    return torch.lerp(values.index_select(-2, index), values.index_select(-2, index + 1), weight)


def _checked(bins: int, given: int) -> int:
    if min(bins, given) < 2:
        raise ValueError(f"got {given} bins and was asked for {bins}; interpolation needs two or more of each")
    return bins


def _check_strengths(strengths: Tensor) -> None:
    # Read only on the CPU: on an accelerator the answer would make the processor wait for it in every step
    if strengths.device.type == "cpu" and not torch.compiler.is_compiling():
        lowest, highest = torch.aminmax(strengths.detach())
        if not 0 <= float(lowest) <= float(highest) < math.inf:
            raise ValueError(f"strengths reach from {float(lowest)} to {float(highest)}; give magnitudes or masks, "
                             "neither negative nor infinite nor NaN")  # fmt: skip
