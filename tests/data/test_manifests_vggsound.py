from __future__ import annotations

import json

import pytest

from avlearn.data.manifests_vggsound import vggsound, vggss
from avlearn.tasks.box_files import read_box_sets

TRAIN, TEST = "---g-f_I2yQ", "zpWuikVorYg"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "vggsound.csv").write_text(
        f'{TRAIN},1,people marching,train\n{TEST},32,"bird chirping, tweeting",test\n{TRAIN},30,people marching,train\n'
    )
    entries = [{"file": f"{TEST}_000032", "class": "elk bugling", "bbox": [[0.4, 0.25, 0.6, 0.75]]}]
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "vggss.json").write_text(json.dumps(entries))
    return tmp_path


def test_vggsound_by_its_list(folder):
    (folder / "video").mkdir()
    for name in (f"{TRAIN}_000001", f"{TEST}_000032"):
        (folder / "video" / f"{name}.mp4").touch()
    manifest = vggsound(folder)
    assert manifest.classes == ("bird chirping, tweeting", "people marching")
    assert [(clip.name, clip.labels, clip.group) for clip in manifest.clips] == [
        (f"{TRAIN}_000001", (1,), TRAIN),
        (f"{TEST}_000032", (0,), TEST),
        (f"{TRAIN}_000030", (1,), TRAIN),
    ]
    assert [(split.train, split.test) for split in manifest.splits] == [((0, 2), (1,))]
    assert manifest.missing() == [f"{TRAIN}_000030"]


def test_vggss_has_a_clip_for_each_picture_with_boxes(folder):
    (folder / f"{TEST}_32000_42000.mp4").touch()
    manifest = vggss(folder)
    (boxes,) = read_box_sets(folder)
    assert tuple(clip.name for clip in manifest.clips) == boxes.pictures
    assert (manifest.classes, manifest.missing()) == (("elk bugling",), [])
    assert [(split.train, split.test) for split in manifest.splits] == [((), (0,))]


def test_what_is_wrong_is_named(folder):
    (folder / "vggsound.csv").write_text(f"{TRAIN},1,people marching,val\n")
    with pytest.raises(ValueError, match=r"line 1 of .*vggsound\.csv has the split 'val'; it must be train or test"):
        vggsound(folder)
    (folder / "vggsound.csv").write_text(f"{TRAIN}_000001.mp4,people marching\n")
    with pytest.raises(ValueError, match=r"line 1 of .* has 2 of 4 fields: id,start,label,split"):
        vggsound(folder)
    (folder / "vggsound.csv").unlink()
    with pytest.raises(ValueError, match=r"vggsound\.csv is nowhere below .*robots\.ox"):
        vggsound(folder)
    for content, problem in (("{}", "holds a dict"), ('[{"file": "short", "class": "x"}]', "has the entry {'file'")):
        (folder / "metadata" / "vggss.json").write_text(content)
        with pytest.raises(ValueError, match=rf"vggss\.json {problem}"):
            vggss(folder)
    (folder / "metadata" / "vggss.json").unlink()
    with pytest.raises(ValueError, match=r"vggss\.json is nowhere below"):
        vggss(folder)
