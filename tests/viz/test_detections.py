from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn.types import AVBatch
from avlearn.viz import detections, threshold_slider
from avlearn.viz.detections import RIGHT, WRONG

NAMES = ("bell", "brick", "siren")


def taken(*slots: int) -> torch.Tensor:
    return torch.tensor([slot in slots for slot in range(4)])


def outlines(drawn, html) -> list[tuple[str, bool]]:
    rects = [rect.attrib for rect in drawn(html).svg.iter("{http://www.w3.org/2000/svg}rect")]
    return [(rect["stroke"], "stroke-dasharray" in rect) for rect in rects if rect["stroke"] != "#000"]


@pytest.mark.parametrize(
    ("detected", "words", "boxes"),
    [
        (taken(0), ["✓ found", "✓ left alone"], [(RIGHT, False), (RIGHT, True)]),
        (taken(1), ["✗ missed", "✗ false alarm"], [(WRONG, True), (WRONG, False)]),
        (taken(0, 1, 2, 3), ["✓ found", "✗ false alarm"], [(RIGHT, False), (WRONG, False)]),
    ],
)
def test_words_lines_and_colours_agree(scene, drawn, detected, words, boxes):
    html = detections(scene, detected, names=NAMES)
    assert drawn(html).texts == [*words, "♪ off screen: siren"]
    assert outlines(drawn, html) == boxes
    assert drawn(html).img.attrib["alt"] == html.text == f"bell {words[0][2:]}, brick {words[1][2:]}"


def test_own_words_come_first_and_names_are_not_needed(scene):
    assert detections(scene, taken(0), alt="Right.").text == "Right."
    assert detections(scene, taken(0)).text == "an object found, an object left alone"


def test_an_empty_picture_says_so(scene, drawn):
    scene.truth.boxes.zero_()
    assert detections(scene, taken(0)).text == "no object to see"
    assert outlines(drawn, detections(scene, taken(0))) == []


def test_the_slider_counts_all_scenes_and_shows_the_first(scene):
    batch = AVBatch.stack([scene, scene, scene])
    heat = torch.tensor([[0.9, 0.1, 9.0, 9.0], [0.9, 0.8, 9.0, 9.0], [0.2, 0.1, 9.0, 9.0]])
    _, stack = threshold_slider(batch, heat, [0.5, 2.0], shown=2, names=NAMES).children
    low, high = (pane.value for pane in stack.children)
    assert "threshold: 0.5" in low
    assert "precision 0.67, recall 0.67 in 3 scenes: found 2, missed 1, false alarms 1" in low
    assert "precision –, recall 0.00 in 3 scenes: found 0, missed 3, false alarms 0" in high
    assert low.count("<img") == 2
    assert 'alt="bell found, brick false alarm"' in low


def test_scenes_without_truth_are_refused(scene):
    blind = replace(scene, truth=None)
    with pytest.raises(ValueError, match="without its truth"):
        detections(blind, taken(0))
    with pytest.raises(ValueError, match="without its truth"):
        threshold_slider(AVBatch.stack([blind, blind]), torch.zeros(2, 4), [0, 1])
