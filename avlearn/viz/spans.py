"""Named parts of an axis, such as the stages of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from avlearn.viz.palette import GREY, TEXT, translucent


def mark_spans(figure: go.Figure, spans: Mapping[str, range]) -> go.Figure:
    """Shade parts of the x axis behind the curves, each with its name at the top and a line where the next begins.

    Args:
        figure: of `curves`, or another one with numbers along x; it is changed and given back.
        spans: name -> where it begins and stops, such as those of `Curriculum.spans`.

    Raises:
        ValueError: no spans, or an empty one.
    """
    if not spans or not all(spans.values()):
        raise ValueError(f"mark_spans got {dict(spans)}; give at least one span, none of them empty")
    for index, (name, span) in enumerate(spans.items()):
        words: dict[str, Any] = {"text": name, "font": {"size": 12, "color": TEXT}}
        figure.add_vrect(
            x0=span.start,
            x1=span.stop,
            fillcolor=translucent(GREY, 0.13 if index % 2 else 0.04),
            line_width=0,
            layer="below",
            annotation=words,
            annotation_position="top left",
        )
        if index:
            figure.add_vline(x=span.start, line={"color": GREY, "width": 1.2, "dash": "dot"})
    return figure
