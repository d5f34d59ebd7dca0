"""Players: sounds and videos that a page holds and a browser plays, without a file and without a network."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from avlearn.viz.drawing import data_uri
from avlearn.viz.markup import Html, described, escape, figure
from avlearn.viz.palette import TEAL

FULL_SCALE = 2**15 - 1


def player(
    waveform: Float[Tensor, " S"],
    sample_rate: int,
    *,
    label: str,
    caption: str = "",
    peak: float | int | None = None,
    width: int = 300,
) -> Html:
    """A sound with its name, its outline and the browser's own controls.

    Args:
        waveform: mono, in [-1, 1].
        sample_rate: in Hz.
        label: what is to be heard, in words: the player's name, also for screen readers.
        caption: one line below, such as class, gain or quality.
        peak: size in (0, 1] that the loudest sample is scaled to; None plays the sound as it is.
        width: in CSS pixels.

    Raises:
        ValueError: the label is empty, or the sound is empty, not finite or beyond [-1, 1].

    >>> player(torch.zeros(8000), 8000, label="Silence")
    Silence (1.0 s)
    """
    if not label.strip():
        raise ValueError(f"player got label={label!r}; say in words what is to be heard")
    sound = _playable(waveform.detach().cpu(), peak)
    text = f"{label.strip()} ({len(sound) / sample_rate:.1f} s)"
    title = f'<div class="avl-label" style="font-weight:600;font-size:.92em;margin-bottom:.2em;">{escape(text)}</div>'
    source = data_uri(wav(sound, sample_rate), "audio/wav")
    controls = (
        f'<audio controls="controls" preload="none" aria-label="{escape(text)}" src="{source}" '
        'style="display:block;width:100%;height:40px;"></audio>'
    )
    return Html(figure(title + _envelope(sound) + controls, kind="player", caption=caption, width=width), text)


VIDEOS = {".mp4": "video/mp4", ".webm": "video/webm"}
"""Kinds of video that browsers play, by the suffix of the file."""


def film(path: Path | str, *, alt: str, caption: str = "", width: int = 360) -> Html:
    """A video file with its sound and the browser's own controls; the page holds all of it, so keep it short.

    Args:
        path: ends in `.webm`, or in `.mp4`, which browsers without patented codecs do not play.
        alt: what is to be seen and heard, in words.
        caption: one line below.
        width: in CSS pixels.

    Raises:
        ValueError: `alt` is empty, or another kind of file.
        FileNotFoundError: no such file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     place = Path(folder) / "bell.mp4"
        ...     _ = place.write_bytes(b"...")
        ...     film(place, alt="A bell rings.")
        A bell rings.
    """
    alt, path = described(alt, what="film"), Path(path)
    if path.suffix.lower() not in VIDEOS:
        raise ValueError(f"{path.name} is no kind of video that all browsers play; write it as {' or '.join(VIDEOS)}")
    source = data_uri(path.read_bytes(), VIDEOS[path.suffix.lower()])
    controls = (
        f'<video controls="controls" preload="metadata" aria-label="{escape(alt)}" src="{source}" '
        'style="display:block;width:100%;height:auto;"></video>'
    )
    return Html(figure(controls, kind="film", caption=caption, width=width), alt)


def wav(waveform: Float[Tensor, " S"], sample_rate: int) -> bytes:
    """A mono WAV file of 16 bit; samples in [-1, 1]."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes((waveform.double() * FULL_SCALE).round().short().numpy().astype("<i2").tobytes())
    return file.getvalue()


def _playable(waveform: Tensor, peak: float | int | None) -> Tensor:
    if waveform.ndim != 1 or len(waveform) == 0:
        raise ValueError(f"the sound has shape {tuple(waveform.shape)}; give one row of at least one sample")
    if not bool(waveform.isfinite().all()):
        raise ValueError("the sound has samples that aren't finite; look for a division by zero")
    loudest = float(waveform.abs().max())
    if peak is not None:
        if not 0 < peak <= 1:
            raise ValueError(f"peak is {peak}; give a size in (0, 1]")
        return waveform * (peak / max(loudest, 1e-12)) if loudest else waveform
    if loudest > 1:
        raise ValueError(f"the loudest sample is {loudest:.3g}, beyond [-1, 1]; scale it with peak=0.9")
    return waveform


def _envelope(sound: Tensor, columns: int = 150) -> str:
    # Loudness at a glance; hidden from screen readers, which have the label
    loudness = torch.nn.functional.adaptive_max_pool1d(sound.abs()[None, None].float(), columns).flatten()
    height = (loudness / max(float(loudness.max()), 0.05) * 14).clamp_min(0.4).tolist()
    bars = "".join(f"M{2 * x + 1} {15 - y:.1f}v{2 * y:.1f}" for x, y in enumerate(height))
    return (
        f'<svg viewBox="0 0 {2 * columns} 30" preserveAspectRatio="none" aria-hidden="true" '
        f'style="display:block;width:100%;height:30px;"><path d="{bars}" stroke="{TEAL}" stroke-width="1.4" /></svg>'
    )
