"""Interactive figures of numbers: curves, bars, matrices and points, in one look that suits light and dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import torch
from numpy.typing import NDArray
from torch import Tensor

from avlearn.viz.markup import described
from avlearn.viz.palette import DIVERGING, FAINT, FONT, GREY, SEQUENTIAL, SERIES, TEXT, cycle, translucent

Numbers = Sequence[Any] | NDArray[Any] | Tensor
"""Numbers in a list, an array or a tensor."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross")
NUMBERED = 150
"""A matrix of at most so many cells has its values printed."""

TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": TEXT},
        "colorway": SERIES,
        "margin": {"l": 64, "r": 16, "t": 32, "b": 52},
        "title": {"font": {"size": 15}, "x": 0, "xref": "paper", "xanchor": "left", "y": 0.98, "yanchor": "top"},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": {"gridcolor": FAINT, "linecolor": FAINT, "zeroline": False, "automargin": True},
        "yaxis": {"gridcolor": FAINT, "linecolor": FAINT, "zeroline": False, "automargin": True},
        "hoverlabel": {"font": {"family": FONT}},
        "hovermode": "closest",
    }
)
"""The look of all figures. Colours of text and grid read on both grounds where no page restyles them."""


def finished(figure: go.Figure, *, alt: str, title: str = "", height: int = 340, legend: bool = True) -> go.Figure:
    """The figure in the shared look, with its description in `layout.meta.alt`.

    Raises:
        ValueError: `alt` is empty.
    """
    words = {"alt": described(alt, what="a figure")}
    figure.update_layout(template=TEMPLATE, meta=words, height=height, showlegend=legend)
    if title:
        figure.update_layout(title={"text": title}, margin={"t": 78 if legend else 48})
    return figure


def curves(
    series: Mapping[str, tuple[Numbers, Numbers]],
    *,
    x: str,
    y: str,
    alt: str,
    chance: Mapping[str, float] | None = None,
    title: str = "",
) -> go.Figure:
    """Lines over a common axis, each with a symbol of its own; dashed lines say what chance gives.

    Args:
        series: name -> (x, y). With y of shape (seeds, points), the line is the mean and a band spans all seeds.
        x: what runs along, with its unit.
        y: what runs up, with its unit.
        alt: what is to be seen, in words.
        chance: name -> height of a dashed line.
        title: of the figure.

    Raises:
        ValueError: no series, lengths that differ, or `alt` is empty.
    """
    if not series:
        raise ValueError("curves got no series; give at least one")
    figure = go.Figure()
    for index, (name, (along, up)) in enumerate(series.items()):
        figure.add_traces(_line(name, _array(along), np.atleast_2d(_array(up)), index))
    for name, height in (chance or {}).items():
        _level(figure, name, height)
    figure.update_xaxes(title={"text": x})
    figure.update_yaxes(title={"text": y})
    return finished(figure, alt=alt, title=title, legend=len(series) > 1)


def bars(
    methods: Mapping[str, float | Numbers],
    *,
    x: str,
    alt: str,
    baselines: Mapping[str, float | Numbers] | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "",
) -> go.Figure:
    """One bar per method: filled for methods, hatched grey for baselines. Several numbers are seeds, shown as dots.

    Args:
        methods: name -> value, or one value per seed.
        x: what the bars measure, with its unit.
        alt: what is to be seen, in words.
        baselines: name -> value, or one value per seed.
        limits: ends of the axis.
        title: of the figure.

    Raises:
        ValueError: nothing to show, or `alt` is empty.
    """
    if not methods and not baselines:
        raise ValueError("bars got no methods and no baselines; give at least one")
    solid = {"color": TEAL_FILL, "line": {"color": SERIES[0], "width": 1.5}}
    hatched = {"color": "rgba(0,0,0,0)", "line": {"color": GREY, "width": 1.5}, "pattern": HATCH}
    figure = go.Figure([_bars("methods", methods, solid), _bars("baselines", baselines or {}, hatched)])
    figure.add_trace(_seeds({**methods, **(baselines or {})}))
    number = len(methods) + len(baselines or {})
    figure.update_layout(barmode="overlay", bargap=0.35)
    figure.update_xaxes(title={"text": x}, range=limits)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    return finished(figure, alt=alt, title=title, height=120 + 30 * number, legend=bool(methods and baselines))


