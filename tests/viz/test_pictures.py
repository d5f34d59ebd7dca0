from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from avlearn import viz

NAMES = ("bell", "brick", "siren")


def test_scene_shows_the_middle_frame_pixel_by_pixel(scene, drawn):
    (shown,) = drawn(viz.scene(scene, alt="A bell.", boxes=False)).bitmaps
    np.testing.assert_array_equal(shown, scene.frames[:, 1].movedim(0, -1).numpy())


def test_boxes_lie_where_the_truth_says(scene, drawn):
    picture = drawn(viz.scene(scene, alt="A bell.", width=400))
    assert picture.places("image") == [(0, 0, 400, 200)]
    # Each box is drawn twice: its dark edge, then itself
    bell, brick = (100, 100, 100, 100), (300, 0, 100, 50)
    assert picture.places("rect") == [bell, bell, brick, brick]


def test_what_is_silent_is_dashed_and_what_sounds_has_a_note(scene, drawn):
    picture = drawn(viz.scene(scene, alt="A bell.", names=NAMES))
    dashes = ["stroke-dasharray" in rect.attrib for rect in picture.svg.iter("{http://www.w3.org/2000/svg}rect")]
    assert dashes == [False, False, False, True]
    assert picture.texts == ["♪ bell", "brick", "♪ off screen: siren"]


def test_a_scene_of_unknown_truth_has_no_boxes(scene, drawn):
    assert drawn(viz.scene(replace(scene, truth=None), alt="A bell.")).places("rect") == []


def test_alt_and_caption_are_escaped_and_caption_stays_text(scene):
    html = viz.scene(scene, alt='"<b>" & co', caption="<script>")
    img = ElementTree.fromstring(html.markup).find(".//img")
    assert img.attrib["alt"] == '"<b>" & co'
    assert "<script>" not in html.markup
    assert repr(html) == '"<b>" & co'


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_every_picture_asks_for_words(scene, alt):
    clusters = torch.full((2, 4, 4), 0.5)
    for show in (
        lambda: viz.scene(scene, alt=alt),
        lambda: viz.clip(scene, alt=alt),
        lambda: viz.heat_map(scene, clusters[0], alt=alt),
        lambda: viz.assignments(scene, clusters, alt=alt),
        lambda: viz.segmentation(scene, clusters, alt=alt),
    ):
        with pytest.raises(ValueError, match="alt"):
            show()


def test_heat_map_covers_cells_and_marks_the_peak(scene, drawn):
    heat = torch.zeros(2, 4)
    heat[1, 2] = 3.0
    picture = drawn(viz.heat_map(scene, heat, alt="Hot below.", width=400))
    ground, cover = picture.bitmaps[:2]
    assert ground.shape == (20, 40)
    assert cover.shape == (2, 4, 4)
    assert (cover[..., 3] > 0).tolist() == (heat > 0).tolist()
    assert picture.places("image")[:2] == [(0, 0, 400, 200)] * 2
    cross = next(picture.svg.iter("{http://www.w3.org/2000/svg}path"))
    assert cross.attrib["d"].startswith("M243.0 150.0h14")  # the middle of the cell is (250, 150)
    assert picture.texts == ["0", "3"]


def test_fixed_limits_make_maps_comparable(scene, drawn):
    weak, strong = (
        drawn(viz.heat_map(scene, torch.full((2, 2), value), alt="Heat.", limits=(0, 1))).bitmaps[1]
        for value in (0.2, 0.9)
    )
    assert (weak[..., 3] < strong[..., 3]).all()


def test_heat_map_of_a_clip_or_of_bare_pixels(scene, drawn):
    heat = torch.rand(3, 3, generator=torch.Generator().manual_seed(0))
    bare = viz.heat_map(scene.frames[:, 1], heat, alt="Heat.")
    assert bare.markup == viz.heat_map(scene, heat, alt="Heat.").markup
    assert len(drawn(viz.heat_map(scene, heat, alt="Heat.", boxes=True)).places("rect")) == 4


def test_assignments_show_each_cluster_once_and_the_picture_only_once(scene, drawn):
    clusters = torch.tensor([0.75, 0.25])[:, None, None].expand(2, 4, 4)
    picture = drawn(viz.assignments(scene, clusters, alt="Two clusters."))
    assert picture.texts == ["1: 75%", "2: 25%"]
    assert len(picture.bitmaps) == 1 + 2
    with pytest.raises(ValueError, match="1 titles for 2 clusters"):
        viz.assignments(scene, clusters, alt="Two clusters.", titles=["only one"])


def test_assignments_start_a_new_row_after_the_last_column(scene, drawn):
    picture = drawn(viz.assignments(scene, torch.rand(5, 2, 2), alt="Five.", columns=2, width=100))
    corners = [place[:2] for place in picture.places("image")[1:]]
    assert len({x for x, _ in corners}) == 2
    assert len({y for _, y in corners}) == 3


def test_segmentation_paints_the_strongest_cluster_and_numbers_it(scene, drawn):
    clusters = torch.tensor([[[0.9, 0.2]], [[0.1, 0.8]], [[0.0, 0.0]]])
    picture = drawn(viz.segmentation(scene, clusters, alt="Two regions."))
    left, right = picture.bitmaps[1][0]
    assert tuple(left[:3]) == viz.palette.rgb(viz.palette.CLUSTERS[0])
    assert tuple(right[:3]) == viz.palette.rgb(viz.palette.CLUSTERS[1])
    assert left[3] > right[3]
    assert picture.texts == ["1", "2"]


def test_clip_tells_the_time_of_every_frame(scene, drawn):
    html = viz.clip(scene, alt="A bell swings.", boxes=False)
    picture = drawn(html)
    assert picture.texts == ["0.00 s", "0.25 s", "0.50 s"]
    for frame, shown in enumerate(picture.bitmaps):
        np.testing.assert_array_equal(shown, scene.frames[:, frame].movedim(0, -1).numpy())


def test_the_moving_picture_waits_for_the_reader(scene):
    details = ElementTree.fromstring(viz.clip(scene, alt="A bell swings.").markup).find(".//details")
    assert "open" not in details.attrib
    assert details.find(".//img").attrib["alt"] == "A bell swings. (moving)"


def test_a_still_is_no_clip(scene):
    with pytest.raises(ValueError, match="one frame"):
        viz.clip(replace(scene, frames=scene.frames[:, :1]), alt="A bell.")
