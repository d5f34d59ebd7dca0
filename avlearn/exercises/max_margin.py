"""Checks of the page "The max-margin loss"."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.exercises.feedback import compare
from avlearn.losses import info_nce, max_margin


def check_hinge(answer: Callable[[Tensor, float], object]) -> None:
    """Check `answer(similarity, margin) -> max-margin loss over every wrong pair, both ways`."""
    similarity, margin = 2 * torch.randn(6, 6), 1.0
    true, wrong = similarity.diagonal(), ~torch.eye(6, dtype=torch.bool)
    by_picture, by_sound = (margin + similarity - rival for rival in (true[:, None], true[None, :]))
    compare(
        answer(similarity, margin),
        max_margin(similarity, margin=margin, negatives="all"),
        mistakes={
            "without max(0, ...) a pair that wins by far pays for others; cut it off at zero": (
                by_picture[wrong].mean() + by_sound[wrong].mean()
            )
            / 2,
            "the true pairs are no negatives; leave the diagonal out": (F.relu(by_picture) + F.relu(by_sound)).mean()
            / 2,
            "this asks each picture for its sound; ask each sound for its picture too, and average": F.relu(by_picture)[
                wrong
            ].mean(),
            "this asks each sound for its picture; ask each picture for its sound too, and average": F.relu(by_sound)[
                wrong
            ].mean(),
            "wrong pairs should lose: it is margin + wrong - true": (
                F.relu(2 * margin - by_picture)[wrong].mean() + F.relu(2 * margin - by_sound)[wrong].mean()
            )
            / 2,
            "average over the wrong pairs, don't add them up": F.relu(by_picture)[wrong].sum()
            + F.relu(by_sound)[wrong].sum(),
            "average the two directions, don't add them": F.relu(by_picture)[wrong].mean()
            + F.relu(by_sound)[wrong].mean(),
            "the margin is missing": (
                F.relu(by_picture - margin)[wrong].mean() + F.relu(by_sound - margin)[wrong].mean()
            )
            / 2,
        },
    )


def check_info_nce(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(similarity) -> symmetric InfoNCE`."""
    similarity = 3 * torch.randn(5, 5)
    rows, columns = similarity.log_softmax(1).diagonal(), similarity.log_softmax(0).diagonal()
    compare(
        answer(similarity),
        info_nce(similarity),
        mistakes={
            "this asks each picture for its sound; ask each sound for its picture too, and average": -rows.mean(),
            "this asks each sound for its picture; ask each picture for its sound too, and average": -columns.mean(),
            "average the two directions, don't add them": -(rows.mean() + columns.mean()),
            "the loss is minus the logarithm: a sure pair costs nothing": (rows.mean() + columns.mean()) / 2,
            "average over the scenes, don't add them up": -(rows.sum() + columns.sum()) / 2,
            "take the logarithm of each probability before you average": -(
                rows.exp().mean().log() + columns.exp().mean().log()
            )
            / 2,
        },
    )


def check_false_negatives(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(classes_B) -> share of the wrong pairs of a batch whose two scenes have the same class`."""
    classes = torch.randint(4, (11,))
    same = classes[:, None] == classes
    pairs = len(classes) * (len(classes) - 1)
    false = int(same.sum()) - len(classes)
    compare(
        answer(classes),
        torch.tensor(false / pairs),
        mistakes={
            "a scene with its own sound is the true pair; leave the diagonal out": same.float().mean(),
            "leave the diagonal out of all pairs, too": torch.tensor(false / len(classes) ** 2),
            "this is their number; divide by the number of wrong pairs": torch.tensor(false),
            "both orders of two scenes are wrong pairs: count each twice, or count all pairs once": torch.tensor(
                false / 2 / pairs
            ),
        },
    )
