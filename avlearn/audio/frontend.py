"""Log-mel spectrogram of a batch of waveforms, on the waveform's own device.

The presets differ in more than their sizes: see `PRESETS`. A model owns its frontend, so the sound that a set of
weights was trained on and the sound that it is given cannot disagree.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import librosa
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

AMPLITUDE_FLOOR = 1e-10
"""Smallest mel value that decibels are taken of; silent sound is at -100 dB."""
DECIBEL_RANGE = 80.0
"""Decibels kept below the loudest cell of each clip."""

SAMPLES_AT_ONCE = 2**18
"""Samples that are transformed together on a CPU."""
BANDS_AT_ONCE = 16
"""Mel bands that are computed together: neighbours share their frequencies, and all others weigh nothing."""


@dataclass(frozen=True, kw_only=True)
class LogMelConfig:
    """Everything that a log-mel spectrogram depends on."""

    sample_rate: int = 16_000
    """Hz of the waveform; resampling is the duty of whoever reads the sound."""
    window: int
    """Samples of the periodic Hann window."""
    hop: int
    """Samples from one frame to the next."""
    n_fft: int
    """Samples of the Fourier transform; the window is padded with zeros to this length."""
    num_mels: int = 64
    """Mel bands."""
    low: float
    """Hz where the first band begins."""
    high: float
    """Hz where the last band ends."""
    scale: Literal["htk", "slaney"]
    """`htk`: the HTK mel formula, triangles of height 1. `slaney`: Slaney's formula, triangles of equal area.

    Triangles are straight in Hz. VGGish's own are straight in mel: its log-mel differs by 0.001 on average.
    """
    compression: Literal["log", "decibel"]
    """`log`: ln(mel + offset). `decibel`: 10 log10(mel), at most 80 dB below the loudest cell of the clip."""
    offset: float = 0.01
    """Added before the logarithm, so that silence is ln(offset); not used by `decibel`."""
    centred: bool
    """True: frame i is centred on sample i * hop, the ends reflected. False: only frames that lie inside the sound."""
    crop_frames: int = 1
    """The number of frames is cut to a multiple of this."""

    def __post_init__(self) -> None:
        if not 0 < self.hop <= self.window <= self.n_fft:
            raise ValueError(f"need 0 < hop <= window <= n_fft, got {self.hop}, {self.window}, {self.n_fft}")
        if not 0 <= self.low < self.high <= self.sample_rate / 2:
            raise ValueError(f"need 0 <= low < high <= {self.sample_rate / 2} Hz, got low={self.low}, high={self.high}")
        if self.num_mels < 1 or self.crop_frames < 1 or self.offset <= 0:
            raise ValueError(
                "num_mels, crop_frames and offset must be positive, "
                f"got {self.num_mels}, {self.crop_frames}, {self.offset}"
            )

    def frames(self, samples: int) -> int:
        """Frames of a sound of `samples` samples; 0 where it is too short."""
        if samples < self.shortest:
            return 0
        total = 1 + (samples // self.hop if self.centred else (samples - self.window) // self.hop)
        return total - total % self.crop_frames

    @property
    def shortest(self) -> int:
        """Samples of the shortest sound that gives `crop_frames` frames."""
        frames_but_one = (self.crop_frames - 1) * self.hop
        # An end can only be reflected by less than the length of the sound
        return max(self.window, self.n_fft // 2 + 1, frames_but_one) if self.centred else self.window + frames_but_one


PRESETS = {
    "dmc": LogMelConfig(
        window=400, hop=160, n_fft=512, low=125.0, high=7500.0, scale="htk", compression="log", centred=False
    ),
    "simplified_dmc": LogMelConfig(
        window=160, hop=80, n_fft=160, low=0.0, high=8000.0, scale="slaney", compression="decibel", centred=True
    ),
    "small": LogMelConfig(
        window=512,
        hop=250,
        n_fft=512,
        low=125.0,
        high=7500.0,
        scale="htk",
        compression="log",
        centred=True,
        crop_frames=16,
    ),
    "xdc": LogMelConfig(
        window=256,
        hop=160,
        n_fft=256,
        num_mels=40,
        low=0.0,
        high=8000.0,
        scale="htk",
        compression="log",
        centred=True,
        crop_frames=4,
    ),
}
"""`dmc`: the VGGish input of Hu, Nie and Li (CVPR 2019), 25 ms windows every 10 ms; 5 s give 498 frames, of which the
paper uses 496 (`replace(PRESETS["dmc"], crop_frames=16)`). `simplified_dmc`: the input of the authors' PyTorch version,
1 s gives 201 frames; 64 bands on 81 frequencies leave two of the lowest bands empty, which stay at the floor.
`small`: for training on a processor, 1 s gives 64 frames of 64 bands. `xdc`: the sizes of the loader for sound in VMZ,
of the same team, 1 s gives 100 frames of 40 bands; whether XDC (Alwassel et al., NeurIPS 2020) used it isn't public,
and VMZ takes the logarithm of the power, scaled to 16-bit samples."""


class LogMel(nn.Module):
    """Log-mel spectrogram: (B, S) waveform in [-1, 1] to (B, 1, frames, mels).

    Bands are taken of the magnitude, not of the power. All is computed in float32, also under autocast, because half
    precision would drown quiet bands. The buffers are rebuilt from the settings, so they are in no checkpoint.
    Silence is valid and gives the floor: ln(offset), or -100 dB.

    Args:
        preset: a name in `PRESETS`, or settings of your own.

    Raises:
        ValueError: an unknown preset; or a waveform that `check_waveform` refuses.

    >>> LogMel("small")(torch.zeros(2, 16_000)).shape
    torch.Size([2, 1, 64, 64])
    """

    window: Tensor
    filters: Tensor

    def __init__(self, preset: str | LogMelConfig) -> None:
        super().__init__()
        self.config = _config(preset)
        self.register_buffer("window", torch.hann_window(self.config.window), persistent=False)
        self.register_buffer("filters", mel_filters(self.config), persistent=False)
        self._spans = _spans(self.filters)

    @property
    def sample_rate(self) -> int:
        """Hz that the waveform must have; the caller compares, a tensor does not know its rate."""
        return self.config.sample_rate

    # Any tensor may come in: refusing it with a readable message is the duty of check_waveform.
    def forward(self, waveform: Tensor) -> Float[Tensor, "B 1 frames mels"]:
        """Spectrogram of every row of (B, S)."""
        check_waveform(waveform, self.config)
        with torch.autocast(waveform.device.type, enabled=False):
            parts = waveform.to(self.filters.dtype).split(_rows_at_once(waveform))
            return torch.cat([self._log_mel(part) for part in parts]).unsqueeze(1)

    def _log_mel(self, waveform: Tensor) -> Tensor:
        config = self.config
        if config.centred:
            waveform = F.pad(waveform, (config.n_fft // 2, config.n_fft // 2), mode="reflect")
        else:
            # torch.stft puts a short window into the middle of n_fft samples; these zeros let it reach both ends
            spare = config.n_fft - config.window
            waveform = F.pad(waveform, (spare // 2, spare - spare // 2))
        spectrum = torch.stft(
            waveform, config.n_fft, config.hop, config.window, self.window, center=False, return_complex=True
        )
        frames = spectrum.shape[-1] - spectrum.shape[-1] % config.crop_frames
        magnitude = _magnitude(spectrum[..., :frames].transpose(1, 2))
        mel = [magnitude[..., bins] @ self.filters[bins, bands] for bins, bands in self._spans]
        return _compress(torch.cat(mel, -1), config)


def mel_filters(config: LogMelConfig) -> Float[Tensor, "bins mels"]:
    """Weight of each frequency of the Fourier transform in each mel band, from `librosa.filters.mel`."""
    with warnings.catch_warnings():
        # simplified_dmc has empty bands on purpose
        warnings.filterwarnings("ignore", message="Empty filters detected in mel frequency basis", category=UserWarning)
        filters = librosa.filters.mel(
            sr=config.sample_rate,
            n_fft=config.n_fft,
            n_mels=config.num_mels,
            fmin=config.low,
            fmax=config.high,
            htk=config.scale == "htk",
            norm=None if config.scale == "htk" else "slaney",
        )
    return torch.from_numpy(filters.T.copy())


@runtime_checkable
class SoundSettings(Protocol):
    """Settings of a transform, as far as a waveform must agree with them."""

    @property
    def shortest(self) -> int:
        """Samples of the shortest sound that can be transformed."""
        ...


def check_waveform(waveform: Tensor, config: SoundSettings) -> None:
    """Refuse what is not a batch of mono float sounds of usable length.

    Shape and type are always checked. Whether every sample is finite is read only on the CPU and outside
    `torch.compile`: on an accelerator the answer would make the processor wait for it in every step.

    Raises:
        ValueError: empty, too short, not (B, S), not floating point, NaN or infinite.
    """
    if waveform.ndim != 2:
        raise ValueError(
            f"waveform has shape {tuple(waveform.shape)}, expected (B, S): mix stereo with waveform.mean(1), "
            "give one sound as waveform[None]"
        )
    if not waveform.is_floating_point():
        raise ValueError(f"waveform is {waveform.dtype}, expected float in [-1, 1]: divide int16 by 32768")
    if waveform.shape[0] == 0 or waveform.shape[1] < config.shortest:
        raise ValueError(
            f"waveform has shape {tuple(waveform.shape)}, expected at least 1 sound of {config.shortest} samples: "
            "pad it with zeros"
        )
    if waveform.device.type == "cpu" and not torch.compiler.is_compiling():
        _check_finite(waveform)


def _check_finite(waveform: Tensor) -> None:
    # NaN spreads to both extremes, and looking at them is 20 times as fast as a mask of all samples
    extremes = torch.stack(torch.aminmax(waveform.detach()))
    if not torch.isfinite(extremes).all():
        rows = (~torch.isfinite(waveform)).any(1).nonzero().flatten().tolist()
        raise ValueError(f"waveform has NaN or infinite samples in rows {rows}: repair or drop these sounds")


def _config(preset: str | LogMelConfig) -> LogMelConfig:
    if isinstance(preset, LogMelConfig):
        return preset
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; choose one of {', '.join(PRESETS)} or give a LogMelConfig")
    return PRESETS[preset]


def _spans(filters: Tensor) -> list[tuple[slice, slice]]:
    # (frequencies, bands) of the blocks in which the filters are not 0: half the time of the whole product
    spans = []
    for first in range(0, filters.shape[1], BANDS_AT_ONCE):
        bands = slice(first, min(first + BANDS_AT_ONCE, filters.shape[1]))
        used = filters[:, bands].sum(1).nonzero().flatten().tolist() or [0]
        spans.append((slice(used[0], used[-1] + 1), bands))
    return spans


def _rows_at_once(waveform: Tensor) -> int:
    rows, samples = waveform.shape
    # Spectra of a few sounds fit into a processor's cache, those of a batch do not and take up to twice as long
    return max(1, SAMPLES_AT_ONCE // samples) if waveform.device.type == "cpu" else rows


def _magnitude(spectrum: Tensor) -> Tensor:
    # Three times as fast as Tensor.abs. The floor keeps the slope at silence finite and is far below any offset.
    squares = torch.view_as_real(spectrum).square_()
    return (squares[..., 0] + squares[..., 1]).clamp_(min=1e-30).sqrt_()


def _compress(mel: Tensor, config: LogMelConfig) -> Tensor:
    if config.compression == "log":
        return torch.log(mel + config.offset)
    decibel = 10.0 * torch.log10(mel.clamp(min=AMPLITUDE_FLOOR))
    loudest = decibel.amax(dim=(1, 2), keepdim=True)
    return torch.maximum(decibel, loudest - DECIBEL_RANGE)
