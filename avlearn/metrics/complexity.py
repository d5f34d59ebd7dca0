"""How complex is a scene? Estimates that need no label, from what a model makes of it or from its sound alone.

All of them give one number per scene, higher for scenes that should be more complex; only their order is meant. CAVL
(Hu et al., 2020) orders scenes by their number of sound sources; how it estimates that number without labels is not
public, so these are ours.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def effective_number(masses: Float[Tensor, "*B n"]) -> Float[Tensor, "*B"]:
    """How many masses count: exp of the entropy of their shares, n for n equal ones, 1 where one has all or all are 0.

    Args:
        masses: not negative.

    Example:
        >>> effective_number(torch.tensor([[2.0, 2.0, 0.0], [5.0, 0.0, 0.0]]))
        tensor([2., 1.])
    """
    total = masses.sum(-1, keepdim=True).clamp_min(torch.finfo(masses.dtype).tiny)
    entropy: Tensor = torch.special.entr(masses / total).sum(-1)
    return entropy.exp()


def effective_clusters(assignments: Float[Tensor, "B K *positions"]) -> Float[Tensor, " B"]:
    """How many clusters each scene fills: 1 to K.

    Args:
        assignments: share of each position that belongs to each cluster, such as `HeatMaps.sound_clusters`.

    Example:
        >>> effective_clusters(torch.eye(2)[None])
        tensor([2.])
    """
    return effective_number(assignments.flatten(2).mean(-1))


def one_centre_residual(features: Float[Tensor, "B C *positions"]) -> Float[Tensor, " B"]:
    """Share of the features' energy that a single centre, their mean, leaves unexplained: 0 where all are equal.

    Args:
        features: a feature map; of sounds, for the number of sources.

    Example:
        >>> one_centre_residual(torch.tensor([[[1.0, 1.0]], [[1.0, -1.0]]]))
        tensor([0., 1.])
    """
    vectors = features.flatten(2)
    energy = vectors.square().sum((1, 2)).clamp_min(torch.finfo(vectors.dtype).tiny)
    return (vectors - vectors.mean(-1, keepdim=True)).square().sum((1, 2)) / energy


def effective_directions(
    features: Float[Tensor, "B C *positions"], weights: Float[Tensor, "B *positions"] | None = None
) -> Float[Tensor, " B"]:
    """How many directions the features of each scene point to: the effective number of the energies along its axes.

    Args:
        features: a feature map.
        weights: how much each position counts, not negative; a heat map leaves what a model takes for sounding.

    Example:
        >>> effective_directions(torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]))
        tensor([2.])
    """
    vectors = features.flatten(2)
    if weights is not None:
        vectors = vectors * weights.flatten(1).sqrt().unsqueeze(1)
    return effective_number(torch.linalg.svdvals(vectors).square())


def peaks(heat: Float[Tensor, "B h w"], *, share: float = 0.5) -> Float[Tensor, " B"]:
    """Number of hills of each heat map that reach a share of the way from its lowest to its highest value.

    A hill is a value that none of its eight neighbours exceeds; a flat map is one hill for every position.

    Raises:
        ValueError: a share outside [0, 1].

    Example:
        >>> peaks(torch.tensor([[[9.0, 0.0, 8.0, 0.0, 1.0]]]))
        tensor([2.])
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; give a number in [0, 1]")
    low, high = heat.amin((1, 2), keepdim=True), heat.amax((1, 2), keepdim=True)
    hill: Bool[Tensor, "B h w"] = heat == F.max_pool2d(heat.unsqueeze(1), 3, stride=1, padding=1).squeeze(1)
    return (hill & (heat >= low + share * (high - low))).to(heat.dtype).sum((1, 2))


def pair_losses(similarity: Float[Tensor, "B B"]) -> Float[Tensor, " B"]:
    """Loss of each true pair in its batch: what `info_nce` is the mean of. log B where all similarities are equal.

    Args:
        similarity: logits; row for picture, column for sound. What a scene gets depends on the others of its batch.

    Example:
        >>> pair_losses(torch.zeros(4, 4))
        tensor([1.3863, 1.3863, 1.3863, 1.3863])
    """
    own = similarity.diagonal()
    return (similarity.logsumexp(1) + similarity.logsumexp(0)) / 2 - own


def spectral_flatness(power: Float[Tensor, "B F t"]) -> Float[Tensor, " B"]:
    """Mean over time of geometric over arithmetic mean across the bands: 1 for white noise, near 0 for a pure tone.

    Args:
        power: squared magnitudes of a spectrogram; less than 1e-10 counts as 1e-10, as in librosa.

    Example:
        >>> spectral_flatness(torch.ones(1, 5, 2))
        tensor([1.])
    """
    floored = power.clamp_min(1e-10)
    return (floored.log().mean(1).exp() / floored.mean(1)).mean(-1)


def effective_bands(power: Float[Tensor, "B F t"]) -> Float[Tensor, " B"]:
    """How many bands of pitch the sound fills, over its whole length.

    Example:
        >>> effective_bands(torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]))
        tensor([2.])
    """
    return effective_number(power.mean(-1))
