"""Squares that cover a picture, and maps that are put together again."""

from __future__ import annotations

import pytest
import torch

from avlearn.tasks.tiles import OVERLAP, Tiling

SHAPES = [(1, 1), (9, 16), (16, 9), (3, 4), (240, 241), (1, 7), (2, 1)]


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_squares_cover_the_picture_and_overlap_enough(height: int, width: int) -> None:
    tiling = Tiling.over(height, width, image_size=96, cell=8)
    covered = torch.zeros(tiling.cells)
    for row, column in tiling.corners:
        assert row + 12 <= tiling.cells[0]
        assert column + 12 <= tiling.cells[1]
        covered[row : row + 12, column : column + 12] += 1
    assert covered.min() == 1
    steps = [b[0] - a[0] + b[1] - a[1] for a, b in zip(tiling.corners, tiling.corners[1:], strict=False)]
    assert max(steps, default=0) <= round(12 * (1 - OVERLAP)) + 1
    assert min(tiling.cells) == 12
    assert max(tiling.cells) / 12 == pytest.approx(max(height, width) / min(height, width), abs=0.05)


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_cut_and_joined_again_is_the_same(height: int, width: int) -> None:
    tiling = Tiling.over(height, width, image_size=6, cell=1)
    pictures = torch.randint(0, 256, (2, 3, *tiling.size), dtype=torch.uint8)
    squares = tiling.cut(pictures)
    assert squares.shape == (2 * len(tiling.corners), 3, 6, 6)
    torch.testing.assert_close(tiling.join(squares.float()), pictures.float())


def test_squares_share_by_their_distance_from_the_edge() -> None:
    tiling = Tiling.over(4, 6, image_size=4, cell=1)
    assert tiling.corners == [(0, 0), (0, 2)]
    joined = tiling.join(torch.stack([torch.zeros(4, 4), torch.ones(4, 4)]))
    # Second row: weights 1 2 2 1 of each square
    assert joined[0, 1].tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3, 1, 1])


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"squares are for \(96, 168\); resize"):
        Tiling.over(9, 16, image_size=96, cell=8).cut(torch.zeros(1, 3, 96, 96, dtype=torch.uint8))
