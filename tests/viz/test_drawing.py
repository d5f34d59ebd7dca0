from __future__ import annotations

import io
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from avlearn.viz.drawing import bitmap, cross, drawing, edged, grey, heading, outline, png, words


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3), (3, 5, 4)])
def test_png_loses_nothing(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(pixels)))), pixels)


def test_grey_is_darker_than_the_picture_and_keeps_order():
    picture = torch.tensor([0, 100, 200], dtype=torch.uint8).expand(3, 1, 3)
    assert grey(picture).tolist() == [[0, 75, 150]]


def test_a_drawing_is_well_formed_and_safe_inside_quotes():
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    parts = [bitmap(pixels, (0, 0, 9, 9)), outline((1, 2, 3, 4), heard=False), words('a"<&', 1, 2), cross(4, 4)]
    source = drawing([*parts, heading("♪", 0, 9)], width=9, height=9)
    assert not set('"<>& #') & set(source)
    svg = ElementTree.fromstring(unquote(source.removeprefix("data:image/svg+xml,")))
    assert [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")] == ['a"<&', "♪"]


def test_pixels_stay_squares_unless_asked():
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    assert "image-rendering:pixelated" in bitmap(pixels, (0, 0, 9, 9))
    assert "image-rendering:auto" in bitmap(pixels, (0, 0, 9, 9), smooth=True)


def test_a_box_has_a_dark_edge_below_its_colour():
    dark, bright = edged((1, 2, 3, 4), colour="#123456", dashed=True).split("/>")[:2]
    assert 'stroke="#000"' in dark
    assert 'stroke="#123456"' in bright
    assert "stroke-dasharray" in bright
    assert "stroke-dasharray" not in edged((1, 2, 3, 4), colour="#123456", dashed=False)
