"""How kinds of video files store pictures and sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a kind of file stores pictures and sound."""

    video_codec: str
    pixel_format: str
    audio_codec: str
    codec_options: Mapping[str, str] = field(default_factory=dict)
    """What the video codec is told, in ffmpeg's words."""
    container_options: Mapping[str, str] = field(default_factory=dict)
    """What the container is told, in ffmpeg's words."""
    even: bool = False
    """Whether height and width must be even."""
    sample_rates: tuple[int, ...] = ()
    """Rates that the sound codec knows; empty if it takes all usual ones. Other sounds are resampled to the last."""


ENCODINGS: Mapping[str, Encoding] = {
    ".mp4": Encoding(
        video_codec="libx264",
        pixel_format="yuv420p",
        audio_codec="aac",
        codec_options={"crf": "18", "preset": "fast"},
        container_options={"movflags": "+faststart"},
        even=True,
        sample_rates=(8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    ),
    ".webm": Encoding(
        video_codec="libvpx-vp9",
        pixel_format="yuv420p",
        audio_codec="libopus",
        codec_options={"crf": "24", "b": "0", "cpu-used": "4"},
        even=True,
        sample_rates=(8000, 12_000, 16_000, 24_000, 48_000),
    ),
    ".mkv": Encoding(video_codec="ffv1", pixel_format="bgr0", audio_codec="pcm_f32le"),
}
"""Encoding by the suffix of the file: `.mp4` (H.264 and AAC) and `.webm` (VP9 and Opus) for browsers, `.mkv` (FFV1 and
32-bit samples) without any loss."""


def encoding_of(path: Path) -> Encoding:
    """How a file of this name stores pictures and sound.

    Raises:
        ValueError: another suffix than those of `ENCODINGS`.

    Example:
        >>> encoding_of(Path("a.webm")).video_codec
        'libvpx-vp9'
    """
    if path.suffix.lower() not in ENCODINGS:
        raise ValueError(f"{path.name} ends in {path.suffix or 'nothing'}; name it {', '.join(ENCODINGS)}")
    return ENCODINGS[path.suffix.lower()]


def stored_rate(encoding: Encoding, sample_rate: int) -> int:
    """The rate in Hz at which a sound of `sample_rate` Hz is stored: its own where the codec knows it.

    Example:
        >>> stored_rate(ENCODINGS[".webm"], 44_100)
        48000
    """
    return sample_rate if sample_rate in (encoding.sample_rates or (sample_rate,)) else encoding.sample_rates[-1]
