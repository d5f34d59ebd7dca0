"""The hand-made features of the ESC baselines: cepstral coefficients and zero crossings, summed up over a clip."""

from __future__ import annotations

import librosa
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

COEFFICIENTS = 12
"""Of each frame; the one before the first, which tells the loudness, is left out."""
WINDOW, HOP = 2048, 512
"""Samples of a frame and between two frames: the defaults of librosa; at 44.1 kHz a hop is 11.6 ms."""


def cepstral_statistics(waveform: Float[Tensor, "B S"], *, sample_rate: int) -> Float[Tensor, "B 26"]:
    """Mean and standard deviation over frames of 12 MFCCs and the zero-crossing rate.

    The features of the baselines of Piczak, ESC: Dataset for Environmental Sound Classification (ACM MM 2015, section
    3.2), with what was the default of librosa there: 2048 samples every 512, 128 mel bands, decibels, an orthonormal
    cosine transform. Frames of the zero-crossing rate are 512 samples each.

    Args:
        waveform: mono sounds in [-1, 1], of at least one frame (512 samples).
        sample_rate: Hz; 44,100 in the paper.

    Returns:
        12 means of MFCCs, the mean zero-crossing rate, and their 13 deviations in the same order.

    Raises:
        ValueError: a sound shorter than a frame.

    Example:
        >>> cepstral_statistics(torch.zeros(2, 44_100), sample_rate=44_100).shape
        torch.Size([2, 26])
    """
    if waveform.shape[-1] < HOP:
        raise ValueError(f"the sound has {waveform.shape[-1]} samples; give at least a frame of {HOP}")
    rows = [_statistics(row, sample_rate) for row in waveform.double().cpu().numpy()]
    return torch.from_numpy(np.stack(rows)).to(waveform.device, torch.float32)


def _statistics(samples: Float[np.ndarray, " S"], sample_rate: int) -> Float[np.ndarray, " 26"]:
    mel = librosa.feature.melspectrogram(y=samples, sr=sample_rate, n_fft=WINDOW, hop_length=HOP, pad_mode="reflect")
    coefficients = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=COEFFICIENTS + 1)[1:]
    parts = coefficients, zero_crossing_rate(samples)[None]
    return np.concatenate([part.mean(1) for part in parts] + [part.std(1) for part in parts])


def zero_crossing_rate(samples: Float[np.ndarray, " S"]) -> Float[np.ndarray, " frames"]:
    """Share of the steps from one sample to the next that change sign, in each frame of 512 samples.

    A step to or from exactly zero counts half; so silence has no crossings. What doesn't fill a frame is left out.
    """
    frames = np.sign(samples[: len(samples) // HOP * HOP]).reshape(-1, HOP)
    rate: Float[np.ndarray, " frames"] = (0.5 * np.abs(np.diff(frames, axis=1))).mean(1)
    return rate
