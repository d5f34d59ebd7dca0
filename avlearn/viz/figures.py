"""Interactive figures of numbers: curves, bars and points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from avlearn.viz.heat import Ends
from avlearn.viz.look import Numbers, array, finished
from avlearn.viz.palette import GREY, SERIES, TEXT, cycle, translucent

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross")


def curves(
    series: Mapping[str, tuple[Numbers, Numbers]],
    *,
    x: str,
    y: str,
    alt: str,
    chance: Mapping[str, float | int] | None = None,
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
        figure.add_traces(_line(name, array(along), np.atleast_2d(array(up)), index))
    for name, height in (chance or {}).items():
        _level(figure, name, height)
    figure.update_xaxes(title={"text": x})
    figure.update_yaxes(title={"text": y})
    return finished(figure, alt=alt, title=title, legend=len(series) > 1)


def bars(
    methods: Mapping[str, float | int | Numbers],
    *,
    x: str,
    alt: str,
    baselines: Mapping[str, float | int | Numbers] | None = None,
    limits: Ends | None = None,
    title: str = "",
) -> go.Figure:
    """One bar per method: filled for methods, hatched grey for baselines. Several numbers are seeds.

    Bars of several seeds end at the mean; whiskers are one standard deviation long on each side.

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
    number = len(methods) + len(baselines or {})
    figure.update_layout(barmode="overlay", bargap=0.35)
    figure.update_xaxes(title={"text": x}, range=limits)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    return finished(figure, alt=alt, title=title, height=120 + 30 * number, legend=bool(methods and baselines))


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
    figure = go.Figure([_points(name, array(points), index) for index, (name, points) in enumerate(groups.items())])
    if centres is not None:
        spots = array(centres)
        mark = {"symbol": "cross-thin", "size": 15, "line": {"width": 3.5, "color": TEXT}}
        figure.add_trace(go.Scatter(x=spots[:, 0], y=spots[:, 1], mode="markers", marker=mark, name="centres"))
    figure.update_xaxes(title={"text": x})
    figure.update_yaxes(title={"text": y})
    return finished(figure, alt=alt, title=title, height=400, legend=len(figure.data) > 1)


TEAL_FILL = translucent(SERIES[0], 0.75)
HATCH = {"shape": "/", "fgcolor": GREY, "bgcolor": "rgba(0,0,0,0)", "size": 7, "solidity": 0.25}


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


def _level(figure: go.Figure, name: str, height: float | int) -> None:
    figure.add_hline(
        y=height,
        line={"color": GREY, "width": 1.6, "dash": "dash"},
        annotation={"text": name, "xanchor": "right", "yanchor": "bottom", "font": {"size": 12}},
    )


def _bars(kind: str, values: Mapping[str, float | int | Numbers], marker: dict[str, Any]) -> go.Bar:
    seeds = {name: np.atleast_1d(array(value)) for name, value in values.items()}
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


def _points(name: str, points: NDArray[np.float32], index: int) -> go.Scatter:
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"group {name!r} has shape {points.shape}; give (points, 2)")
    marker = {"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 8, "color": cycle(SERIES, index), "opacity": 0.8}
    return go.Scatter(x=points[:, 0], y=points[:, 1], mode="markers", name=name, marker=marker)
