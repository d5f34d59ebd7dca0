"""Pieces of HTML that a notebook shows, a book prints and other pieces hold."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Html:
    """A piece of well-formed HTML, styled inline so that it needs no style sheet.

    >>> Html("<b>loud</b>", text="loud")
    loud
    """

    markup: str
    """The HTML."""
    text: str
    """What it shows, in words: for screens that cannot draw, and for printed books."""

    def __str__(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.markup


def escape(text: str) -> str:
    """Text as it may stand in HTML, also inside quotes."""
    return html.escape(text, quote=True)


def described(alt: str, *, what: str) -> str:
    """The description of a picture, refused where it is empty.

    Raises:
        ValueError: nothing but white space.
    """
    if not alt.strip():
        raise ValueError(f"{what} got alt={alt!r}; say in words what is to be seen")
    return alt.strip()


def figure(body: str, *, kind: str, caption: str, width: int | None = None) -> str:
    """A `<figure>` of class `avl avl-KIND`; the caption is plain text."""
    size = "" if width is None else f"max-width:{width}px;"
    words = f'<figcaption class="avl-caption" style="{CAPTION}">{escape(caption)}</figcaption>' if caption else ""
    return f'<figure class="avl avl-{kind}" style="margin:0;{size}">{body}{words}</figure>'


def image(source: str, *, alt: str, pixelated: bool = False) -> str:
    """An `<img>` as wide as its figure. `dark-light` keeps a dark theme from dimming it."""
    crisp = "image-rendering:pixelated;" if pixelated else ""
    style = f"display:block;width:100%;height:auto;margin:0;padding:0;background:none;{crisp}"
    return f'<img class="dark-light" alt="{escape(alt)}" src="{source}" style="{style}" />'


def gallery(pieces: Sequence[Html], *, columns: int = 4, caption: str = "") -> Html:
    """Pieces in a grid of at most `columns` columns, fewer where the screen is narrow.

    Raises:
        ValueError: no pieces or no columns.
    """
    if not pieces or columns < 1:
        raise ValueError(f"gallery got {len(pieces)} pieces and columns={columns}; give at least one of each")
    gap = 14
    share = f"calc((100% - {gap * (columns - 1)}px) / {columns})"
    tracks = f"repeat(auto-fill, minmax(min(100%, max({share}, 110px)), 1fr))"
    grid = f"display:grid;grid-template-columns:{tracks};gap:{gap}px;align-items:start;"
    body = f'<div class="avl-grid" style="{grid}">{"".join(piece.markup for piece in pieces)}</div>'
    return Html(figure(body, kind="gallery", caption=caption), _words(pieces, caption))


def side_by_side(*pieces: Html, caption: str = "") -> Html:
    """Pieces in one row at their own widths; they wrap where the screen is narrow.

    Raises:
        ValueError: no pieces.
    """
    if not pieces:
        raise ValueError("side_by_side got no pieces; give at least one")
    cells = "".join(f'<div style="flex:0 1 auto;min-width:0;">{piece.markup}</div>' for piece in pieces)
    body = f'<div class="avl-row" style="display:flex;flex-wrap:wrap;gap:18px;align-items:flex-start;">{cells}</div>'
    return Html(figure(body, kind="row", caption=caption), _words(pieces, caption))


CAPTION = "margin:.35em 0 0;padding:0;font-size:.86em;font-weight:400;text-align:left;color:inherit;opacity:.85;"


def _words(pieces: Sequence[Html], caption: str) -> str:
    return "\n".join([*([caption] if caption else []), *(piece.text for piece in pieces)])
