"""The one look of all plotly figures, on light and on dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import torch
from numpy.typing import NDArray
from torch import Tensor

from avlearn.viz.markup import described
from avlearn.viz.palette import FAINT, FONT, GREY, SERIES, TEXT

Numbers = Sequence[Any] | NDArray[Any] | Tensor
"""Numbers in a list, an array or a tensor."""

AXIS = {"gridcolor": FAINT, "zeroline": False, "automargin": True, "title": {"standoff": 8}, "ticklabelstandoff": 4}
TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": TEXT},
        "colorway": SERIES,
        "margin": {"l": 64, "r": 16, "t": 32, "b": 52},
        "title": {"font": {"size": 15}, "x": 0, "xref": "paper", "xanchor": "left", "y": 0.98, "yanchor": "top"},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": AXIS,
        "yaxis": AXIS,
        "sliderdefaults": {"bgcolor": FAINT, "bordercolor": GREY, "activebgcolor": SERIES[0], "tickcolor": FAINT},
        "hoverlabel": {"font": {"family": FONT}},
        "hovermode": "closest",
    }
)
"""Colours of text and grid read on both grounds where no page restyles them."""


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


def array(numbers: Numbers | float | int) -> NDArray[np.float32]:
    """Numbers from wherever they are, as an array in main memory."""
    values = numbers.detach().cpu().numpy() if isinstance(numbers, torch.Tensor) else np.asarray(numbers)
    return values.astype(np.float32)
