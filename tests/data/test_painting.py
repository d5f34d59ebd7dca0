"""Painting on a canvas."""

from __future__ import annotations

import numpy as np
import pytest

from avlearn.data.actors import ACTOR_DRAWS, cast
from avlearn.data.classes import CLASSES
from avlearn.data.painting import frame_patch, lay, paint

STILL = np.zeros((4, 1))


def _canvas(size: int = 40, frames: int = 1) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((3, frames, size, size), np.float32), np.full((frames, size, size), -1, np.int8)


def test_a_patch_knows_the_coordinates_of_the_thing() -> None:
    patch = frame_patch(radius=10.0, centre=(20.5, 12.5), pose=STILL, turn=0.0, aspect=1.0)
    row, column = 12 - int(patch.top[0]), 20 - int(patch.left[0])
    assert abs(patch.u[0, row, column]) < 1e-6
    np.testing.assert_allclose(patch.u[0, row, column + 5], 0.5, atol=1e-6)
    np.testing.assert_allclose(patch.v[0, row + 5, column], 0.5, atol=1e-6)


def test_turning_mirroring_and_growing_a_patch() -> None:
    def at(du: int, dv: int, **changes: float) -> tuple[float, float]:
        grown = np.array([[0.0], [0.0], [0.0], [changes.pop("growth", 0.0)]])
        geometry = {"turn": 0.0, "aspect": 1.0, **changes}
        patch = frame_patch(radius=10.0, centre=(20.5, 20.5), pose=grown, **geometry)
        row, column = 20 + dv - int(patch.top[0]), 20 + du - int(patch.left[0])
        return float(patch.u[0, row, column]), float(patch.v[0, row, column])

    np.testing.assert_allclose(at(5, 0, turn=np.pi / 2), (0.0, -0.5), atol=1e-6)
    np.testing.assert_allclose(at(5, 0, aspect=-1.0), (-0.5, 0.0), atol=1e-6)
    np.testing.assert_allclose(at(5, 5, aspect=0.5), (1.0, 0.5), atol=1e-6)
    np.testing.assert_allclose(at(5, 0, growth=1.0), (0.25, 0.0), atol=1e-6)


@pytest.mark.parametrize("centre", [(-30.0, 20.0), (20.0, 75.0), (0.0, 0.0), (39.0, 39.0), (20.0, 20.0)])
def test_things_may_leave_the_canvas(centre: tuple[float, float]) -> None:
    canvas, owner = _canvas()
    patch = frame_patch(radius=8.0, centre=centre, pose=STILL, turn=0.0, aspect=1.0)
    cover = (np.sqrt(patch.u**2 + patch.v**2) < 1).astype(np.float32)
    lay(canvas, owner, patch, np.full((3, *cover.shape), 200, np.float32), cover, slot=2)
    y, x = np.mgrid[:40, :40] + 0.5
    expected = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < 64
    np.testing.assert_array_equal(owner[0] == 2, expected)
    np.testing.assert_array_equal(canvas[0, 0], 200 * expected)


def test_half_cover_mixes_and_later_things_win() -> None:
    canvas, owner = _canvas()
    patch = frame_patch(radius=8.0, centre=(20.0, 20.0), pose=STILL, turn=0.0, aspect=1.0)
    cover = np.ones(patch.u.shape, np.float32)
    white = np.full((3, *cover.shape), 100, np.float32)
    lay(canvas, owner, patch, white, cover, slot=0)
    lay(canvas, owner, patch, white + 100, 0.5 * cover, slot=1)
    assert canvas[0, 0, 20, 20] == 150
    assert owner[0, 20, 20] == 0
    lay(canvas, owner, patch, white, 0.6 * cover, slot=1)
    assert owner[0, 20, 20] == 1


@pytest.mark.parametrize("name", CLASSES)
def test_painted_area_grows_with_the_square_of_the_radius(name: str) -> None:
    look = cast(CLASSES.index(name), np.random.default_rng(0).random(ACTOR_DRAWS), tilt=60.0).look
    areas = []
    for radius in (10.0, 20.0):
        canvas, owner = _canvas(64)
        paint(canvas, owner, look, radius=radius, centre=(32.0, 32.0), pose=STILL, slot=0)
        areas.append((owner == 0).sum())
        assert canvas.std() > 5
        assert canvas.min() >= 0
        assert canvas.max() < 300
    assert 3.6 < areas[1] / areas[0] < 4.4


def test_every_frame_follows_its_own_pose() -> None:
    look = cast(0, np.full(ACTOR_DRAWS, 0.5), tilt=0.0).look
    canvas, owner = _canvas(frames=2)
    paint(
        canvas,
        owner,
        look,
        radius=6.0,
        centre=(15.0, 20.0),
        pose=np.array([[0.0, 1.0], [0, 0], [0, 0], [0, 0]]),
        slot=0,
    )
    np.testing.assert_array_equal(owner[1, :, 6:], owner[0, :, :-6])
    np.testing.assert_allclose(canvas[:, 1, :, 6:], canvas[:, 0, :, :-6], atol=0.1)
