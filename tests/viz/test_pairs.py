from __future__ import annotations

from xml.etree import ElementTree

import pytest
import torch

from avlearn.viz import matched_pair, upright
from avlearn.viz.markup import Html


def pair(scene, **words):
    cells = torch.tensor([[1.0, 0.0], [0.0, 0.5]])
    given = {"alt": "Pair 1", "limits": (0, 1), "caption": "mass 0.30"} | words
    return matched_pair(scene, torch.rand(4, 8), torch.rand(16, 8), cells, **given)


def halves(html, drawn):
    images = ElementTree.fromstring(html.markup).iter("img")
    return [drawn(Html(f"<p>{ElementTree.tostring(image, encoding='unicode')}</p>", text="")) for image in images]


def test_the_picture_is_above_and_the_sound_below(scene, drawn):
    above, below = halves(pair(scene), drawn)
    assert above.img.attrib["alt"] == "Pair 1: where it is seen."
    assert below.img.attrib["alt"] == "Pair 1: which cells of the sound it is."
    assert above.places("rect")
    assert not below.places("rect")
    assert "mass 0.30" in pair(scene).markup


def test_the_cells_lie_the_right_way_up(scene, drawn):
    _, below = halves(pair(scene), drawn)
    glow = below.bitmaps[1]
    cover = upright(torch.tensor([[1.0, 0.0], [0.0, 0.5]])) > 0
    assert glow.shape == (2, 2, 4)
    assert ((glow[..., 3] > 0) == cover.numpy()).all()


def test_boxes_can_be_left_out(scene, drawn):
    assert not halves(pair(scene, boxes=False), drawn)[0].places("rect")


def test_words_are_needed(scene):
    with pytest.raises(ValueError, match="matched_pair got alt="):
        pair(scene, alt=" ")
