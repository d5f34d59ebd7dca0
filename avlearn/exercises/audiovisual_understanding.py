"""Checks of the page "Audiovisual understanding"."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from avlearn.exercises.feedback import compare
from avlearn.metrics import average_precisions, contingency, nmi, recall_at

QUERIES, COUNT = 200, 5
THINGS, CLUSTERS, CLASSES = 60, 4, 6


def check_recall(answer: Callable[[Tensor, int], object]) -> None:
    """Check `answer(similarity_QG, k) -> share of the queries whose own candidate is among the k most similar`."""
    similarity = torch.randn(QUERIES, QUERIES) + 2 * torch.eye(QUERIES)
    found = recall_at(similarity, COUNT)
    place = (similarity > similarity.diagonal()[:, None]).sum(1)
    compare(
        answer(similarity, COUNT),
        found.mean(),
        mistakes={
            "this is one place too few: a partner with k - 1 better candidates is in place k": _share(
                place < COUNT - 1
            ),
            "this is one place too many: a partner with k better candidates is in place k + 1": _share(place <= COUNT),
            "this looks for the query of each candidate; a query is a row": recall_at(similarity.mT, COUNT).mean(),
            "the most similar candidates are wanted; this takes the least similar": recall_at(
                -similarity, COUNT
            ).mean(),
            "this is the share for k = 1; look at the k best candidates": recall_at(similarity, 1).mean(),
            "give a share, not a number of queries": found.sum(),
            "give one number, the mean over the queries": found,
        },
        otherwise="rank each row from the highest down and look whether its own number is among the first k",
    )


def check_average_precision(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(relevant_G) -> average precision of one query`; relevant has the candidates from the best down."""
    relevant = torch.rand(12) < 0.4
    relevant[:3] = torch.tensor([False, True, True])
    ranked = -torch.arange(12.0)
    hits, place = relevant.cumsum(0), torch.arange(1, 13)
    compare(
        answer(relevant),
        average_precisions(ranked[None], relevant[None])[0],
        mistakes={
            "this is the mean precision over all places; only those with a relevant candidate count": (
                hits / place
            ).mean(),
            "divide by the number of relevant candidates, not of all": (hits / place)[relevant].sum() / len(relevant),
            "places count from 1; this counts them from 0": (hits / (place - 1).clamp_min(1))[relevant].mean(),
            "this is the precision at the last relevant place; take the mean over all of them": (hits / place)[
                relevant
            ][-1],
            "this is the share of relevant candidates, which no ranking can change": _share(relevant),
            "give one number; take the mean over the relevant places": (hits / place)[relevant],
        },
        otherwise="at each relevant place: relevant ones down to it, divided by the place; then the mean of these",
    )


def check_nmi(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(table_KL) -> NMI of clusters (rows) and classes (columns) from the numbers of things in each`."""
    classes = torch.randint(CLASSES, (THINGS,))
    clusters = torch.where(torch.rand(THINGS) < 0.5, classes % CLUSTERS, 0)  # one holds most, as it is with real ones
    table = contingency(clusters, classes)
    counts = table[0].clone()
    counts[0, 0], counts[1, 1] = 0.0, counts[1, 1] + 1  # an empty cell, whose logarithm is a trap
    joint = counts / counts.sum()
    rows, columns = (torch.special.entr(joint.sum(axis)).sum() for axis in (1, 0))
    information = rows + columns - torch.special.entr(joint).sum()
    right = nmi(counts[None])[0]
    compare(
        answer(counts),
        right,
        mistakes={
            "this is the mutual information; divide it by the mean of the two entropies": information,
            "this is half of it: divide by the mean of the two entropies, not by their sum": right / 2,
            "divide by the arithmetic mean of the entropies; this takes the geometric one": information
            / (rows * columns).sqrt(),
            "divide by the mean of the entropies; this takes the larger one": information / rows.max(columns),
            "divide by the mean of the entropies; this takes the smaller one": information / rows.min(columns),
            "this is one minus NMI": 1 - right,
            "make the table sum to one before you take logarithms": _nmi_of_counts(counts),
        },
        otherwise="information = entropy of clusters + entropy of classes - entropy of the table's cells",
    )


def _share(true: Tensor) -> Tensor:
    return true.double().mean()


def _nmi_of_counts(counts: Tensor) -> Tensor:
    rows, columns = (torch.special.entr(counts.sum(axis)).sum() for axis in (1, 0))
    value: Tensor = 2 * (rows + columns - torch.special.entr(counts).sum()) / (rows + columns)
    return value
