from __future__ import annotations

import pytest

from avlearn.data.manifests_pictures import voc2007


def test_marks_are_read(made, tmp_path):
    manifest = voc2007(made.voc2007(tmp_path))
    (split,) = manifest.splits
    assert (manifest.classes, len(split.train), len(split.test)) == (("apple", "leaf"), 20, 20)
    first, second, third, fourth = manifest.clips[:4]
    assert (first.labels, first.unsure) == ((0,), (1,))
    assert (second.labels, third.labels, fourth.labels) == ((1,), (0,), ())
    assert manifest.missing() == []


def test_the_folder_itself_may_be_given(made, tmp_path):
    inner = made.voc2007(tmp_path) / "VOCdevkit" / "VOC2007"
    assert [clip.name for clip in voc2007(inner).clips] == [clip.name for clip in voc2007(tmp_path).clips]


def test_what_is_wrong_is_named(made, tmp_path):
    with pytest.raises(ValueError, match=r"ImageSets/Main lies neither.*VOCtrainval"):
        voc2007(tmp_path)
    lists = made.voc2007(tmp_path) / "VOCdevkit" / "VOC2007" / "ImageSets" / "Main"
    (lists / "leaf_test.txt").write_text("000020 2\n")
    with pytest.raises(ValueError, match=r"leaf_test.txt has the line '000020 2'"):
        voc2007(tmp_path)
    (lists / "leaf_test.txt").unlink()
    with pytest.raises(ValueError, match=r"leaf_test.txt is missing; unpack VOCtrainval"):
        voc2007(tmp_path)