def matrix(
    values: Numbers,
    *,
    alt: str,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    axes: tuple[str, str] = ("", ""),
    limits: tuple[float, float] | None = None,
) -> go.Figure:
    """A table of numbers as coloured cells, such as similarities or confusions; small ones have their values printed.

    Values on both sides of zero get a scale with two hues, white at zero.

    Args:
        values: (rows, columns).
        alt: what is to be seen, in words.
        rows: names of the rows, from the top; numbers from 0 without.
        columns: names of the columns; numbers from 0 without.
        axes: what the rows are and what the columns are.
        limits: values of the ends of the scale; by default the extremes.

    Raises:
        ValueError: not two axes, names that don't fit, or `alt` is empty.
    """
    cells = _array(values)
    if cells.ndim != 2:
        raise ValueError(f"the matrix has shape {cells.shape}; give (rows, columns)")
    across, down = _names(columns, cells.shape[1], "columns"), _names(rows, cells.shape[0], "rows")
    figure = go.Figure(_cells(cells, limits))
    side = int(np.clip(560 / max(cells.shape), 14, 46))
    figure.update_xaxes(title={"text": axes[1]}, **across, showgrid=False, constrain="domain")
    figure.update_yaxes(title={"text": axes[0]}, **down, showgrid=False, autorange="reversed", scaleanchor="x")
    return finished(figure, alt=alt, height=130 + side * cells.shape[0], legend=False)


def outline_diagonal(figure: go.Figure) -> go.Figure:
    """A square around every cell of a matrix's diagonal: the true pairs."""
    for index in range(min(figure.data[0].z.shape)):
        corner = {"x0": index - 0.5, "x1": index + 0.5, "y0": index - 0.5, "y1": index + 0.5}
        figure.add_shape(type="rect", **corner, line={"color": SERIES[1], "width": 2})
    return figure


def scatter(
    groups: Mapping[str, Numbers],
    *,
    alt: str,
    x: str = "",
    y: str = "",
    centres: Numbers | None = None,
    title: str = "",
) -> go.Figure:
    """Points in the plane, each group with a colour and a symbol of its own; centres as large crosses.

    Args:
        groups: name -> (points, 2).
        alt: what is to be seen, in words.
        x: what runs along.
        y: what runs up.
        centres: (K, 2).
        title: of the figure.

    Raises:
        ValueError: no groups, points that aren't pairs, or `alt` is empty.
    """
    if not groups:
        raise ValueError("scatter got no groups; give at least one")
    figure = go.Figure([_points(name, _array(points), index) for index, (name, points) in enumerate(groups.items())])
    if centres is not None:
        spots = _array(centres)
        mark = {"symbol": "cross-thin", "size": 15, "line": {"width": 3.5, "color": TEXT}}
        figure.add_trace(go.Scatter(x=spots[:, 0], y=spots[:, 1], mode="markers", marker=mark, name="centres"))
    figure.update_xaxes(title={"text": x})
    figure.update_yaxes(title={"text": y})
    return finished(figure, alt=alt, title=title, height=400, legend=len(figure.data) > 1)


