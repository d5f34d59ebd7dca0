from __future__ import annotations

import pytest

from avlearn.data.manifests_ave import FIELDS, ave

BELL, TWO = "RUhOCu3LNXM", "MH3m4AwEcRY"
LINES = (f"Church bell&{BELL}&good&0&10", f"Dog&{TWO}&good&1&4", f"Church bell&{TWO}&good&6&8")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Annotations.txt").write_text("\n".join((FIELDS, *LINES)))
    for name, lines in (("trainSet", LINES[:1]), ("valSet", LINES[1:2]), ("testSet", LINES[2:])):
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_clip_is_the_video_of_an_event(folder):
    (folder / "AVE").mkdir()
    (folder / "AVE" / f"{TWO}.mp4").touch()
    manifest = ave(folder)
    assert manifest.classes == ("Church bell", "Dog")
    assert [(clip.name, clip.labels, clip.group) for clip in manifest.clips] == [
        (f"Church bell&{BELL}", (0,), BELL),
        (f"Dog&{TWO}", (1,), TWO),
        (f"Church bell&{TWO}", (0,), TWO),
    ]
    assert [(split.train, split.test) for split in manifest.splits] == [((0,), (2,))]
    assert manifest.missing() == [f"Church bell&{BELL}"]


def test_the_folder_of_the_archive_may_be_inside_and_lists_without_a_head(folder, tmp_path):
    inner = tmp_path / "AVE_Dataset"
    inner.mkdir()
    (folder / "Annotations.txt").unlink()
    (inner / "Annotations.txt").write_text("\n".join(LINES))
    manifest = ave(tmp_path)
    assert (len(manifest), manifest.splits) == (3, ())


def test_what_is_wrong_is_named(folder):
    (folder / "testSet.txt").write_text("Church bell&x\n")
    with pytest.raises(ValueError, match=r"testSet\.txt has the line 'Church bell&x'; each must be Category&VideoID"):
        ave(folder)
    (folder / "Annotations.txt").unlink()
    with pytest.raises(ValueError, match=r"Annotations\.txt lies neither in .*YapengTian"):
        ave(folder)
