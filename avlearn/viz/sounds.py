"""Sounds to look at: waveforms, spectrograms, and maps over a spectrogram the right way up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import torch
from jaxtyping import Float, UInt8
from plotly.subplots import make_subplots
from torch import Tensor

from avlearn.viz.look import finished
from avlearn.viz.palette import SEQUENTIAL, SERIES, colour_map, cycle, translucent

COLUMNS = 600
"""Points of a drawn waveform; each is the range of the samples it stands for."""


def waveforms(stems: Mapping[str, Float[Tensor, " S"]], sample_rate: int, *, alt: str, title: str = "") -> go.Figure:
    """Sounds under each other, in seconds and on one scale.

    Args:
        stems: name of each sound and its samples in [-1, 1].
        sample_rate: in Hz.
        alt: what is to be seen, in words.
        title: of the figure.

    Raises:
        ValueError: no sounds, or `alt` is empty.
    """
    if not stems:
        raise ValueError("waveforms got no sounds; give at least one")
    figure = make_subplots(rows=len(stems), cols=1, shared_xaxes=True, vertical_spacing=0.12 / len(stems))
    loudest = max(float(sound.abs().max()) for sound in stems.values()) or 1.0
    for row, (name, sound) in enumerate(stems.items(), start=1):
        figure.add_trace(_range(name, sound, sample_rate, colour=cycle(SERIES, row - 1)), row=row, col=1)
        figure.update_yaxes(
            range=[-loudest, loudest], title={"text": name}, tickvals=[0], showticklabels=False, row=row
        )
    figure.update_xaxes(title={"text": "seconds"}, row=len(stems))
    return finished(figure, alt=alt, title=title, height=90 + 78 * len(stems), legend=False)


def spectrogram(
    log_mel: Float[Tensor, "*one frames mels"], *, seconds: float | int, alt: str, title: str = ""
) -> go.Figure:
    """A log-mel spectrogram, low bands below.

    Args:
        log_mel: of one sound, as `LogMel` gives it.
        seconds: length of the sound.
        alt: what is to be seen, in words.
        title: of the figure.

    Raises:
        ValueError: more than one sound, or `alt` is empty.
    """
    cells = _one(log_mel)
    step = seconds / len(cells)
    heat = go.Heatmap(
        z=cells.mT.numpy(),
        x0=step / 2,
        dx=step,
        colorscale=SEQUENTIAL,
        colorbar={"title": {"text": "log energy", "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{x:.2f} s, band %{y}: %{z:.2f}<extra></extra>",
    )
    figure = go.Figure(heat)
    figure.update_xaxes(title={"text": "seconds"}, range=[0, seconds], showgrid=False)
    figure.update_yaxes(title={"text": "mel band"}, showgrid=False)
    return finished(figure, alt=alt, title=title, height=280, legend=False)


def sound_picture(log_mel: Float[Tensor, "*one frames mels"]) -> UInt8[Tensor, "3 H W"]:
    """A log-mel spectrogram as a picture, for `heat_map`, `assignments` and `segmentation`: time right, pitch up.

    Raises:
        ValueError: more than one sound.
    """
    cells = upright(_one(log_mel))
    low, high = float(cells.min()), float(cells.max())
    return torch.from_numpy(colour_map((cells - low) / max(high - low, 1e-12), SEQUENTIAL)).movedim(-1, 0)


def upright(maps: Float[Tensor, "*batch t f"]) -> Float[Tensor, "*batch f t"]:
    """Maps over time and pitch as they lie over `sound_picture`: time right, pitch up."""
    return maps.mT.flip(-2)


def _one(log_mel: Tensor) -> Float[Tensor, "frames mels"]:
    if log_mel.shape[:-2].numel() != 1:
        raise ValueError(f"the spectrogram has shape {tuple(log_mel.shape)}; show one sound at a time")
    return log_mel.detach().cpu().float().reshape(log_mel.shape[-2:])


def _range(name: str, sound: Tensor, sample_rate: int, *, colour: str) -> go.Scatter:
    # A browser needs the range of each stretch of samples, not the samples
    pooled = sound.detach().cpu().float()[None, None]
    columns = min(COLUMNS, len(sound))
    top = torch.nn.functional.adaptive_max_pool1d(pooled, columns).flatten().numpy()
    foot = -torch.nn.functional.adaptive_max_pool1d(-pooled, columns).flatten().numpy()
    time = (np.arange(columns, dtype=np.float32) + 0.5) * len(sound) / columns / sample_rate
    return go.Scatter(
        x=np.concatenate([time, time[::-1]]).round(4),
        y=np.concatenate([top, foot[::-1]]).round(4),
        name=name,
        fill="toself",
        fillcolor=translucent(colour, 0.6),
        line={"color": colour, "width": 1},
        mode="lines",
        hoverinfo="skip",
    )
