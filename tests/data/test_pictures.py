"""Banks of real pictures and cutouts of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from avlearn.data.pictures import PictureBank, cut_out, paste

DRAWS = np.array([0.3, 0.6])
STILL = np.zeros((4, 1))
PHOTOS = np.random.default_rng(0).integers(1, 255, (4, 8, 8, 3), dtype=np.uint8)


def _bank(**changes: Any) -> PictureBank:
    return PictureBank(**{"images": PHOTOS, "labels": np.array([0, 0, 1, 1]), "class_names": ("cat", "dog"), **changes})


def test_take_keeps_pictures_with_their_labels() -> None:
    bank = _bank().take([3, 0])
    np.testing.assert_array_equal(bank.images, PHOTOS[[3, 0]])
    assert bank.labels.tolist() == [1, 0]
    assert len(bank) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((2, 8), np.uint8)}, r"uint8 \(2, 8\); give uint8"),
        ({"images": np.zeros((4, 8, 8, 4), np.uint8)}, "give uint8"),
        ({"images": np.zeros((0, 8, 8), np.uint8)}, "give at least one picture"),
        ({"labels": np.array([0, 1])}, r"labels have shape \(2,\) for 4 items"),
        ({"labels": np.array([0, 1, 2, 1])}, "labels run from 0 to 2, class_names has 2"),
    ],
)
def test_nonsense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _bank(**changes)


def test_a_photo_is_cut_out_whole() -> None:
    cutout = cut_out(PHOTOS[0], DRAWS)
    np.testing.assert_array_equal(cutout[:3, 1:-1, 1:-1], PHOTOS[0].transpose(2, 0, 1))
    assert (cutout[3, 1:-1, 1:-1] == 1).all()
    assert cutout[3].sum() == 64


def test_a_drawing_is_cut_to_its_ink_with_a_rim() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5:15, 10:12] = 255
    cutout = cut_out(image, DRAWS)
    assert cutout.shape == (4, 16, 8)
    ink = np.zeros((16, 8), bool)
    ink[3:13, 3:5] = True
    assert (cutout[3][ink] == 1).all()
    rows, columns = np.nonzero(cutout[3])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (1, 14, 1, 6)
    assert cutout[:3, ink].mean() > 150 > 80 > cutout[:3, ~ink].mean()


def test_colours_of_a_drawing_follow_the_draws() -> None:
    image = np.full((4, 4), 255, np.uint8)
    assert not np.allclose(cut_out(image, np.array([0.1, 0.5])), cut_out(image, np.array([0.6, 0.5])), atol=10)
    np.testing.assert_array_equal(cut_out(image, DRAWS), cut_out(image, DRAWS))


def test_a_pasted_photo_is_where_and_how_large_it_should_be() -> None:
    canvas, owner = np.zeros((3, 1, 60, 60), np.float32), np.full((1, 60, 60), -1, np.int8)
    white = cut_out(np.full((20, 20, 3), 200, np.uint8), DRAWS)
    paste(canvas, owner, white, radius=20.0, centre=(30.0, 30.0), pose=STILL, turn=0.0, slot=3)
    rows, columns = np.nonzero(owner[0] == 3)
    # cutout of 22 pixels (border included) over 2 * 0.75 radii: 30 pixels, of which 20 / 22 are the photo
    expected = 30 * 20 / 22
    for line in (rows, columns):
        assert abs(np.ptp(line) + 1 - expected) <= 1.5
        assert abs(line.mean() - 29.5) <= 0.5
    assert canvas[0, 0, 30, 30] == 200
    assert canvas[0, 0, 5, 5] == 0


def test_a_pasted_photo_is_neither_turned_nor_mirrored_unless_told() -> None:
    photo = np.zeros((20, 20, 3), np.uint8)
    photo[:10, :10] = 250
    for turn, corner in ((0.0, (24, 24)), (np.pi / 2, (24, 36))):
        canvas, owner = np.zeros((3, 1, 60, 60), np.float32), np.full((1, 60, 60), -1, np.int8)
        paste(canvas, owner, cut_out(photo, DRAWS), radius=20.0, centre=(30.0, 30.0), pose=STILL, turn=turn, slot=0)
        bright = np.argwhere(canvas[0, 0] > 200).mean(0)
        np.testing.assert_allclose(bright, corner, atol=2)


def test_folders_become_banks(tmp_path: Path) -> None:
    for name, value in (("dog", 200), ("cat", 50)):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((30, 40, 3), value, np.uint8)).save(tmp_path / name / "a.png")
        np.save(tmp_path / name / "b.npy", np.full((24, 24, 3), value, np.uint8))
        (tmp_path / name / "notes.txt").write_text("no picture")
    bank = PictureBank.from_folder(tmp_path, size=16)
    assert bank.class_names == ("cat", "dog")
    assert bank.images.shape == (4, 16, 16, 3)
    assert bank.images[:, 0, 0, 0].tolist() == [50, 50, 200, 200]
    assert bank.labels.tolist() == [0, 0, 1, 1]


def test_folders_without_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no folder"):
        PictureBank.from_folder(tmp_path / "absent")
    with pytest.raises(ValueError, match=r"has no class folders with \.png"):
        PictureBank.from_folder(tmp_path)
