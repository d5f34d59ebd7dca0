"""Who learns whose clusters: the one thing in which schemes of deep clustering differ, as a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from avlearn.viz.drawing import Length, drawing, heading
from avlearn.viz.markup import Html, described, escape, figure, image
from avlearn.viz.palette import FONT, ORANGE, TEAL, VIOLET, translucent

WIDE, TALL, STEP = 92, 28, 44
"""A box, and from one box to the next, in CSS pixels."""
ACROSS, DOWN = 168, 26
"""Left end of the right boxes, and top of the first row."""


def label_flow(targets: Mapping[str, Sequence[str]], *, alt: str, caption: str = "") -> Html:
    """Clusters on the left, networks on the right, and an arrow from each set of clusters to whoever learns it.

    Args:
        targets: network -> the sets of clusters that it learns, as in `avlearn.models.xdc.TARGETS`.
        alt: what is to be seen, in words.
        caption: one line below.

    Raises:
        ValueError: no networks, or `alt` is empty.

    >>> label_flow({"video": ["audio"], "audio": ["video"]}, alt="Labels change sides.")
    Labels change sides.
    """
    if not targets:
        raise ValueError("label_flow got no targets; give at least one network and what it learns")
    alt = described(alt, what="label_flow")
    learnt = {labels for some in targets.values() for labels in some}
    sets = [name for name in targets if name in learnt] + sorted(learnt - set(targets))
    height = DOWN + STEP * max(len(sets), len(targets))
    rows = {name: _row(place, len(targets), height) for place, name in enumerate(targets)}
    tops = {name: _row(place, len(sets), height) for place, name in enumerate(sets)}
    parts = [heading("clusters of", 0, 14), heading("are learnt by", ACROSS, 14)]
    parts += [_arrow(tops[name], rows[network], name) for network, some in targets.items() for name in some]
    parts += [_box(name, 0, top) for name, top in tops.items()]
    parts += [_box(name, ACROSS, top) for name, top in rows.items()]
    source = drawing(parts, width=ACROSS + WIDE + 2, height=height)
    return Html(figure(image(source, alt=alt), kind="picture", caption=caption, width=ACROSS + WIDE + 2), alt)


def _row(place: int, count: int, height: Length) -> float:
    # Both columns are centred on one line
    return DOWN + (height - DOWN - STEP * count) / 2 + STEP * place + 4


def _colour(name: str) -> str:
    return ORANGE if name.startswith("video") else TEAL if name.startswith("audio") else VIOLET


def _box(name: str, left: Length, top: float) -> str:
    colour, shown = _colour(name), escape(name.replace("audio", "sound").replace("_", " ").replace("joint", "both"))
    frame = f'x="{left + 1:g}" y="{top:g}" width="{WIDE}" height="{TALL}" rx="7"'
    return (
        f'<rect {frame} fill="{translucent(colour, 0.14)}" stroke="{colour}" stroke-width="1.6"/>'
        f'<text x="{left + 1 + WIDE / 2:g}" y="{top + TALL / 2 + 4.5:g}" text-anchor="middle" '
        f'font-family="{escape(FONT)}" font-size="13" font-weight="600" fill="{colour}">{shown}</text>'
    )


def _arrow(start: float, end: float, name: str) -> str:
    x0, x1, y0, y1 = WIDE + 4, ACROSS - 3, start + TALL / 2, end + TALL / 2
    colour, middle = _colour(name), (x0 + x1) / 2
    path = f"M{x0} {y0:g}C{middle:g} {y0:g} {middle:g} {y1:g} {x1 - 7} {y1:g}"
    tip = f"M{x1} {y1:g}l-9 -4.5v9z"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/><path d="{tip}" fill="{colour}"/>'
