"""What is in clusters, in words: their number, their size, and the class that fills them. Evaluation only."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Int
from torch import Tensor


def cluster_titles(
    clusters: Int[Tensor, " N"], classes: Int[Tensor, " n"], names: Sequence[str], *, num_clusters: int
) -> list[str]:
    """A title for each cluster, for `avlearn.viz.cluster_sheet`.

    Args:
        clusters: of all clips, such as the labels of a `Round`.
        classes: of the clips 0 to n - 1; those of the others may be unknown.
        names: of the classes.
        num_clusters: also those that are empty.

    Returns:
        For each cluster its number, its size, and the commonest class of those of its clips whose class is known, with
        its share.

    Raises:
        ValueError: more classes than clips.

    Example:
        >>> import torch
        >>> clusters, classes = torch.tensor([1, 1, 1, 0]), torch.tensor([0, 0, 1])
        >>> cluster_titles(clusters, classes, ["bell", "horn"], num_clusters=2)
        ['cluster 0: 1 clip', 'cluster 1: 3 clips, 67 % bell']
    """
    if len(classes) > len(clusters):
        raise ValueError(f"{len(classes)} classes for {len(clusters)} clips; give at most one for each")
    known = clusters[: len(classes)]
    sizes = clusters.long().bincount(minlength=num_clusters).tolist()
    return [
        f"cluster {cluster}: {size} clip{'' if size == 1 else 's'}" + _commonest(classes[known == cluster], names)
        for cluster, size in enumerate(sizes)
    ]


def _commonest(classes: Int[Tensor, " n"], names: Sequence[str]) -> str:
    if not len(classes):
        return ""
    most = classes.mode().values
    return f", {100 * float((classes == most).double().mean()):.0f} % {names[int(most)]}"
