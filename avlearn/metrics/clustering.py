"""How well clusters agree with classes that they were never told.

Everything follows from the table that counts how many things of each class each cluster holds. All three measures rise
with the number of clusters, so read them beside `chance_tables`: the same clusters on classes dealt out at random.
"""

from __future__ import annotations

import torch
from jaxtyping import Float64, Int
from scipy.optimize import linear_sum_assignment
from torch import Tensor


def contingency(
    clusters: Int[Tensor, " N"], classes: Int[Tensor, " N"], *, weights: Float64[Tensor, "R N"] | None = None
) -> Float64[Tensor, "R K L"]:
    """How many things of class l cluster k holds, for one or several weightings of the things.

    Args:
        clusters: number of each thing's cluster, 0 or more.
        classes: number of each thing's class, 0 or more.
        weights: how much each thing counts; None is a single table in which each counts once.

    Raises:
        ValueError: nothing to count, or a negative number.

    Example:
        >>> contingency(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]))
        tensor([[[1., 1.],
                 [0., 1.]]], dtype=torch.float64)
    """
    if not len(clusters):
        raise ValueError("got no things to count; give the cluster and the class of at least one")
    for name, numbers in (("clusters", clusters), ("classes", classes)):
        if numbers.min() < 0:
            raise ValueError(f"{name} has {int(numbers.min())}; leave things without one out")
    if weights is None:
        weights = torch.ones(1, len(clusters), dtype=torch.float64)
    rows, columns = int(clusters.max()) + 1, int(classes.max()) + 1
    empty = weights.new_zeros(len(weights), rows * columns)
    counted: Tensor = empty.index_add(1, clusters.long() * columns + classes.long(), weights)
    return counted.view(len(weights), rows, columns)


def purity(table: Float64[Tensor, "R K L"]) -> Float64[Tensor, " R"]:
    """Share of the things that belong to the most frequent class of their cluster.

    At least the share of the most frequent class; 1 where each cluster holds one class, as clusters of one thing do.

    Example:
        >>> purity(torch.tensor([[[3.0, 1.0], [0.0, 4.0]]]).double())
        tensor([0.8750], dtype=torch.float64)
    """
    return table.amax(2).sum(1) / table.sum((1, 2))


def nmi(table: Float64[Tensor, "R K L"]) -> Float64[Tensor, " R"]:
    """Normalised mutual information: what cluster and class tell about each other, over the mean of their entropies.

    0: nothing. 1: each tells the other. One single cluster tells nothing of several classes; of one class it gives 1.

    Example:
        >>> nmi(torch.tensor([[[4.0, 0.0], [0.0, 4.0]]]).double())
        tensor([1.], dtype=torch.float64)
    """
    joint = table / table.sum((1, 2), keepdim=True)
    entropies = [torch.special.entr(joint.sum(axis)).sum(1) for axis in (1, 2)]
    information = (sum(entropies) - torch.special.entr(joint).sum((1, 2))).clamp_min(0)
    mean = (entropies[0] + entropies[1]) / 2
    return torch.where(mean > 0, information / mean, torch.ones_like(mean))


def matched_accuracy(table: Float64[Tensor, "R K L"]) -> Float64[Tensor, " R"]:
    """Accuracy if each cluster stands for one class and each class for one cluster, matched as well as possible.

    Things in clusters that are left over, where there are more clusters than classes, are wrong.

    Example:
        >>> matched_accuracy(torch.tensor([[[3.0, 1.0], [2.0, 2.0]]]).double())
        tensor([0.6250], dtype=torch.float64)
    """
    kept = [float(one[linear_sum_assignment(one.numpy(), maximize=True)].sum()) for one in table]
    return table.new_tensor(kept) / table.sum((1, 2))


def chance_tables(
    clusters: Int[Tensor, " N"], classes: Int[Tensor, " N"], *, shuffles: int, generator: torch.Generator
) -> Float64[Tensor, "R K L"]:
    """Tables of the same clusters and the same classes, dealt out at random: their mean measures are chance.

    Args:
        clusters: see `contingency`.
        classes: see `contingency`.
        shuffles: R, how often they are dealt out.
        generator: of the shuffles.

    Raises:
        ValueError: as `contingency`, or no shuffles.

    Example:
        >>> things = torch.arange(4)
        >>> tables = chance_tables(things, things, shuffles=2, generator=torch.Generator().manual_seed(0))
        >>> purity(tables)  # clusters of one thing are pure whatever they hold
        tensor([1., 1.], dtype=torch.float64)
    """
    if shuffles < 1:
        raise ValueError(f"shuffles is {shuffles}; give at least 1")
    dealt = (classes[torch.randperm(len(classes), generator=generator)] for _ in range(shuffles))
    return torch.cat([contingency(clusters, some) for some in dealt])
