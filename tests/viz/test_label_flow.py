from __future__ import annotations

import pytest

from avlearn.viz import label_flow

SVG = "{http://www.w3.org/2000/svg}"
CROSSED = {"video": ("audio",), "audio": ("video",)}


def lines(sheet):
    return [path for path in sheet.svg.iter(f"{SVG}path") if path.attrib["fill"] == "none"]


@pytest.mark.parametrize(
    ("targets", "boxes", "arrows"),
    [
        (CROSSED, ["video", "sound", "video", "sound"], 2),
        ({"video": ("joint",), "audio": ("joint",)}, ["both", "video", "sound"], 2),
        ({"video": ("video", "audio"), "audio": ("audio", "video")}, ["video", "sound", "video", "sound"], 4),
        ({"video": ("video_twin",), "video_twin": ("video",)}, ["video", "video twin"] * 2, 2),
    ],
)
def test_every_set_and_every_network_has_a_box_and_every_lesson_an_arrow(drawn, targets, boxes, arrows):
    sheet = drawn(label_flow(targets, alt="Flow."))
    assert [text for text in sheet.texts if text not in ("clusters of", "are learnt by")] == boxes
    assert len(sheet.places("rect")) == len(boxes)
    assert len(lines(sheet)) == arrows


def ends(path):
    start, _, rest = path.attrib["d"].partition("C")
    return float(start.split()[1]), float(rest.split()[-1])


def test_arrows_cross_where_labels_change_sides(drawn):
    down, up = (ends(path) for path in lines(drawn(label_flow(CROSSED, alt="Crossed."))))
    assert down[0] > down[1]  # the lower clusters, those of the sound, go to the upper network
    assert (up[1], up[0]) == down
    own = {name: (name,) for name in CROSSED}
    assert all(start == end for start, end in map(ends, lines(drawn(label_flow(own, alt="Straight.")))))


def test_words_and_networks_are_needed(drawn):
    assert drawn(label_flow(CROSSED, alt="Crossed.")).img.attrib["alt"] == "Crossed."
    with pytest.raises(ValueError, match="got alt=''"):
        label_flow(CROSSED, alt="")
    with pytest.raises(ValueError, match="no targets"):
        label_flow({}, alt="Nothing.")
