"""The log-mel frontends against librosa, on real and made sounds."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from avlearn.audio import PRESETS, LogMel, LogMelConfig, check_waveform, mel_filters

RATE = 16_000
NAMES = list(PRESETS)


def librosa_mel(waveform: np.ndarray, config: LogMelConfig) -> np.ndarray:
    """(frames, mels) of one sound, in float64."""
    # Padded here: librosa reflects only its last samples, one too few where hop is half of n_fft. And where it does not
    # pad, it centres a short window in n_fft samples.
    half = config.n_fft // 2
    spare = half - config.window // 2
    waveform = np.pad(waveform, half, mode="reflect") if config.centred else np.pad(waveform, spare)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # empty filters
        mel = librosa.feature.melspectrogram(
            y=waveform.astype(np.float64),
            sr=config.sample_rate,
            n_fft=config.n_fft,
            win_length=config.window,
            hop_length=config.hop,
            center=False,
            power=1.0,
            n_mels=config.num_mels,
            fmin=config.low,
            fmax=config.high,
            htk=config.scale == "htk",
            norm=None if config.scale == "htk" else "slaney",
            dtype=np.float64,
        )
    return mel.T[: mel.shape[1] - mel.shape[1] % config.crop_frames]


def librosa_log_mel(waveform: np.ndarray, config: LogMelConfig) -> np.ndarray:
    mel = librosa_mel(waveform, config)
    return np.log(mel + config.offset) if config.compression == "log" else librosa.power_to_db(mel)


def amplitudes(log_mel: np.ndarray, config: LogMelConfig) -> np.ndarray:
    return np.exp(log_mel) if config.compression == "log" else 10.0 ** (log_mel / 10.0)


def assert_like_librosa(waveforms: Tensor, config: LogMelConfig) -> None:
    """Equal to 1e-4 of the value, or to the rounding of a float32 transform: 1e-6 of the loudest cell of the clip."""
    computed = LogMel(config)(waveforms)[:, 0].double().numpy()
    for ours, waveform in zip(computed, waveforms.numpy(), strict=True):
        theirs = librosa_log_mel(waveform, config)
        assert ours.shape == theirs.shape
        ours, theirs = amplitudes(ours, config), amplitudes(theirs, config)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6 * theirs.max())


def read(paths: list[Path], seconds: float) -> Tensor:
    """Recordings at 16 kHz, cut or padded with zeros to one length."""
    rows = []
    for path in paths:
        sound, rate = soundfile.read(path, dtype="float32")
        sound = librosa.resample(sound, orig_sr=rate, target_sr=RATE)
        rows.append(librosa.util.fix_length(sound, size=int(seconds * RATE)))
    return torch.from_numpy(np.stack(rows))


def tones(seconds: float = 1.0) -> Tensor:
    """A tone, a chirp, a click, noise, and noise that ends in silence."""
    time = torch.arange(int(seconds * RATE)) / RATE
    noise = 0.1 * torch.randn(len(time), generator=torch.Generator().manual_seed(0))
    click = torch.zeros_like(time)
    click[len(time) // 2] = 1.0
    tone, chirp = torch.sin(2 * torch.pi * 440 * time), 0.5 * torch.sin(2 * torch.pi * (200 + 1500 * time) * time)
    return torch.stack([tone, chirp, click, noise, noise * (time < seconds / 2)])


@pytest.mark.parametrize("name", NAMES)
def test_equals_librosa_on_made_sounds(name: str) -> None:
    assert_like_librosa(tones(), PRESETS[name])


@pytest.mark.parametrize("name", NAMES)
def test_equals_librosa_on_environmental_sounds(name: str, real_data: Path) -> None:
    paths = sorted((real_data / "esc10").glob("audio/*/*.ogg"))[::57]
    assert len(paths) == 8
    assert_like_librosa(read(paths, 5.0), PRESETS[name])


@pytest.mark.parametrize("name", NAMES)
def test_equals_librosa_on_speech(name: str, real_data: Path) -> None:
    paths = sorted((real_data / "fsdd").glob("flac/*/*.flac"))[::150]
    assert len(paths) == 8
    assert_like_librosa(read(paths, 1.0), PRESETS[name])


@pytest.mark.parametrize("name", ["dmc", "small", "xdc"])
def test_logarithm_equals_librosa(name: str, real_data: Path) -> None:
    """The offset keeps clear of rounding, so here the logarithm itself is equal to 1e-4."""
    waveforms = read(sorted((real_data / "esc10").glob("audio/*/*.ogg"))[5::80], 5.0)
    expected = np.stack([librosa_log_mel(waveform, PRESETS[name]) for waveform in waveforms.numpy()])
    np.testing.assert_allclose(LogMel(name)(waveforms)[:, 0].numpy(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "seconds", "shape"),
    [
        ("dmc", 5, (498, 64)),
        ("dmc", 1, (98, 64)),
        ("simplified_dmc", 1, (201, 64)),
        ("small", 1, (64, 64)),
        ("xdc", 1, (100, 40)),
    ],
)
def test_published_sizes(name: str, seconds: int, shape: tuple[int, int]) -> None:
    spectrogram = LogMel(name)(torch.zeros(2, seconds * RATE))
    assert spectrogram.shape == (2, 1, *shape)
    assert LogMel(name).config.frames(seconds * RATE) == shape[0]


def test_crop_gives_the_496_frames_of_the_paper() -> None:
    sound = tones(5.0)
    cropped = LogMel(replace(PRESETS["dmc"], crop_frames=16))(sound)
    assert cropped.shape[2] == 496
    torch.testing.assert_close(cropped, LogMel("dmc")(sound)[:, :, :496], rtol=0, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_frames_agrees_with_the_spectrogram_at_every_length(name: str) -> None:
    frontend = LogMel(name)
    shortest = frontend.config.shortest
    for samples in (shortest, shortest + 1, shortest + frontend.config.hop, 7_777):
        assert frontend(torch.zeros(1, samples)).shape[2] == frontend.config.frames(samples) > 0
    assert frontend.config.frames(shortest - 1) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_clip_does_not_depend_on_its_batch(name: str) -> None:
    """Batches are transformed in parts: 2**18 samples at a time."""
    sounds = tones(5.0).repeat(2, 1)
    alone = torch.cat([LogMel(name)(sound[None]) for sound in sounds])
    torch.testing.assert_close(LogMel(name)(sounds), alone, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("num_mels", [1, 40])
def test_any_number_of_bands(num_mels: int) -> None:
    """Bands are computed in blocks of 16."""
    assert_like_librosa(tones(), replace(PRESETS["small"], num_mels=num_mels))


def test_tone_is_in_the_band_that_holds_its_frequency() -> None:
    config = PRESETS["dmc"]
    spectrogram = LogMel("dmc")(torch.sin(2 * torch.pi * 1000 * torch.arange(RATE) / RATE)[None])[0, 0]
    centres = librosa.mel_frequencies(config.num_mels + 2, fmin=config.low, fmax=config.high, htk=True)[1:-1]
    assert abs(centres[int(spectrogram.mean(0).argmax())] - 1000) < 50


def test_twice_as_loud_is_3_decibels_more() -> None:
    """Decibels are taken of the magnitude as if it were a power: 10 log10(2), not 20 log10(2)."""
    noise = tones()[3:4]
    louder, softer = LogMel("simplified_dmc")(2 * noise), LogMel("simplified_dmc")(noise)
    torch.testing.assert_close((louder - softer)[..., 4:].mean(), torch.tensor(3.0103), rtol=0, atol=1e-3)


def test_silence_is_the_floor() -> None:
    silence = torch.zeros(1, RATE)
    for name in ("dmc", "small"):
        torch.testing.assert_close(LogMel(name)(silence), torch.full_like(LogMel(name)(silence), np.log(0.01)))
    assert LogMel("simplified_dmc")(silence).unique().tolist() == [-100.0]


def test_simplified_dmc_has_two_empty_bands_and_no_warning() -> None:
    """Warnings are errors in these tests, so librosa's own is silenced; the bands stay 80 dB below the loudest cell."""
    assert (mel_filters(PRESETS["simplified_dmc"]).sum(0) == 0).nonzero().flatten().tolist() == [0, 13]
    assert (mel_filters(PRESETS["dmc"]).sum(0) > 0).all()
    assert (mel_filters(PRESETS["small"]).sum(0) > 0).all()
    assert (mel_filters(PRESETS["xdc"]).sum(0) > 0).all()
    spectrogram = LogMel("simplified_dmc")(tones())
    floor = spectrogram.amax((2, 3)) - 80.0
    torch.testing.assert_close(spectrogram[..., [0, 13]], floor[:, :, None, None].expand(-1, -1, 201, 2))


