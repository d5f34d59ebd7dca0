"""Drawings of pixels and outlines, as SVG that a page shows as one image.

Pixels stay what they are, as small PNGs; outlines and letters stay sharp at every size. Lengths are CSS pixels at the
drawing's natural size.
"""

from __future__ import annotations

import base64
import io
from urllib.parse import quote

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from avlearn.viz.markup import escape
from avlearn.viz.palette import FONT, TEXT

HEARD, SEEN = "#ffc23d", "#ffffff"
"""Outlines of things that are heard, and of things that are only seen."""

Length = int | float
"""CSS pixels."""
Place = tuple[Length, Length, Length, Length]
"""Left, top, width and height."""


def png(pixels: UInt8[np.ndarray, "H W *channels"]) -> bytes:
    """Grey (H, W), colour (H, W, 3) or translucent (H, W, 4) pixels as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG", optimize=True)
    return file.getvalue()


def data_uri(content: bytes, kind: str) -> str:
    """A file as an address that needs no network."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def pixels(picture: UInt8[Tensor, "3 H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """A picture as Pillow wants it."""
    return np.ascontiguousarray(picture.movedim(0, -1).cpu().numpy())


def grey(picture: UInt8[Tensor, "3 H W"]) -> UInt8[np.ndarray, "H W"]:
    """Lightness of a picture, a little darkened, as the ground for colours."""
    return (np.asarray(Image.fromarray(pixels(picture)).convert("L")) * 0.75).astype(np.uint8)


def drawing(parts: list[str], *, width: Length, height: Length) -> str:
    """SVG parts as the address of one image."""
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
    return "data:image/svg+xml," + quote(svg, safe="/+=:;,()!*@?$~'")


def bitmap(content: UInt8[np.ndarray, "H W *channels"], place: Place, *, smooth: bool = False, name: str = "") -> str:
    """Pixels stretched over a place, as squares or smoothly."""
    x, y, width, height = place
    label = f'id="{name}" ' if name else ""
    style = f"image-rendering:{'auto' if smooth else 'pixelated'};clip-path:inset(0 round 4px)"
    return (
        f'<image {label}x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" preserveAspectRatio="none" '
        f'style="{style}" href="{data_uri(png(content), "image/png")}"/>'
    )


def outline(place: Place, *, heard: bool) -> str:
    """A box: solid for what is heard, dashed for what is only seen."""
    return edged(place, colour=HEARD if heard else SEEN, dashed=not heard)


def edged(place: Place, *, colour: str, dashed: bool) -> str:
    """A box with a dark edge that shows on any ground."""
    x, y, width, height = place
    box = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" rx="2" fill="none"'
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<rect {box} stroke="#000" stroke-opacity=".6" stroke-width="4"/>'
        f'<rect {box} stroke="{colour}" stroke-width="2"{dash}/>'
    )


def words(text: str, x: Length, y: Length, *, size: Length = 12, anchor: str = "start", colour: str = "#fff") -> str:
    """Letters with a dark edge that reads on any ground; (x, y) is the foot of the line."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{escape(FONT)}" font-size="{size:g}" '
        f'font-weight="600" fill="{colour}" stroke="#000" stroke-opacity=".75" stroke-width="3" '
        f'stroke-linejoin="round" paint-order="stroke">{escape(text)}</text>'
    )


def cross(x: Length, y: Length) -> str:
    """A mark at one point."""
    path = f"M{x - 7:.1f} {y:.1f}h14M{x:.1f} {y - 7:.1f}v14"
    return (
        f'<path d="{path}" stroke="#000" stroke-opacity=".7" stroke-width="5" stroke-linecap="round"/>'
        f'<path d="{path}" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/>'
    )


def heading(text: str, x: Length, y: Length, *, size: Length = 12, anchor: str = "start") -> str:
    """Letters on the page's own ground, in a colour that reads on light and on dark."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{escape(FONT)}" font-size="{size:g}" '
        f'font-weight="600" fill="{TEXT}">{escape(text)}</text>'
    )
