"""What is in clusters of clips: some pictures of each, in rows."""

from __future__ import annotations

from collections.abc import Sequence

from avlearn.viz.drawing import bitmap, drawing, heading, pixels
from avlearn.viz.markup import Html, described, figure, image
from avlearn.viz.pictures import GAP, TITLE, Picture, middle_frame


def cluster_sheet(
    rows: Sequence[Sequence[Picture]], titles: Sequence[str], *, alt: str, caption: str = "", width: int = 84
) -> Html:
    """One row of pictures for each cluster, below its title; of clips, the middle frames are shown.

    Args:
        rows: for each cluster, some of its clips or their pixels; none for an empty one.
        titles: one for each cluster, such as its number, its size, and what is in it.
        alt: what is to be seen, in words; the titles follow it.
        caption: one line below.
        width: of one picture, in CSS pixels.

    Raises:
        ValueError: no clusters, not one title for each, or `alt` is empty.

    >>> import torch
    >>> cluster_sheet([[torch.zeros(3, 8, 8, dtype=torch.uint8)]], ["1: one clip"], alt="A cluster.")
    A cluster. 1: one clip.
    """
    if not rows or len(titles) != len(rows):
        raise ValueError(f"{len(titles)} titles for {len(rows)} clusters; give at least one cluster, and each a title")
    words = " ".join([described(alt, what="cluster_sheet"), *(f"{title}." for title in titles)])
    parts, top, right = [], 0.0, float(width)
    for row, title in zip(rows, titles, strict=True):
        parts.append(heading(title, 0, top + TITLE - 6))
        top += TITLE
        pictures = [middle_frame(picture) for picture in row]
        tall = max((width * one.shape[1] / one.shape[2] for one in pictures), default=0.0)
        for place, one in enumerate(pictures):
            left = place * (width + GAP)
            parts.append(bitmap(pixels(one), (left, top, width, width * one.shape[1] / one.shape[2])))
            right = max(right, left + width)
        top += tall + GAP
    right = max(right, 8.0 * max(map(len, titles)))  # room for the letters
    source = drawing(parts, width=right, height=top)
    return Html(figure(image(source, alt=words), kind="picture", caption=caption, width=round(right)), words)
