"""Separation without pictures or learning: factors of the mixture's spectrum, given to sources by an oracle."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from jaxtyping import Float
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from avlearn.audio import STFTConfig, apply_masks, ratio_masks, to_spectrum

ITERATIONS = 100
"""Of coordinate descent; the factors need not have settled."""


def factorize(
    mixture: Float[Tensor, "B S"], parts: Float[Tensor, "B M S"], config: STFTConfig, *, factors: int, seed: int
) -> Float[Tensor, "B M S"]:
    """Sounds from non-negative matrix factorization of the mixture's magnitudes, by scikit-learn.

    Which factor belongs to which source no factorization can tell. Here an oracle gives each factor to the source whose
    true magnitudes it overlaps most, so this is an upper bound for the method; with many factors it knows nearly as
    much as an ideal mask.

    Args:
        mixture: to take apart.
        parts: the truth, for the oracle.
        config: settings of the spectrum.
        factors: for each source.
        seed: of the first factors.

    Returns:
        What the ratio masks of each source's factors let through; they sum to the mixture.
    """
    magnitude, true = to_spectrum(mixture, config).abs(), to_spectrum(parts.flatten(0, 1), config).abs()
    true = true.unflatten(0, tuple(parts.shape[:2]))
    number = factors * parts.shape[1]
    strengths = torch.stack([_assigned(_factors(m, number, seed), t) for m, t in zip(magnitude, true, strict=True)])
    # A source without a factor gets a trace of everything, so that no answer is silent
    return apply_masks(ratio_masks(strengths + 1e-4 * magnitude[:, None] + 1e-9), mixture, config)


def _factors(magnitude: Float[Tensor, "F T"], number: int, seed: int) -> Float[Tensor, "Q F T"]:
    model = NMF(number, init="nndsvda", max_iter=ITERATIONS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        weights = model.fit_transform(magnitude.double().numpy())
    both = np.einsum("fq,qt->qft", weights, model.components_)
    return torch.from_numpy(both).to(magnitude)


def _assigned(factors: Float[Tensor, "Q F T"], true: Float[Tensor, "M F T"]) -> Float[Tensor, "M F T"]:
    overlap = torch.einsum("qft,mft->qm", factors, true / true.flatten(1).norm(dim=1)[:, None, None].clamp(min=1e-12))
    owner = torch.nn.functional.one_hot(overlap.argmax(1), len(true)).to(factors)
    return torch.einsum("qm,qft->mft", owner, factors)
