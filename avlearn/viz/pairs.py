"""A matched pair: what is seen and what is heard of one source."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from avlearn.viz.drawing import bitmap, drawing, pixels
from avlearn.viz.heat import Ends
from avlearn.viz.markup import Html, described, figure, image
from avlearn.viz.pictures import Picture, heat_map
from avlearn.viz.sounds import sound_picture, upright

DIM = 0.15
"""Brightness of what belongs to other sources."""


def matched_pair(
    picture: Picture,
    heat: Float[Tensor, "h w"],
    log_mel: Float[Tensor, "*one frames mels"],
    cells: Float[Tensor, "t f"],
    *,
    alt: str,
    limits: Ends | None = None,
    boxes: bool = True,
    caption: str = "",
    width: int = 220,
) -> Html:
    """Where a source is seen, and below it the spectrogram of all that is heard, bright where it is this source.

    Time goes to the right and pitch upwards.

    Args:
        picture: of the scene.
        heat: where the source is seen.
        log_mel: spectrogram of the scene's sound.
        cells: share of each cell of the sound's feature map that belongs to the source, in [0, 1].
        alt: what is to be seen, in words.
        limits: values of the cold and the hot end of the heat; fix them to compare the pairs of a scene.
        boxes: whether to draw the boxes of a scene whose truth is known.
        caption: one line below.
        width: in CSS pixels.

    Raises:
        ValueError: `alt` is empty, or what `heat_map` refuses.

    >>> import torch
    >>> picture, log_mel = torch.zeros(3, 8, 8, dtype=torch.uint8), torch.zeros(16, 8)
    >>> matched_pair(picture, torch.eye(4), log_mel, torch.eye(4), alt="One source")
    One source: where it is seen. One source: its part of the sound.
    """
    alt = described(alt, what="matched_pair")
    where, what = f"{alt}: where it is seen.", f"{alt}: its part of the sound."
    seen = heat_map(picture, heat, alt=where, limits=limits, boxes=boxes, width=width)
    part = bitmap(pixels(_lit(sound_picture(log_mel), upright(cells))), (0, 0, width, width))
    heard = image(drawing([part], width=width, height=width), alt=what)
    body = f'<div style="margin-bottom:.6em;">{seen.markup}</div>{heard}'
    return Html(figure(body, kind="pair", caption=caption, width=width), f"{where} {what}")


def _lit(picture: UInt8[Tensor, "3 H W"], shares: Float[Tensor, "f t"]) -> UInt8[Tensor, "3 H W"]:
    light = F.interpolate(shares[None, None].detach().cpu().float(), picture.shape[1:], mode="nearest")[0]
    return (picture * (DIM + (1 - DIM) * light.clamp(0, 1))).round().byte()
