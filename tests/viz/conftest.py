"""One scene whose every pixel, box and sound is known, and a reader of what the library draws."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from avlearn.types import Scene, Truth
from avlearn.viz import Html

SVG = "{http://www.w3.org/2000/svg}"


class Drawn:
    """A drawing as a browser reads it: well-formed, with its `<img>`, its pixels, its boxes and its words."""

    def __init__(self, html: Html) -> None:
        found = ElementTree.fromstring(html.markup).find(".//img")
        assert found is not None
        self.img = found
        head, body = self.img.attrib["src"].split(",", 1)
        assert head == "data:image/svg+xml"
        self.svg = ElementTree.fromstring(unquote(body))

    @property
    def bitmaps(self) -> list[np.ndarray]:
        """Pixels of every image in the drawing."""
        contents = [element.attrib["href"] for element in self.svg.iter(f"{SVG}image")]
        files = [base64.b64decode(content.removeprefix("data:image/png;base64,")) for content in contents]
        return [np.asarray(Image.open(io.BytesIO(file))) for file in files]

    @property
    def texts(self) -> list[str]:
        """All words in the drawing."""
        return [element.text or "" for element in self.svg.iter(f"{SVG}text")]

    def places(self, tag: str) -> list[tuple[float, ...]]:
        """x, y, width, height of all elements of a kind."""
        return [tuple(float(e.attrib[n]) for n in ("x", "y", "width", "height")) for e in self.svg.iter(SVG + tag)]


@pytest.fixture
def drawn() -> Callable[[Html], Drawn]:
    """Reads a piece of HTML that holds a drawing."""
    return Drawn


@pytest.fixture
def scene() -> Scene:
    """Three frames of 20 x 40 pixels; a bell sounds, a brick is silent, a siren is off screen, one slot is empty."""
    frames = torch.arange(3 * 3 * 20 * 40).remainder(251).to(torch.uint8).reshape(3, 3, 20, 40)
    boxes = torch.zeros(4, 3, 4)
    boxes[0] = torch.tensor([0.25, 0.5, 0.5, 1.0])
    boxes[1] = torch.tensor([0.75, 0.0, 1.0, 0.25])
    truth = Truth(
        classes=torch.tensor([0, 1, 2, -1]),
        sounds=torch.tensor([True, False, True, False]),
        visible=torch.tensor([True, True, False, False]),
        boxes=boxes,
        masks=torch.zeros(4, 3, 20, 40, dtype=torch.bool),
        stems=torch.zeros(4, 100),
        ambience=torch.zeros(100),
    )
    return Scene(frames=frames, waveform=torch.zeros(100), sample_rate=8000, frame_rate=4.0, index=0, truth=truth)
