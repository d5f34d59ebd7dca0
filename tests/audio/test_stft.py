"""The transform against librosa, its inverse, the log-frequency axis, and the masks."""

from __future__ import annotations

import math
from dataclasses import replace

import librosa
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.audio.stft import (
    LOG_BASE,
    STFT_PRESETS,
    STFTConfig,
    apply_masks,
    binary_masks,
    from_log_frequency,
    ratio_masks,
    stft_config,
    to_log_frequency,
    to_spectrum,
    to_waveform,
)

SMALL, PUBLISHED = STFT_PRESETS["small"], STFT_PRESETS["sound_of_pixels"]
TINY = STFTConfig(sample_rate=1000, n_fft=64, hop=16, log_bins=20)


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return 0.3 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def two_sines(samples: int = 1000) -> Tensor:
    time = torch.arange(samples) / TINY.sample_rate
    return torch.stack([0.5 * torch.sin(2 * math.pi * 100 * time), 0.5 * torch.sin(2 * math.pi * 300 * time)])


@pytest.mark.parametrize("name", STFT_PRESETS)
def test_equals_librosa(name: str) -> None:
    """To 1e-6 of the largest magnitude, which is the rounding of a float32 transform."""
    config, sound = STFT_PRESETS[name], noise(2, 20_000)
    theirs = librosa.stft(
        sound.double().numpy(), n_fft=config.n_fft, hop_length=config.hop, pad_mode="reflect", dtype=np.complex128
    )
    ours = to_spectrum(sound, config).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6 * np.abs(theirs).max())


@pytest.mark.parametrize(
    ("name", "samples", "shape"), [("sound_of_pixels", 65_535, (512, 256)), ("small", 16_000, (512, 63))]
)
def test_published_sizes(name: str, samples: int, shape: tuple[int, int]) -> None:
    config = stft_config(name)
    assert (
        tuple(to_spectrum(torch.zeros(1, samples), config).shape[1:]) == (config.bins, config.frames(samples)) == shape
    )


@pytest.mark.parametrize("config", [SMALL, PUBLISHED, replace(SMALL, hop=511), TINY])
@pytest.mark.parametrize("extra", [0, 1, 777])
def test_inverse_restores_every_sample(config: STFTConfig, extra: int) -> None:
    sound = noise(2, config.shortest + extra, dtype=torch.float64)
    again = to_waveform(to_spectrum(sound, config), config, samples=sound.shape[1])
    torch.testing.assert_close(again, sound, rtol=0, atol=1e-12)


def test_a_sine_has_a_quarter_of_the_frame_as_its_magnitude() -> None:
    time = torch.arange(1000, dtype=torch.float64) / TINY.sample_rate
    magnitude = to_spectrum(0.5 * torch.sin(2 * math.pi * 8 / 64 * 1000 * time)[None], TINY).abs()[0, :, 20]
    assert int(magnitude.argmax()) == 8
    assert float(magnitude[8]) == pytest.approx(0.5 * 64 / 4, rel=1e-6)


def test_autocast_leaves_the_precision_alone() -> None:
    sound = noise(1, 4000)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        spectrum = to_spectrum(sound, SMALL)
        again = to_waveform(spectrum, SMALL, samples=4000)
    torch.testing.assert_close(spectrum, to_spectrum(sound, SMALL))
    torch.testing.assert_close(again, sound, rtol=0, atol=1e-5)


def slow_interpolation(column: list[float], places: list[float]) -> list[float]:
    values = []
    for place in places:
        position = min(max(place, 0.0), 1.0) * (len(column) - 1)
        below = min(int(position), len(column) - 2)
        values.append(column[below] + (position - below) * (column[below + 1] - column[below]))
    return values


def test_warp_equals_interpolation_by_hand_and_back() -> None:
    column = noise(40, dtype=torch.float64).abs()
    shares = [i / 15 for i in range(16)]
    there = slow_interpolation(column.tolist(), [(21**u - 1) / 20 for u in shares])
    assert to_log_frequency(column[:, None], bins=16)[:, 0].tolist() == pytest.approx(there, abs=1e-12)
    back = slow_interpolation(column.tolist(), [math.log(20 * v + 1) / math.log(21) for v in shares])
    assert from_log_frequency(column[:, None], bins=16)[:, 0].tolist() == pytest.approx(back, abs=1e-12)


def test_warp_equals_grid_sample_as_sound_of_pixels_used_it() -> None:
    magnitude = noise(2, 512, 5).abs()
    y = torch.linspace(-1, 1, 256, dtype=torch.float64)
    rows = (LOG_BASE ** ((y + 1) / 2) - 11) / 10
    grid = torch.stack(torch.meshgrid(rows, torch.linspace(-1, 1, 5, dtype=torch.float64), indexing="ij")[::-1], -1)
    theirs = F.grid_sample(magnitude[:, None].double(), grid.expand(2, -1, -1, -1), align_corners=True)[:, 0]
    torch.testing.assert_close(to_log_frequency(magnitude, bins=256).double(), theirs, rtol=0, atol=1e-5)


def test_a_smooth_magnitude_survives_the_warp_and_back() -> None:
    """Within 1 % of its maximum where it has no detail finer than 64 of 512 bins, half a period of the sine."""
    bins = torch.arange(512, dtype=torch.float64)[:, None]
    smooth = 1 + 0.5 * torch.sin(2 * math.pi * bins / 128) + torch.exp(-((bins - 300) / 40).square())
    again = from_log_frequency(to_log_frequency(smooth, bins=256), bins=512)
    assert float((again - smooth).abs().max() / smooth.max()) < 0.01


