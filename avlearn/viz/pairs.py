"""A matched pair: what is seen and what is heard of one source."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from avlearn.viz.heat import Ends
from avlearn.viz.markup import Html, described, figure
from avlearn.viz.pictures import Picture, heat_map
from avlearn.viz.sounds import sound_picture, upright


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
    """Where a source is seen, and below it which cells of the spectrogram it is: time to the right, pitch upwards.

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
    One source: where it is seen. One source: which cells of the sound it is.
    """
    alt = described(alt, what="matched_pair")
    where = f"{alt}: where it is seen."
    what = f"{alt}: which cells of the sound it is."
    above = heat_map(picture, heat, alt=where, limits=limits, boxes=boxes, width=width)
    below = heat_map(sound_picture(log_mel), upright(cells), alt=what, limits=(0, 1), width=width)
    body = f'<div style="margin-bottom:.6em;">{above.markup}</div>{below.markup}'
    return Html(figure(body, kind="pair", caption=caption, width=width), f"{where} {what}")
