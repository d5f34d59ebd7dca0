from __future__ import annotations

from xml.etree import ElementTree

import pytest
import torch

from avlearn.viz import matched_pair, sound_picture
from avlearn.viz.markup import Html

LOG_MEL = torch.arange(16.0 * 8).reshape(16, 8)
CELLS = torch.tensor([[1.0, 0.0], [0.0, 0.5]])
"""The first half of the time has the low bands alone; the second half of the time has half of the high ones."""


def pair(scene, **words):
    given = {"alt": "Pair 1", "limits": (0, 1), "caption": "mass 0.30"} | words
    return matched_pair(scene, torch.rand(4, 8), LOG_MEL, CELLS, **given)


def halves(html, drawn):
    images = ElementTree.fromstring(html.markup).iter("img")
    return [drawn(Html(f"<p>{ElementTree.tostring(image, encoding='unicode')}</p>", text="")) for image in images]


def test_the_picture_is_above_and_the_sound_below(scene, drawn):
    above, below = halves(pair(scene), drawn)
    assert above.img.attrib["alt"] == "Pair 1: where it is seen."
    assert below.img.attrib["alt"] == "Pair 1: its part of the sound."
    assert above.places("rect")
    assert "mass 0.30" in pair(scene).markup


def test_the_sound_is_bright_where_it_belongs_to_the_source(scene, drawn):
    (shown,) = halves(pair(scene), drawn)[1].bitmaps
    whole = sound_picture(LOG_MEL).movedim(0, -1).float().numpy()
    assert shown.shape == (8, 16, 3)  # pitch up, time to the right
    for rows, columns, brightness in (
        (slice(4, 8), slice(0, 8), 1.0),  # low bands, first half
        (slice(0, 4), slice(0, 8), 0.15),
        (slice(4, 8), slice(8, 16), 0.15),
        (slice(0, 4), slice(8, 16), 0.575),
    ):
        assert shown[rows, columns] == pytest.approx(brightness * whole[rows, columns], abs=1)


def test_boxes_can_be_left_out(scene, drawn):
    assert not halves(pair(scene, boxes=False), drawn)[0].places("rect")


def test_words_are_needed(scene):
    with pytest.raises(ValueError, match="matched_pair got alt="):
        pair(scene, alt=" ")
