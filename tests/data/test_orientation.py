"""The eight ways to lay down a picture, and the cut to a size."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from avlearn.data.media import MediaError
from avlearn.data.orientation import Orientation, layout_for, orientation_by_matrix, shown_size

PICTURE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
ALL = [Orientation(transpose=t, flip_x=x, flip_y=y) for t, x, y in itertools.product((False, True), repeat=3)]


@pytest.mark.parametrize("orientation", ALL)
def test_rotation_and_mirroring_describe_what_is_done(orientation: Orientation) -> None:
    expected = PICTURE[:, ::-1] if orientation.mirrored else PICTURE
    expected = np.rot90(expected, -orientation.rotation // 90)
    np.testing.assert_array_equal(orientation.apply(PICTURE), expected)


@pytest.mark.parametrize(("turns", "mirror"), list(itertools.product(range(4), (False, True))))
def test_matrix_moves_each_pixel_to_where_it_says(turns: int, mirror: bool) -> None:
    angle = np.pi / 2 * turns
    # Clockwise on a screen, whose y axis points down; a mirror before the turn negates the first row
    a, b, c, d = np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)
    a, b = (-a, -b) if mirror else (a, b)
    shown = orientation_by_matrix(*(float(value) for value in (a, b, c, d))).apply(PICTURE)
    places = {(x, y): (round(a * x + c * y), round(b * x + d * y)) for x in range(3) for y in range(2)}
    left, top = min(x for x, _ in places.values()), min(y for _, y in places.values())
    for (x, y), (to_x, to_y) in places.items():
        np.testing.assert_array_equal(shown[to_y - top, to_x - left], PICTURE[y, x])


@pytest.mark.parametrize("matrix", [(0.7, 0.7, -0.7, 0.7), (0.0, 0.0, 0.0, 0.0), (1.0, 0.5, 0.0, 1.0)])
def test_other_turns_are_refused(matrix: tuple[float, float, float, float]) -> None:
    with pytest.raises(MediaError, match="only quarter turns"):
        orientation_by_matrix(*matrix)


@pytest.mark.parametrize(
    ("aspect", "turned", "expected"),
    [
        (None, False, (30, 40)),
        (Fraction(0), False, (30, 40)),
        (Fraction(3, 2), False, (30, 60)),
        (Fraction(3, 2), True, (60, 30)),
        (Fraction(10_000), False, (30, 40)),
    ],
)
def test_shown_size(aspect: Fraction | None, turned: bool, expected: tuple[int, int]) -> None:
    assert shown_size(40, 30, sample_aspect=aspect, orientation=Orientation(transpose=turned)) == expected


def test_cut_takes_the_middle() -> None:
    layout = layout_for(40, 20, sample_aspect=None, orientation=Orientation(), size=10)
    assert layout.scaled == (20, 10)
    columns = np.broadcast_to(np.arange(20, dtype=np.uint8)[None, :, None], (10, 20, 3))
    assert layout.cut(columns)[0, :, 0].tolist() == list(range(5, 15))


def test_size_of_height_and_width_is_covered() -> None:
    turned = Orientation(transpose=True)
    layout = layout_for(100, 50, sample_aspect=None, orientation=turned, size=(60, 40))
    assert layout.scaled == (80, 40)  # shown as 80 high and 40 wide
    assert layout.cut(np.zeros((40, 80, 3), np.uint8)).shape == (60, 40, 3)


def test_huge_pictures_are_refused() -> None:
    with pytest.raises(MediaError, match="too large"):
        layout_for(60_000, 2, sample_aspect=None, orientation=Orientation(), size=224)
