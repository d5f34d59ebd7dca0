"""Checks of the page "Sound separation"."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.audio import binary_masks, ratio_masks
from avlearn.exercises.feedback import compare
from avlearn.metrics import si_sdr
from avlearn.models.regions import pool


def check_ratio_masks(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(magnitude_BMFT) -> share of each source in each cell`."""
    magnitude = 0.1 + torch.rand(2, 3, 5, 4)
    power = magnitude.square()
    compare(
        answer(magnitude),
        ratio_masks(magnitude),
        mistakes={
            "this gives a cell to its loudest source; the ratio mask shares it": binary_masks(magnitude),
            "these are shares of power; the ratio mask takes magnitudes as they are": power / power.sum(1, True),
            "the shares have to sum to 1 over the sources, axis 1; these do over time": magnitude
            / magnitude.sum(3, True),
            "the shares have to sum to 1 over the sources, axis 1; these do over frequency": magnitude
            / magnitude.sum(2, True),
            "this is a softmax; a ratio has no exponential": magnitude.softmax(1),
            "divide by the sum of the sources, not by the loudest": magnitude / magnitude.amax(1, True),
        },
    )


def check_query(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(features_BChw, weights_Bhw) -> mean of the features under the weights, as unit vectors`."""
    features, weights = torch.randn(3, 6, 4, 5), torch.rand(3, 4, 5)
    total = torch.einsum("bchw,bhw->bc", features, weights)
    mean = total / weights.sum((1, 2))[:, None]
    compare(
        answer(features, weights),
        pool(features, weights[:, None])[:, 0],
        mistakes={
            "this is the weighted sum; make it a unit vector": total,
            "this is the weighted mean; make it a unit vector": mean,
            "the weights have no part in this": F.normalize(features.mean((2, 3)), dim=-1),
            "each feature was made a unit vector before the mean; do it after": F.normalize(
                torch.einsum("bchw,bhw->bc", F.normalize(features, dim=1), weights), dim=-1
            ),
            "this is normalized over the batch; use the axis of the channels": F.normalize(total, dim=0),
        },
    )


def check_si_sdr(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(estimate_S, reference_S) -> SI-SDR in decibels`."""
    reference = torch.randn(400)
    estimate = 0.4 * reference + 0.2 * torch.randn(400)
    target = (estimate @ reference) / (reference @ reference) * reference
    part, rest = target.square().sum(), (estimate - target).square().sum()
    right = si_sdr(estimate[None, None], reference[None, None])[0, 0]
    error = (estimate - reference).square().sum()
    compare(
        answer(estimate, reference),
        right,
        mistakes={
            "this is the SNR: scale the reference first, by its projection of the estimate": 10
            * torch.log10(reference.square().sum() / error),
            "energies take 10 log10; 20 is for amplitudes": 2 * right,
            "this is the natural logarithm; decibels take log10": 10 * torch.log(part / rest),
            "upside down: the part that is right belongs above the rest": -right,
            "this compares the scaled reference with the whole estimate; leave the scaled reference out below": 10
            * torch.log10(part / estimate.square().sum()),
            "that is a ratio; take 10 log10 of it": part / rest,
        },
    )
