"""Another sample rate for a sound, by its spectrum."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def resample(waveform: Float[Tensor, "*B S"], *, rate: int, new_rate: int) -> Float[Tensor, "*B R"]:
    """The same sound at another rate: its spectrum is cut, or filled up with zeros.

    Equals `scipy.signal.resample`, but stays on the waveform's device. The sound is taken as periodic, so a sound that
    doesn't end as it begins rings for a few samples at its ends.

    Args:
        waveform: sounds of S samples.
        rate: Hz of the waveform.
        new_rate: Hz that is wanted.

    Returns:
        Sounds of about S * new_rate / rate samples.

    Raises:
        ValueError: a rate that isn't positive, or a sound without samples at the new rate.

    Example:
        >>> resample(torch.ones(1, 16_000), rate=16_000, new_rate=11_025).shape
        torch.Size([1, 11025])
    """
    if min(rate, new_rate) < 1:
        raise ValueError(f"got rates of {rate} and {new_rate} Hz; give positive ones")
    if rate == new_rate:
        return waveform
    samples = waveform.shape[-1]
    wanted = round(samples * new_rate / rate)
    if wanted < 1:
        raise ValueError(f"{samples} samples at {rate} Hz leave none at {new_rate} Hz; give a longer sound")
    with torch.autocast(waveform.device.type, enabled=False):
        spectrum = torch.fft.rfft(waveform.to(torch.promote_types(waveform.dtype, torch.float32)))
        spectrum = spectrum[..., : wanted // 2 + 1]
        if min(samples, wanted) % 2 == 0:
            # The highest frequency of an even length stands for two: alone in the longer sound, both in the shorter
            middle = min(samples, wanted) // 2
            factor = torch.ones(spectrum.shape[-1], device=waveform.device)
            factor[middle] = 2.0 if wanted < samples else 0.5
            spectrum = spectrum * factor
        resampled: Tensor = torch.fft.irfft(spectrum, wanted) * (wanted / samples)
        return resampled