def test_other_warnings_of_librosa_still_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(**_: object) -> np.ndarray:
        warnings.warn("something else", UserWarning, stacklevel=1)
        return np.zeros((64, 257), np.float32)

    monkeypatch.setattr(librosa.filters, "mel", warn)
    with pytest.raises(UserWarning, match="something else"):
        mel_filters(PRESETS["dmc"])


@pytest.mark.parametrize("name", NAMES)
def test_autocast_and_half_precision_sound_keep_float32(name: str) -> None:
    sound = tones().bfloat16()
    expected = LogMel(name)(sound.float())
    with torch.autocast("cpu", torch.bfloat16):
        computed = LogMel(name)(sound)
    assert computed.dtype == torch.float32
    torch.testing.assert_close(computed, expected, rtol=0, atol=0)


def test_double_module_computes_in_double() -> None:
    assert LogMel("small").double()(tones()).dtype == torch.float64


@pytest.mark.parametrize("name", NAMES)
def test_compiles_in_one_graph(name: str) -> None:
    frontend = LogMel(name)
    # The library's annotations are checked in tests only, and the checks cannot be compiled
    forward = getattr(LogMel.forward, "__wrapped__", LogMel.forward)
    compiled = torch.compile(lambda sound: forward(frontend, sound), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(tones()), frontend(tones()), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_slope_is_finite_also_at_silence(name: str) -> None:
    sound = tones().requires_grad_()
    (slope,) = torch.autograd.grad(LogMel(name)(sound).sum(), sound)
    assert torch.isfinite(slope).all()
    assert (slope[3] != 0).any()


def test_buffers_are_in_no_checkpoint() -> None:
    assert LogMel("dmc").state_dict() == {}
    assert dict(LogMel("dmc").named_buffers()).keys() == {"window", "filters"}


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (torch.zeros(2, 2, RATE), r"shape \(2, 2, 16000\).*mean\(1\)"),
        (torch.zeros(RATE), r"shape \(16000,\).*waveform\[None\]"),
        (torch.zeros(1, RATE, dtype=torch.int16), "int16.*32768"),
        (torch.zeros(1, RATE, dtype=torch.complex64), "complex64.*float"),
        (torch.zeros(0, RATE), r"shape \(0, 16000\)"),
        (torch.zeros(1, 0), r"shape \(1, 0\).*400 samples"),
        (torch.zeros(1, 399), r"shape \(1, 399\).*400 samples.*pad"),
    ],
)
def test_refuses_unusable_sound(waveform: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LogMel("dmc")(waveform)
    with pytest.raises(ValueError, match=message):
        check_waveform(waveform, PRESETS["dmc"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_names_the_rows_that_are_not_finite(value: float) -> None:
    sound = tones()
    sound[[1, 3], 5_000] = value
    with pytest.raises(ValueError, match=r"rows \[1, 3\].*drop"):
        LogMel("small")(sound)


def test_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'vggish'.*dmc, simplified_dmc, small, xdc"):
        LogMel("vggish")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hop": 0}, "0 < hop"),
        ({"hop": 500}, "0 < hop <= window"),
        ({"n_fft": 256}, "window <= n_fft"),
        ({"high": 9_000.0}, "8000.0 Hz.*high=9000.0"),
        ({"low": 7_500.0}, "low < high"),
        ({"num_mels": 0}, "positive"),
        ({"crop_frames": 0}, "positive"),
        ({"offset": 0.0}, "positive"),
    ],
)
def test_refuses_nonsense_settings(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PRESETS["dmc"], **change)


def test_sample_rate_is_that_of_the_settings() -> None:
    assert LogMel("dmc").sample_rate == 16_000
    assert LogMel(replace(PRESETS["dmc"], sample_rate=22_050)).sample_rate == 22_050