def scrub(figures: Sequence[go.Figure], labels: Sequence[str], *, description: str, alt: str) -> go.Figure:
    """Figures of one kind as the steps of one figure with a slider, lighter than `slider` and without a kernel.

    Args:
        figures: with the same traces; axes keep the range that holds for all when each figure sets it.
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
    moving.update_layout(sliders=[handle], height=moving.layout.height + 90)
    return finished(moving, alt=alt, height=moving.layout.height, legend=bool(moving.layout.showlegend))


TEAL_FILL = translucent(SERIES[0], 0.75)
HATCH = {"shape": "/", "fgcolor": GREY, "bgcolor": "rgba(0,0,0,0)", "size": 7, "solidity": 0.25}


def _array(numbers: Numbers | float) -> NDArray[np.float32]:
    values = numbers.detach().cpu().numpy() if isinstance(numbers, torch.Tensor) else np.asarray(numbers)
    return values.astype(np.float32)


def _line(name: str, along: NDArray[np.float32], up: NDArray[np.float32], index: int) -> list[go.Scatter]:
    if up.shape[-1] != len(along):
        raise ValueError(f"series {name!r} has {len(along)} x and {up.shape[-1]} y; give one y for each x")
    colour = cycle(SERIES, index)
    marker = {"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 7, "maxdisplayed": 9}
    line = {"color": colour, "width": 2.2}
    mean = go.Scatter(
        x=along, y=up.mean(0), name=name, mode="lines+markers", line=line, marker=marker, legendgroup=name
    )
    if len(up) == 1:
        return [mean]
    band = go.Scatter(
        x=np.concatenate([along, along[::-1]]),
        y=np.concatenate([up.max(0), up.min(0)[::-1]]),
        fill="toself",
        fillcolor=translucent(colour, 0.2),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        legendgroup=name,
        showlegend=False,
    )
    return [band, mean]


def _level(figure: go.Figure, name: str, height: float) -> None:
    figure.add_hline(
        y=height,
        line={"color": GREY, "width": 1.6, "dash": "dash"},
        annotation={"text": name, "xanchor": "right", "yanchor": "bottom", "font": {"size": 12}},
    )


def _bars(kind: str, values: Mapping[str, float | Numbers], marker: dict[str, Any]) -> go.Bar:
    seeds = {name: np.atleast_1d(_array(value)) for name, value in values.items()}
    means = [float(numbers.mean()) for numbers in seeds.values()]
    spread = [float(numbers.std(ddof=1)) if len(numbers) > 1 else 0.0 for numbers in seeds.values()]
    text = [f"{mean:.3f}" + (f" ± {width:.3f}" if width else "") for mean, width in zip(means, spread, strict=True)]
    return go.Bar(
        x=means,
        y=list(seeds),
        orientation="h",
        name=kind,
        marker=marker,
        error_x={"array": spread, "color": TEXT, "thickness": 1.5, "width": 5},
        hovertext=text,
        hoverinfo="y+text",
    )


def _seeds(values: Mapping[str, float | Numbers]) -> go.Scatter:
    dots = [(float(number), name) for name, value in values.items() for number in np.atleast_1d(_array(value))
            if np.size(_array(value)) > 1]  # fmt: skip
    mark = {"symbol": "circle-open", "size": 7, "color": TEXT, "line": {"width": 1.5}}
    return go.Scatter(
        x=[number for number, _ in dots], y=[name for _, name in dots], mode="markers", marker=mark, showlegend=False
    )


def _names(names: Sequence[str] | None, number: int, what: str) -> dict[str, Any]:
    if names is None:
        return {}
    if len(names) != number:
        raise ValueError(f"{len(names)} names for {number} {what}; give one for each")
    return {"tickvals": list(range(number)), "ticktext": list(names)}


def _cells(cells: NDArray[np.float32], limits: tuple[float, float] | None) -> go.Heatmap:
    low, high = (float(cells.min()), float(cells.max())) if limits is None else limits
    scale: dict[str, Any] = {"colorscale": SEQUENTIAL, "zmin": low, "zmax": high}
    if low < 0 < high:
        far = max(-low, high)
        scale = {"colorscale": DIVERGING, "zmin": -far, "zmax": far}
    return go.Heatmap(
        z=cells,
        **scale,
        xgap=1,
        ygap=1,
        texttemplate="%{z:.2g}" if cells.size <= NUMBERED else None,
        colorbar={"thickness": 12, "outlinewidth": 0},
        hovertemplate="row %{y}, column %{x}: %{z:.3g}<extra></extra>",
    )


def _points(name: str, points: NDArray[np.float32], index: int) -> go.Scatter:
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"group {name!r} has shape {points.shape}; give (points, 2)")
    marker = {"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 8, "color": cycle(SERIES, index), "opacity": 0.8}
    return go.Scatter(x=points[:, 0], y=points[:, 1], mode="markers", name=name, marker=marker)
