"""Pictures of any shape for models that see squares: equal squares that overlap, and one map from the maps of all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

OVERLAP = 1 / 6
"""Least share of a square that it has in common with the next one."""


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """Squares along the longer side of a picture whose shorter side is a model's whole picture.

    All is counted in cells of the model's feature map, so that maps fit together without being moved.
    """

    side: int
    """Cells along the side of a square."""
    cell: int
    """Pixels along the side of a cell."""
    cells: tuple[int, int]
    """Cells of the whole picture, down and across; the smaller number is `side`."""

    @classmethod
    def over(cls, height: int, width: int, *, image_size: int, cell: int) -> Tiling:
        """The squares for pictures of this shape.

        Args:
            height: of the picture, in any unit.
            width: of the picture, in the same.
            image_size: pixels along the side of what the model sees.
            cell: pixels for each position of its feature map.

        Example:
            >>> Tiling.over(1080, 1920, image_size=96, cell=8).cells
            (12, 21)
        """
        side = image_size // cell
        down, across = (max(side, round(side * length / min(height, width))) for length in (height, width))
        return cls(side=side, cell=cell, cells=(down, across))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels that pictures must have."""
        return self.cells[0] * self.cell, self.cells[1] * self.cell

    @property
    def corners(self) -> list[tuple[int, int]]:
        """First row and first column of each square, in cells.

        Example:
            >>> Tiling.over(9, 16, image_size=96, cell=8).corners
            [(0, 0), (0, 9)]
        """
        longest = max(self.cells)
        count = 1 if longest == self.side else math.ceil((longest - OVERLAP * self.side) / (1 - OVERLAP) / self.side)
        starts = torch.linspace(0, longest - self.side, count).round().int().tolist()
        return [(start, 0) if self.cells[0] > self.side else (0, start) for start in starts]

    def cut(self, pictures: UInt8[Tensor, "B 3 H W"]) -> UInt8[Tensor, "N 3 S S"]:
        """All squares of each picture, picture by picture.

        Raises:
            ValueError: pictures of another size.
        """
        if tuple(pictures.shape[2:]) != self.size:
            raise ValueError(f"the pictures are {tuple(pictures.shape[2:])}, the squares are for {self.size}; resize")
        side, cell = self.side * self.cell, self.cell
        squares = [
            pictures[:, :, row * cell : row * cell + side, column * cell : column * cell + side]
            for row, column in self.corners
        ]
        return torch.stack(squares, 1).flatten(0, 1)

    def join(self, maps: Float[Tensor, "N *channels h w"]) -> Float[Tensor, "B *channels H W"]:
        """The maps of whole pictures from those of all their squares.

        Where squares overlap each counts the more, the farther the cell is from its edge.

        Args:
            maps: of the squares, in the order of `cut`.
        """
        maps = maps.unflatten(0, (-1, len(self.corners)))
        if len(self.corners) == 1:
            return maps[:, 0]
        weight = _pyramid(self.side).to(maps)
        whole = maps.new_zeros(len(maps), *maps.shape[2:-2], *self.cells)
        total = maps.new_zeros(self.cells)
        for number, (row, column) in enumerate(self.corners):
            place = (..., slice(row, row + self.side), slice(column, column + self.side))
            whole[place] += weight * maps[:, number]
            total[place] += weight
        return whole / total


def _pyramid(side: int) -> Float[Tensor, "{side} {side}"]:
    inward = torch.minimum(torch.arange(1, side + 1), torch.arange(side, 0, -1)).float()
    return torch.minimum(inward[:, None], inward[None])
