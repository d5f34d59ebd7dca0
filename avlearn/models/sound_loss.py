"""How far estimated sounds are from the true ones, in decibels that can be learnt from."""

from __future__ import annotations

import torch
from jaxtyping import Complex, Float
from torch import Tensor

CUT = 1e-3
"""The ratio is cut softly at 30 decibels on both sides: better is not asked for, and silent parts stay finite."""
TINY = 1e-8
"""Energy that makes complete silence finite."""


def negative_snr(estimate: Complex[Tensor, "B M F T"], reference: Complex[Tensor, "B M F T"]) -> Float[Tensor, ""]:
    """Mean over all parts of the energy of the error over that of the part, in decibels.

    Each part counts the same, be it loud or soft, and each cell of it as much as it adds to the sound, phase included.
    This is what SI-SDR measures, but the loudness of the estimate counts too.

    Args:
        estimate: spectra, their real parts and imaginary parts.
        reference: the true spectra, which sum to the mixture.

    Returns:
        Scalar; 0 when the estimates are silent, about -30 when they are perfect.

    Example:
        >>> parts = torch.randn(1, 2, 4, 5, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
        >>> negative_snr(0.9 * parts, parts).round()
        tensor(-20.)
    """
    energy = _energy(reference)
    allowed = CUT * _energy(reference.sum(1, keepdim=True)) + TINY
    ratio = (_energy(estimate - reference) + CUT * energy + TINY) / (energy + allowed)
    return 10 * torch.log10(ratio).mean()


def _energy(spectra: Complex[Tensor, "B M F T"]) -> Float[Tensor, "B M"]:
    return torch.view_as_real(spectra).square().sum((-3, -2, -1))
