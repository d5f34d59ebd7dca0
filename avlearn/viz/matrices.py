"""Tables of numbers as coloured cells: similarities, confusions, assignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from avlearn.viz.heat import Ends
from avlearn.viz.look import Numbers, array, finished
from avlearn.viz.palette import DIVERGING, SEQUENTIAL

NUMBERED = 150
"""A matrix of at most so many cells has its values printed."""


def matrix(
    values: Numbers,
    *,
    alt: str,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    axes: tuple[str, str] = ("", ""),
    limits: Ends | None = None,
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
    cells = array(values)
    if cells.ndim != 2:
        raise ValueError(f"the matrix has shape {cells.shape}; give (rows, columns)")
    across, down = _names(columns, cells.shape[1], "columns"), _names(rows, cells.shape[0], "rows")
    figure = go.Figure(_cells(cells, limits))
    side = int(np.clip(560 / max(cells.shape), 14, 46))
    figure.update_xaxes(title={"text": axes[1]}, **across, showgrid=False, constrain="domain")
    figure.update_yaxes(title={"text": axes[0]}, **down, showgrid=False, autorange="reversed", scaleanchor="x")
    return finished(figure, alt=alt, height=110 + side * cells.shape[0], legend=False)


def outline_diagonal(figure: go.Figure) -> go.Figure:
    """A square around every cell of a matrix's diagonal: the true pairs."""
    for index in range(min(figure.data[0].z.shape)):
        corner = {"x0": index - 0.45, "x1": index + 0.45, "y0": index - 0.45, "y1": index + 0.45}
        figure.add_shape(type="rect", **corner, line={"color": "#ffffff", "width": 4})
        figure.add_shape(type="rect", **corner, line={"color": "#111111", "width": 1.6})
    return figure


def _names(names: Sequence[str] | None, number: int, what: str) -> dict[str, Any]:
    if names is None:
        return {"dtick": 1} if number <= 16 else {}
    if len(names) != number:
        raise ValueError(f"{len(names)} names for {number} {what}; give one for each")
    return {"tickvals": list(range(number)), "ticktext": list(names)}


def _cells(cells: NDArray[np.float32], limits: Ends | None) -> go.Heatmap:
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
        texttemplate=("%{z:d}" if bool((cells == cells.round()).all()) else "%{z:.2f}")
        if cells.size <= NUMBERED
        else "",
        colorbar={"thickness": 12, "outlinewidth": 0},
        hovertemplate="row %{y}, column %{x}: %{z:.3g}<extra></extra>",
    )
