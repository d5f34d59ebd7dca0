from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.viz import cluster_sheet


def picture(value: int, *, height: int = 8) -> torch.Tensor:
    return torch.full((3, height, 8), value, dtype=torch.uint8)


def test_each_cluster_has_a_row_below_its_title(drawn):
    sheet = drawn(cluster_sheet([[picture(1), picture(2)], [picture(3)]], ["a", "b"], alt="Two.", width=40))
    assert sheet.texts == ["a", "b"]
    assert [int(pixels[0, 0, 0]) for pixels in sheet.bitmaps] == [1, 2, 3]
    first, second, third = sheet.places("image")
    assert first[1] == second[1] < third[1]
    assert first[0] == third[0] < second[0]


def test_of_a_clip_the_middle_frame_is_shown(drawn, scene):
    (shown,) = drawn(cluster_sheet([[scene]], ["a"], alt="One.")).bitmaps
    assert np.array_equal(shown, scene.frames[:, 1].movedim(0, -1).numpy())


def test_pictures_keep_their_shape_and_empty_clusters_their_title(drawn):
    sheet = drawn(cluster_sheet([[picture(1, height=4)], []], ["a", "nothing in it"], alt="Two.", width=40))
    assert sheet.places("image")[0][2:] == (40, 20)
    assert sheet.texts[1] == "nothing in it"


def test_it_says_what_is_to_be_seen(drawn):
    html = cluster_sheet([[picture(1)]], ["7: 12 clips"], alt="A cluster.", caption="Nearest first")
    assert html.text == drawn(html).img.attrib["alt"] == "A cluster. 7: 12 clips."
    assert "Nearest first" in html.markup


@pytest.mark.parametrize(("rows", "titles"), [([], []), ([[]], []), ([[]], ["a", "b"])])
def test_clusters_without_titles_are_refused(rows, titles):
    with pytest.raises(ValueError, match="each a title"):
        cluster_sheet(rows, titles, alt="None.")


def test_words_are_needed():
    with pytest.raises(ValueError, match="cluster_sheet got alt=' '"):
        cluster_sheet([[picture(1)]], ["a"], alt=" ")
