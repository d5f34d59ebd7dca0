"""Heat as a glow over a grey picture: where there is none, the picture shows through."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from avlearn.viz.drawing import Length, Place, bitmap, heading
from avlearn.viz.palette import COLD, HEAT, colour_map

Ends = tuple[int | float, int | float]
"""Values of the cold and of the hot end."""
OPAQUE = 230
"""Cover of the hottest cell, of 255."""


def ends(heat: Float[Tensor, "h w"], limits: Ends | None) -> Ends:
    """Values of the cold and of the hot end: as asked, or the extremes of the map.

    Raises:
        ValueError: the heat isn't finite, or the limits are in the wrong order.
    """
    if not bool(heat.isfinite().all()):
        raise ValueError("the heat map has values that aren't finite; look for a division by zero")
    low, high = (float(heat.min()), float(heat.max())) if limits is None else limits
    if low > high:
        raise ValueError(f"limits are {limits}; give (cold end, hot end)")
    return low, high


def glow(heat: Float[Tensor, "h w"], low: int | float, high: int | float) -> UInt8[np.ndarray, "h w 4"]:
    """Colours that cover the more, the hotter. If zero lies between the ends, zero covers nothing and less is blue."""
    heat = heat.detach().cpu().float()
    if low < 0 < high:
        level = heat / max(-low, high)
        hot, cold = level.clamp(0, 1), (-level).clamp(0, 1)
    else:
        hot = ((heat - low) / max(high - low, 1e-12)).clamp(0, 1)
        cold = torch.zeros_like(hot)
    warm = colour_map(0.15 + 0.85 * hot, HEAT)
    chill = colour_map(cold, COLD)
    colours = np.where((cold > 0).numpy()[..., None], chill, warm)
    cover = (OPAQUE * torch.maximum(hot, cold) ** 0.8).round().byte().numpy()
    return np.dstack([colours, cover])


def scale_bar(low: int | float, high: int | float, *, width: Length, top: Length) -> list[str]:
    """The colours from the cold to the hot end, with the numbers of both."""
    ramp = glow(torch.linspace(low, high, 64).unsqueeze(0), low, high)
    bar: Place = (48, top + 9, width - 96, 10)
    ground = bitmap(np.full((1, 1), 70, dtype=np.uint8), bar)
    numbers = [
        heading(f"{low:.2g}".replace("-", "−"), 42, top + 18, anchor="end", size=11),
        heading(f"{high:.2g}".replace("-", "−"), width - 42, top + 18, size=11),
    ]
    return [ground, bitmap(ramp, bar, smooth=True), *numbers]


def peak(heat: Float[Tensor, "h w"], place: Place) -> tuple[Length, Length]:
    """Middle of the hottest cell."""
    rows, columns = heat.shape
    row, column = divmod(int(heat.argmax()), columns)
    return place[0] + (column + 0.5) * place[2] / columns, place[1] + (row + 0.5) * place[3] / rows
