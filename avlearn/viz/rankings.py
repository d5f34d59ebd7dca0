"""What every threshold on a score would give."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from avlearn.metrics.ranking import precision_recall as curve_of
from avlearn.viz.look import finished
from avlearn.viz.palette import GREY, SERIES, cycle

POINTS = 250
"""Points of a drawn curve."""
HOVER = "recall %{x:.3f}, precision %{y:.3f}"


def precision_recall(
    scores: Mapping[str, Float[Tensor, " N"]],
    positive: Bool[Tensor, " N"],
    *,
    alt: str,
    chosen: Mapping[str, float | int] | None = None,
    title: str = "",
) -> go.Figure:
    """Precision over recall at every threshold, for one or more ways to score the same objects.

    Each point tells its threshold. A dashed line says what detecting everything gives: the share that sounds.

    Args:
        scores: name -> of each object, any scale.
        positive: which objects sound.
        alt: what is to be seen, in words.
        chosen: name -> threshold that is marked by a star.
        title: of the figure.

    Raises:
        ValueError: no scores, nothing or everything sounds, or `alt` is empty.
    """
    if not scores:
        raise ValueError("precision_recall got no scores; give at least one")
    figure = go.Figure()
    for index, (name, values) in enumerate(scores.items()):
        colour = cycle(SERIES, index)
        figure.add_trace(_curve(name, values, positive, colour=colour))
        if chosen and name in chosen:
            figure.add_trace(_star(name, values, positive, chosen[name], colour=colour))
    share = float(positive.double().mean())
    label = {"text": "all objects", "font": {"size": 12}}
    line = {"color": GREY, "width": 1.6, "dash": "dash"}
    figure.add_hline(y=share, line=line, annotation=label, annotation_position="bottom left")
    figure.update_xaxes(title={"text": "recall"}, range=[-0.02, 1.02])
    figure.update_yaxes(title={"text": "precision"}, range=[min(share, 0.5) - 0.1, 1.03])
    return finished(figure, alt=alt, title=title, height=380, legend=len(figure.data) > 1)


def _curve(name: str, values: Tensor, positive: Tensor, *, colour: str) -> go.Scatter:
    thresholds, precision, recall = curve_of(values, positive)
    some = torch.linspace(0, len(thresholds) - 1, min(POINTS, len(thresholds))).round().long()
    return go.Scatter(
        x=recall[some].numpy().round(4),
        y=precision[some].numpy().round(4),
        customdata=thresholds[some].numpy(),
        name=name,
        mode="lines",
        line={"color": colour, "width": 2.2},
        legendgroup=name,
        hovertemplate="threshold %{customdata:.4g}<br>" + HOVER + "<extra>%{fullData.name}</extra>",
    )


def _star(name: str, values: Tensor, positive: Tensor, threshold: float | int, *, colour: str) -> go.Scatter:
    taken = values >= threshold
    hits = float((taken & positive).sum())
    return go.Scatter(
        x=[hits / float(positive.sum())],
        y=[hits / max(float(taken.sum()), 1.0)],
        name=f"{name}, chosen",
        mode="markers",
        marker={"symbol": "star", "size": 14, "color": colour, "line": {"color": "#ffffff", "width": 1}},
        legendgroup=name,
        hovertemplate=f"threshold {threshold:.4g}<br>" + HOVER + "<extra></extra>",
    )
