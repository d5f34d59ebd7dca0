"""Parts of a long sound, against parts of each of its windows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from avlearn.models import DCC, DCCConfig, Separator, SeparatorConfig, VisualCentre
from avlearn.tasks.stems import parts_of, stream_parts


@pytest.fixture(scope="module")
def separator() -> Separator:
    torch.manual_seed(0)
    return Separator(SeparatorConfig(levels=2, width=2), VisualCentre(DCC(DCCConfig()))).eval()


@pytest.fixture(scope="module")
def queries() -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(2, 128, generator=torch.Generator().manual_seed(1)), dim=1)


def _noise(samples: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(-0.5, 0.5, samples).astype(np.float32)


def _blocks(sound: np.ndarray, length: int) -> Iterator[np.ndarray]:
    return (sound[None, start : start + length] for start in range(0, len(sound), length))


def _streamed(separator, sound, queries, *, length: int = 5000, window: float = 0.2) -> torch.Tensor:
    parts = list(stream_parts(separator, _blocks(sound, length), queries, window=window))
    return torch.from_numpy(np.concatenate(parts, axis=1)) if parts else torch.zeros(len(queries) + 1, 0)


@pytest.mark.parametrize("samples", [1, 1599, 1600, 1601, 20_000])
def test_parts_have_the_length_of_the_sound_and_sum_to_it(separator, queries, samples: int) -> None:
    sound = _noise(samples)
    parts = _streamed(separator, sound, queries)
    assert parts.shape == (3, samples)
    torch.testing.assert_close(parts.sum(0), torch.from_numpy(sound), atol=1e-5, rtol=0)


def test_blocks_do_not_matter(separator, queries) -> None:
    sound = _noise(12_345)
    whole = _streamed(separator, sound, queries, length=12_345)
    torch.testing.assert_close(_streamed(separator, sound, queries, length=7), whole, atol=1e-6, rtol=0)


def test_windows_fade_into_each_other(separator, queries) -> None:
    half, sound = 1600, _noise(9000)
    padded = np.pad(sound, (half, 4 * half))
    expected = np.zeros((3, len(padded)), np.float64)
    fade = np.sin(np.pi * (np.arange(2 * half) + 0.5) / (2 * half)) ** 2
    for start in range(0, half + len(sound), half):
        window = torch.from_numpy(padded[None, start : start + 2 * half])
        expected[:, start : start + 2 * half] += fade * parts_of(separator, window, queries)[0].numpy()
    streamed = _streamed(separator, sound, queries).numpy()
    np.testing.assert_allclose(streamed, expected[:, half : half + len(sound)], atol=1e-5)


def test_who_asks_for_too_much_gets_a_share(separator, queries) -> None:
    sound = torch.from_numpy(_noise(4000))[None]
    crowd = queries[:1].expand(4, -1)
    parts = parts_of(separator, sound, crowd)
    for number in range(1, 4):
        torch.testing.assert_close(parts[:, number], parts[:, 0])
    alone = parts_of(separator, sound, queries[:1])
    mask = separator.masks(sound, queries[None, :1])
    assert float(mask.detach().max()) > 0.25  # else nobody asks for too much
    assert parts[:, 0].square().sum() < alone[:, 0].square().sum()
    assert parts[:, -1].square().sum() < alone[:, -1].square().sum()


def test_silence_stays_silent_and_no_sound_gives_nothing(separator, queries) -> None:
    assert _streamed(separator, np.zeros(5000, np.float32), queries).abs().max() == 0
    assert _streamed(separator, np.zeros(0, np.float32), queries).shape == (3, 0)


def test_a_window_that_is_too_short_is_refused(separator, queries) -> None:
    with pytest.raises(ValueError, match=r"window is 0\.01 s; give at least 0\.032 s"):
        _streamed(separator, _noise(100), queries, window=0.01)