def test_ends_of_the_axis_stay_where_they_are() -> None:
    magnitude = noise(512, 3).abs()
    warped = to_log_frequency(magnitude, bins=128)
    torch.testing.assert_close(warped[[0, -1]], magnitude[[0, -1]])
    torch.testing.assert_close(from_log_frequency(warped, bins=512)[[0, -1]], magnitude[[0, -1]])


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_ratio_masks_share_each_cell(scale: float) -> None:
    strengths = noise(2, 3, 8, 4).abs()
    masks = ratio_masks(strengths * scale)
    torch.testing.assert_close(masks, strengths / strengths.sum(1, keepdim=True))
    torch.testing.assert_close(masks.sum(1), torch.ones(2, 8, 4))


def test_silence_is_shared_equally_by_ratio_and_goes_to_the_first_by_strength() -> None:
    silence = torch.zeros(3, 8, 4)
    assert torch.equal(ratio_masks(silence), torch.full((3, 8, 4), 1 / 3))
    assert torch.equal(binary_masks(silence)[0], torch.ones(8, 4))
    assert torch.equal(binary_masks(silence).sum(0), torch.ones(8, 4))


def test_binary_masks_choose_the_loudest() -> None:
    strengths = noise(2, 3, 8, 4).abs()
    masks = binary_masks(strengths)
    assert torch.equal((masks * strengths).sum(1), strengths.amax(1))
    assert torch.equal(masks.sum(1), torch.ones(2, 8, 4))


def test_masks_on_the_log_axis_still_sum_to_one() -> None:
    masks = from_log_frequency(ratio_masks(noise(1, 3, 20, 6).abs()), bins=TINY.bins)
    torch.testing.assert_close(masks.sum(1), torch.ones(1, TINY.bins, 6))


@pytest.mark.parametrize("mask", [ratio_masks, binary_masks])
def test_parts_sum_to_the_mixture(mask) -> None:
    parts = noise(2, 3, 1000, dtype=torch.float64)
    masks = mask(to_spectrum(parts.flatten(0, 1), TINY).abs().unflatten(0, (2, 3)))
    again = apply_masks(masks, parts.sum(1), TINY)
    assert again.shape == parts.shape
    torch.testing.assert_close(again.sum(1), parts.sum(1), rtol=0, atol=1e-12)


def test_a_full_mask_gives_the_mixture_and_an_empty_one_silence() -> None:
    mixture = noise(1, 1000)
    masks = torch.stack([torch.ones(TINY.bins, TINY.frames(1000)), torch.zeros(TINY.bins, TINY.frames(1000))])[None]
    whole, nothing = apply_masks(masks, mixture, TINY)[0]
    torch.testing.assert_close(whole, mixture[0], rtol=0, atol=1e-6)
    assert not nothing.any()


@pytest.mark.parametrize("mask", [ratio_masks, binary_masks])
def test_ideal_masks_separate_two_sines(mask) -> None:
    """The residual is 25 decibels below each sine, where the other sine was as loud as itself."""
    parts = two_sines()
    separated = apply_masks(mask(to_spectrum(parts, TINY).abs()[None]), parts.sum(0, keepdim=True), TINY)[0]
    residual = (separated - parts).square().sum(1) / parts.square().sum(1)
    assert (10 * residual.log10() < -25).all()


def test_gradients_at_silence_are_finite() -> None:
    strengths = torch.zeros(2, 8, 4, requires_grad=True)
    (ratio_masks(strengths) * noise(2, 8, 4)).sum().backward()
    assert torch.isfinite(strengths.grad).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_fft": 63}, "even n_fft"),
        ({"hop": 33}, "got n_fft=64, hop=33"),
        ({"hop": 0}, "0 < hop"),
        ({"log_bins": 1}, "log_bins >= 2"),
        ({"sample_rate": 0}, "sample_rate >= 1"),
    ],
)
def test_refuses_nonsense_settings(changes: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(TINY, **changes)


def test_refuses_what_does_not_fit() -> None:
    spectrum = to_spectrum(noise(1, 1000), TINY)
    with pytest.raises(ValueError, match=r"\(33, 63\) bins and frames, but 2000 samples give \(33, 126\)"):
        to_waveform(spectrum, TINY, samples=2000)
    with pytest.raises(ValueError, match=r"masks have \(20, 63\).*from_log_frequency"):
        apply_masks(torch.ones(1, 2, 20, 63), noise(1, 1000), TINY)
    with pytest.raises(ValueError, match="pad it with zeros"):
        to_spectrum(noise(1, 32), TINY)
    with pytest.raises(ValueError, match="NaN or infinite samples in rows"):
        to_spectrum(torch.full((1, 100), torch.nan), TINY)
    with pytest.raises(ValueError, match="got 1 bins and was asked for 8"):
        to_log_frequency(torch.ones(1, 3), bins=8)
    with pytest.raises(ValueError, match="unknown preset 'large'; choose one of sound_of_pixels, small"):
        stft_config("large")


@pytest.mark.parametrize("mask", [ratio_masks, binary_masks])
@pytest.mark.parametrize("value", [-1.0, math.inf, math.nan])
def test_masks_refuse_negative_strengths(mask, value: float) -> None:
    with pytest.raises(ValueError, match="give magnitudes or masks, neither negative"):
        mask(torch.full((2, 3, 4), value))
