"""A matrix of features read chunk by chunk, wherever it lies: in memory, on a GPU, or in a memory-mapped file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .process_group import Ranks

Features: TypeAlias = Tensor | NDArray[Any]
"""(n, d) floating numbers: a tensor on any device, a numpy array, or a numpy memory map."""


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """The rows of this process. `read` gives any of them in float32 on `device`, less `centre`."""

    features: Features
    chunk: int
    """Rows at a time."""
    device: torch.device
    centre: Tensor
    """(d,) what is taken off every row, in float32 or, for features in float64, in float64."""

    def __len__(self) -> int:
        return len(self.features)

    @property
    def dim(self) -> int:
        """d, the length of a row."""
        return int(self.features.shape[1])

    def chunks(self) -> Iterator[slice]:
        """The places of all rows, `chunk` at a time."""
        for start in range(0, len(self), self.chunk):
            yield slice(start, min(start + self.chunk, len(self)))

    def read(self, rows: slice) -> Tensor:
        """(rows, d) in float32."""
        return self._centred(self._raw(self.features[rows]))

    def pick(self, rows: Tensor) -> Tensor:
        """(rows, d) in float32, of the rows with these indices."""
        index = rows.cpu().numpy() if isinstance(self.features, np.ndarray) else rows.to(self.features.device)
        return self._centred(self._raw(self.features[index]))

    def centred(self, ranks: Ranks) -> tuple[FeatureRows, float]:
        """The rows about their mean over all processes, and the largest absolute value that they then have.

        Where the mean is small beside the spread, it's left on, for then nothing is gained by taking it off. Else it is
        rounded to 12 bits: it only has to be near, and so it doesn't depend on the order of a sum.

        Raises:
            ValueError: a value that is NaN or infinite, in any process.
        """
        total = torch.zeros(self.dim, dtype=torch.float64, device=self.device)
        low, high = torch.full_like(total, torch.inf), torch.full_like(total, -torch.inf)
        squares = total.new_zeros(())
        for rows in self.chunks():
            x = self._raw(self.features[rows])
            total += x.sum(0, dtype=torch.float64)
            squares += x.norm().double().square()
            low, high = torch.minimum(low, x.amin(0)), torch.maximum(high, x.amax(0))
        self._check_finite(low, high, ranks)
        count = ranks.sum(torch.tensor(len(self)))
        low, high = -ranks.max(-low), ranks.max(high)
        mean = ranks.sum(total) / count
        near = mean.square().sum() < ranks.sum(squares) / count / 2
        centre = (torch.zeros_like(mean) if near else _few_bits(mean)).to(self.centre.dtype)
        return replace(self, centre=centre), float(torch.maximum(high - centre, centre - low).max())

    def check_shares(self, ranks: Ranks) -> int:
        """The number of rows of all processes.

        Raises:
            ValueError: processes whose rows differ in length.
        """
        shares = ranks.gather(torch.tensor([len(self), self.dim]))
        dims = shares[:, 1].tolist()
        if len(set(dims)) > 1:
            raise ValueError(f"the processes have features of {dims} columns; give all the same number")
        return int(shares[:, 0].sum())

    def _centred(self, x: Tensor) -> Tensor:
        return ((x - self.centre) if self._off_centre else x).float()

    @cached_property
    def _off_centre(self) -> bool:
        return bool(self.centre.any())

    def _raw(self, x: Features) -> Tensor:
        # A copy, because torch warns of arrays that can't be written to
        tensor = torch.from_numpy(np.array(x)) if isinstance(x, np.ndarray) else x.detach()
        return tensor.to(self.device, torch.promote_types(tensor.dtype, torch.float32))

    def _check_finite(self, low: Tensor, high: Tensor, ranks: Ranks) -> None:
        bad = torch.tensor(-1)
        if len(self) and not torch.isfinite(low + high).all():
            bad = torch.tensor(self._first_not_finite())
        found = ranks.gather(bad)
        if (found >= 0).any():
            rank = int((found >= 0).nonzero()[0])
            where = f" of process {rank}" if ranks.size > 1 else ""
            raise ValueError(
                f"row {int(found[rank])}{where} of the features is not finite; find out what made it before clustering"
            )

    def _first_not_finite(self) -> int:
        for rows in self.chunks():
            finite = torch.isfinite(self._raw(self.features[rows])).all(1)
            if not finite.all():
                return int(rows.start) + int((~finite).nonzero()[0])
        return 0


def open_rows(features: Features, *, chunk: int | None, device: torch.device | None, width: int) -> FeatureRows:
    """Rows as they are given. By default, rows of `width` numbers are taken 2 MiB at a time on a CPU, 256 on a GPU.

    Raises:
        ValueError: not a matrix of floating numbers, no columns, or a chunk below 1.
    """
    _check(features, chunk)
    place = device or (features.device if isinstance(features, Tensor) else torch.device("cpu"))
    budget = 2**19 if place.type == "cpu" else 2**26
    exact = str(features.dtype).endswith("float64")
    centre = torch.zeros(features.shape[1], dtype=torch.float64 if exact else torch.float32, device=place)
    return FeatureRows(features, chunk or max(256, budget // max(width, features.shape[1])), place, centre)


def _few_bits(x: Tensor) -> Tensor:
    mantissa, exponent = torch.frexp(x)
    return torch.ldexp((mantissa * 2**12).round() / 2**12, exponent)


def _check(features: Features, chunk: int | None) -> None:
    if features.ndim != 2 or not features.shape[1]:
        raise ValueError(f"features are {tuple(features.shape)}; give a matrix, one row for each thing to cluster")
    floating = features.is_floating_point() if isinstance(features, Tensor) else features.dtype.kind == "f"
    if not floating:
        raise ValueError(f"features are {features.dtype}; give floating numbers")
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunk is {chunk}; give the number of rows to take at a time, at least 1")
