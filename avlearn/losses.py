"""Objectives on a similarity matrix: rows are pictures, columns are sounds, true pairs stand on the diagonal.

All of them need memory in proportion to B^2 only, whatever the number of positions that the similarities came from.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Negatives = Literal["one", "hardest", "all"]
"""one: each picture meets the sound of the next pair, as in the released code, which draws one other sound; batches
are shuffled, so the next is as good as any. hardest: the best wrong sound of each picture and the best wrong picture
of each sound. all: every wrong pair, both ways."""


def max_margin(similarity: Float[Tensor, "B B"], *, margin: float, negatives: Negatives = "one") -> Float[Tensor, ""]:
    """Max-margin loss of deep co-clustering (Hu, Nie & Li, CVPR 2019): mean of max(0, margin + wrong pair - true pair).

    Args:
        similarity: matched pairs on the diagonal; sums of K cosines in [-K, K] for co-clustering.
        margin: Delta; 10, the number of clusters, in the released code. The paper's value is not public.
        negatives: which wrong pairs count, see `Negatives`.

    Returns:
        Scalar; 0 when every true pair wins by the margin, the margin itself when all similarities are equal.

    Raises:
        ValueError: fewer than two pairs, a margin that isn't positive, unknown negatives.

    Example:
        >>> max_margin(torch.tensor([[3.0, 0.0], [0.0, 3.0]]), margin=4.0)
        tensor(1.)
    """
    _check(similarity, negatives, margin)
    true = similarity.diagonal()
    if negatives == "one":
        return F.relu(margin + _next(similarity) - true).mean()
    by_picture, by_sound = F.relu(margin + similarity - true[:, None]), F.relu(margin + similarity - true[None, :])
    if negatives == "hardest":
        return (_off_diagonal(by_picture, 0.0).amax(1) + _off_diagonal(by_sound, 0.0).amax(0)).mean() / 2
    wrong = similarity.numel() - len(similarity)
    return (_off_diagonal(by_picture, 0.0).sum() + _off_diagonal(by_sound, 0.0).sum()) / (2 * wrong)


def info_nce(similarity: Float[Tensor, "B B"]) -> Float[Tensor, ""]:
    """Symmetric InfoNCE (van den Oord et al., 2018): find each picture's sound and each sound's picture in the batch.

    Args:
        similarity: logits, already multiplied by their scale.

    Returns:
        Scalar; log B when all similarities are equal.

    Raises:
        ValueError: fewer than two pairs.

    Example:
        >>> info_nce(torch.zeros(4, 4))
        tensor(1.3863)
    """
    _check(similarity, "all")
    target = torch.arange(len(similarity), device=similarity.device)
    return (F.cross_entropy(similarity, target) + F.cross_entropy(similarity.mT, target)) / 2


def contrastive(
    distance: Float[Tensor, "B B"], *, margin: float = 5.0, negatives: Negatives = "one"
) -> Float[Tensor, ""]:
    """Contrastive loss of the released Simplified_DMC: d^2 / 2 for true pairs, relu(margin - d)^2 / 2 for wrong ones.

    Args:
        distance: not negative; matched pairs on the diagonal.
        margin: distance beyond which a wrong pair costs nothing; 5 as released.
        negatives: which wrong pairs count, see `Negatives`; true and wrong pairs weigh the same in sum.

    Returns:
        Scalar; margin^2 / 8 at best when all distances are equal.

    Raises:
        ValueError: fewer than two pairs, a margin that isn't positive, unknown negatives.

    Example:
        >>> contrastive(torch.tensor([[0.0, 5.0], [5.0, 0.0]]))
        tensor(0.)
    """
    _check(distance, negatives, margin)
    wrong = F.relu(margin - distance).square()
    if negatives == "one":
        wrong = _next(wrong)
    elif negatives == "hardest":
        wrong = (_off_diagonal(wrong, 0.0).amax(1) + _off_diagonal(wrong, 0.0).amax(0)) / 2
    else:
        wrong = _off_diagonal(wrong, 0.0).sum(1) / (len(wrong) - 1)
    return (distance.diagonal().square().mean() + wrong.mean()) / 4


def _next(similarity: Float[Tensor, "B B"]) -> Float[Tensor, " B"]:
    return similarity.roll(-1, dims=1).diagonal()


def _off_diagonal(matrix: Float[Tensor, "B B"], fill: float) -> Float[Tensor, "B B"]:
    return matrix.masked_fill(torch.eye(len(matrix), dtype=torch.bool, device=matrix.device), fill)


def _check(similarity: Tensor, negatives: str, margin: float = 1.0) -> None:
    if len(similarity) < 2:
        raise ValueError(f"the batch has {len(similarity)} pair; without a second pair there is no negative")
    if not margin > 0:
        raise ValueError(f"margin is {margin}; give a positive number")
    if negatives not in get_args(Negatives):
        raise ValueError(f"negatives is {negatives!r}; choose one of {', '.join(get_args(Negatives))}")
