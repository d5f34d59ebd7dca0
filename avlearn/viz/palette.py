"""Colours and type that every figure shares.

All line colours stand out from white and from near-black at least 2.9 to 1, so one figure serves both themes. Shapes,
dashes and words repeat whatever a colour says.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from plotly.colors import get_colorscale, hex_to_rgb, sample_colorscale, unlabel_rgb
from torch import Tensor

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

TEAL, ORANGE, VIOLET, PINK, BLUE, OLIVE, GREY = (
    "#0b8f80",
    "#dd6a12",
    "#7d55e6",
    "#dd5f9f",
    "#2f86d9",
    "#8a9a1c",
    "#7b8794",
)
SERIES = (TEAL, ORANGE, VIOLET, BLUE, PINK, OLIVE)
"""Colours of methods, classes and sounds, in order of use."""
CLUSTERS = (VIOLET, "#3f9a43", "#e0a020", BLUE, PINK, TEAL, "#c2452d", OLIVE, "#5d6fd3", "#a0714a")
"""Colours of clusters; number them too."""
TEXT = "#737f8c"
"""Text of plotly figures: reads on both grounds where no page restyles it."""
FAINT = "rgba(128, 138, 150, 0.28)"
"""Grid lines and borders."""

HEAT = get_colorscale("Inferno")
"""Perceptually uniform scale of heat maps."""
COLD = [[0.0, "rgb(40, 70, 140)"], [1.0, "rgb(120, 200, 255)"]]
"""Scale of what speaks against: heat below zero."""
SEQUENTIAL = get_colorscale("Viridis")
"""Perceptually uniform scale of amounts."""
DIVERGING = get_colorscale("RdBu_r")
"""Scale of values on both sides of zero."""


def cycle(colours: tuple[str, ...], index: int) -> str:
    """Colour number `index`; starts again where the colours end."""
    return colours[index % len(colours)]


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a `#rrggbb` colour."""
    red, green, blue = hex_to_rgb(colour)
    return red, green, blue


def translucent(colour: str, opacity: float) -> str:
    """A `#rrggbb` colour as CSS that lets the ground through."""
    red, green, blue = rgb(colour)
    return f"rgba({red}, {green}, {blue}, {opacity})"


def colour_map(values: Float[Tensor, "H W"], scale: list[list[object]]) -> UInt8[np.ndarray, "H W 3"]:
    """Values in [0, 1] through a plotly colour scale."""
    steps = sample_colorscale(scale, 256)
    colours = np.array([unlabel_rgb(step) for step in steps]).round().astype(np.uint8)
    picked: UInt8[np.ndarray, "H W 3"] = colours[(values.clamp(0, 1) * 255).round().long().numpy()]
    return picked
