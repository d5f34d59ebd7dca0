"""Sliders that move between finished pictures, with or without a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from avlearn.viz.look import finished
from avlearn.viz.markup import Html, escape

if TYPE_CHECKING:
    from ipywidgets import VBox

LARGEST = 1_500_000
"""Bytes of all panes together that a page should carry for one slider."""


def slider(panes: Sequence[Html], labels: Sequence[str], *, description: str) -> VBox:
    """A slider that shows one of several panes. The link runs in the browser, so a page without a kernel has it too.

    Args:
        panes: what to show, all of one size.
        labels: one per pane, such as "epoch 3"; each is repeated in its pane, for screen readers.
        description: what the slider changes, in a word or two.

    Raises:
        ValueError: fewer than two panes, not one label for each, no description, or panes beyond 1.5 MB together.
        ImportError: ipywidgets isn't installed.
    """
    _check(panes, labels, description)
    widgets = _ipywidgets()
    wide = {"width": "100%"}  # else a pane is as narrow as its longest line
    titled = [_titled(pane, f"{description}: {label}") for pane, label in zip(panes, labels, strict=True)]
    stack = widgets.Stack([widgets.HTML(markup, layout=wide) for markup in titled], selected_index=0, layout=wide)
    handle = widgets.SelectionSlider(
        options=[(label, index) for index, label in enumerate(labels)],
        description=description,
        style={"description_width": "initial"},
        layout={"width": "100%", "max_width": "480px"},
    )
    widgets.jslink((handle, "index"), (stack, "selected_index"))
    box: VBox = widgets.VBox([handle, stack])
    return box


def scrub(figures: Sequence[go.Figure], labels: Sequence[str], *, description: str, alt: str) -> go.Figure:
    """Figures of one kind as the steps of one figure with a slider, lighter than `slider` and without a kernel,
    but moved by pointer only.

    Args:
        figures: with the same traces; axes of lines and points hold what all of them need.
        labels: one per figure.
        description: what the slider changes, in a word or two.
        alt: what is to be seen, in words.

    Raises:
        ValueError: no figures, not one label for each, traces that differ in number, or `alt` is empty.
    """
    if not figures or len(labels) != len(figures) or len({len(figure.data) for figure in figures}) > 1:
        raise ValueError(f"scrub got {len(figures)} figures and {len(labels)} labels; give one label for each figure, "
                         "all with the same number of traces")  # fmt: skip
    moving = go.Figure(figures[0])
    moving.frames = [go.Frame(data=figure.data, name=label) for figure, label in zip(figures, labels, strict=True)]
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    steps = [{"label": label, "method": "animate", "args": [[label], at_once]} for label in labels]
    handle = {"steps": steps, "currentvalue": {"prefix": f"{description}: "}, "pad": {"t": 44}, "len": 1}
    moving.update_layout(sliders=[handle])
    _hold_axes(moving, figures)
    return finished(moving, alt=alt, height=moving.layout.height + 90, legend=bool(moving.layout.showlegend))


def _hold_axes(moving: go.Figure, figures: Sequence[go.Figure]) -> None:
    # A browser fits the axes to the first step only
    traces = [trace for figure in figures for trace in figure.data if trace.type == "scatter"]
    for name, update in (("x", moving.update_xaxes), ("y", moving.update_yaxes)):
        values = [np.asarray(trace[name], dtype=float) for trace in traces if trace[name] is not None]
        if values:
            low, high = np.nanmin(np.concatenate(values)), np.nanmax(np.concatenate(values))
            margin = 0.06 * (high - low or 1.0)
            update(range=[low - margin, high + margin])


def _titled(pane: Html, title: str) -> str:
    return (
        f'<div class="avl-pane"><p style="margin:.2em 0 .5em;font-weight:600;">{escape(title)}</p>{pane.markup}</div>'
    )


def _check(panes: Sequence[Html], labels: Sequence[str], description: str) -> None:
    if len(panes) < 2 or len(labels) != len(panes):
        raise ValueError(
            f"slider got {len(panes)} panes and {len(labels)} labels; give two or more, one label for each"
        )
    if not description.strip():
        raise ValueError(f"slider got description={description!r}; say what it changes")
    size = sum(len(pane.markup.encode()) for pane in panes)
    if size > LARGEST:
        raise ValueError(f"the panes have {size / 1e6:.1f} MB, over {LARGEST / 1e6} MB; show fewer or smaller ones")


def _ipywidgets() -> ModuleType:
    try:
        import ipywidgets
    except ImportError as error:
        raise ImportError('sliders need ipywidgets; install them with: pip install "avlearn[widgets]"') from error
    return ipywidgets  # type: ignore[no-any-return]
