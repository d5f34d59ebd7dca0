"""Whitening of features before they are clustered: standardised, turned to principal axes, scaled to unit length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from .feature_rows import FeatureRows, Features, open_rows
from .process_group import Group, Ranks


@dataclass(frozen=True, kw_only=True)
class WhiteningSettings:
    """Which steps are taken, in this order. Without any, rows are only centred."""

    standardise: bool = False
    """Divide every column by its deviation; columns that are constant become zeros."""
    components: int | None = None
    """Principal axes that are kept, each scaled to unit variance (PCA whitening); None leaves the axes alone.
    DeepCluster keeps 256."""
    unit_length: bool = False
    """Divide every row by its Euclidean length (L2); rows of zeros stay."""

    def __post_init__(self) -> None:
        if self.components is not None and self.components < 1:
            raise ValueError(f"components is {self.components}; keep 1 principal axis at least, or None for no PCA")


@dataclass(frozen=True, eq=False, kw_only=True)
class Whitening:
    """A fitted whitening: rows less `mean`, times `matrix`, and scaled to unit length if wanted.

    Example:
        >>> x = torch.randn(500, 8) @ torch.randn(8, 8)
        >>> whitening = Whitening.fit(x, WhiteningSettings(components=3))
        >>> whitening(x).T.cov().round(decimals=2).abs()
        tensor([[1., 0., 0.],
                [0., 1., 0.],
                [0., 0., 1.]])
    """

    settings: WhiteningSettings
    mean: Float[Tensor, " D"]
    """float64, of the columns."""
    matrix: Float[Tensor, "D E"]
    """float64; E is `components`, or D without them."""

    @classmethod
    def fit(
        cls,
        features: Features,
        settings: WhiteningSettings,
        *,
        chunk: int | None = None,
        group: Group = None,
        device: torch.device | str | None = None,
    ) -> Whitening:
        """Measures mean and covariance chunk by chunk, in float64. Only these travel between processes.

        Axes whose variance is below 1e-10 of the largest can't be told from rounding; they are scaled to zero instead
        of unit variance. Each axis points to where its largest weight is positive, so that fits agree in sign.

        Args:
            features: (n, D), this process's rows, finite.
            settings: see `WhiteningSettings`.
            chunk: rows at a time, as for `kmeans`; so are `group` and `device`.
            group: processes that share the rows; every one has to call.
            device: where to compute and to keep the result; by default where the features lie.

        Raises:
            ValueError: features that are no floating matrix, or a group without torch.distributed; and, in all
                processes alike, a row that isn't finite in any of them, fewer than two rows, or more components than
                columns.
        """
        place = None if device is None else torch.device(device)
        raw = open_rows(features, chunk=chunk, device=place, width=1)
        ranks = Ranks(group, raw.device)
        count = raw.check_shares(ranks)
        if count < 2:
            raise ValueError(f"features have {count} rows; whitening needs 2 at least")
        if (settings.components or 1) > raw.dim:
            raise ValueError(
                f"components is {settings.components}, but features have {raw.dim} columns; keep at most these"
            )
        rows, _ = raw.centred(ranks)
        mean, covariance = _moments(rows, count, ranks)
        return cls(settings=settings, mean=mean + rows.centre, matrix=_matrix(covariance, settings, ranks))

    def __call__(self, features: Float[Tensor, "n D"]) -> Float[Tensor, "n E"]:
        """Whitened rows in float32, on the device of the fit."""
        return self._turned(features.to(self.mean.device).double() - self.mean)

    def chunks(self, features: Features, *, chunk: int | None = None) -> Iterator[tuple[slice, Float[Tensor, "m E"]]]:
        """Whitened rows, a chunk at a time with its place, for features that don't fit in memory.

        Raises:
            ValueError: features that are no floating matrix, or of other columns than those of the fit.
        """
        rows = open_rows(features, chunk=chunk, device=self.mean.device, width=1)
        if rows.dim != len(self.mean):
            raise ValueError(f"features have {rows.dim} columns, but whitening was fitted on {len(self.mean)}")
        rows = replace(rows, centre=self.mean)
        for place in rows.chunks():
            yield place, self._turned(rows.read(place).double())

    def _turned(self, centred: Tensor) -> Tensor:
        x = (centred @ self.matrix).float()
        return torch.nn.functional.normalize(x, dim=1) if self.settings.unit_length else x


def _moments(rows: FeatureRows, count: int, ranks: Ranks) -> tuple[Tensor, Tensor]:
    # About the rough centre of the rows, so that nothing cancels
    total = torch.zeros(rows.dim, dtype=torch.float64, device=rows.device)
    products = torch.zeros(rows.dim, rows.dim, dtype=torch.float64, device=rows.device)
    for place in rows.chunks():
        x = rows.read(place).double()
        total += x.sum(0)
        products.addmm_(x.mT, x)
    mean = ranks.sum(total) / count
    return mean, ranks.sum(products) / count - torch.outer(mean, mean)


def _matrix(covariance: Tensor, settings: WhiteningSettings, ranks: Ranks) -> Tensor:
    matrix = torch.eye(len(covariance), dtype=torch.float64, device=covariance.device)
    if settings.standardise:
        matrix = matrix * _inverse_roots(covariance.diagonal())
    if settings.components:
        variances, axes = torch.linalg.eigh(matrix @ covariance @ matrix)
        variances, axes = variances.flip(0)[: settings.components], axes.flip(1)[:, : settings.components]
        signs = axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
        matrix = matrix @ (axes * signs * _inverse_roots(variances))
    return ranks.first(matrix)


def _inverse_roots(variances: Tensor) -> Tensor:
    kept = variances > 1e-10 * variances.max().clamp_min(1e-300)
    return torch.where(kept, variances, 1).rsqrt() * kept
