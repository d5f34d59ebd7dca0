"""Checks of the page "Training DCC, and what collapses"."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.data import World, WorldSettings
from avlearn.exercises.feedback import compare
from avlearn.metrics import assignment_entropy, effective_rank
from avlearn.models import DCC, DCCConfig

WARM_UP_STEPS, FLOOR = 40, 0.25


def check_assignment_entropy(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(assignments_BKhw) -> mean entropy of a position's assignment, as a share of log K`."""
    shares = torch.softmax(3 * torch.randn(3, 5, 4, 6), dim=1)
    shares[0, :, 0, 0] = F.one_hot(torch.tensor(2), 5)  # an assignment that is sure
    entropy, most = assignment_entropy(shares), math.log(5)
    compare(
        answer(shares),
        entropy,
        mistakes={
            "divide by log K, so that 1 means uniform whatever K is": entropy * most,
            "use the same base for both logarithms": entropy / math.log(2),
            "sum over the clusters, axis 1; only over scenes and positions take the mean": entropy / 5,
            "an entropy is not negative: minus the sum of s log s": -entropy,
            "this is the entropy of the mean assignment, which is large for sure assignments too; take the entropy of "
            "each position first": torch.special.entr(shares.mean((0, 2, 3))).sum() / most,
            "give one number: the mean over scenes and positions": torch.special.entr(shares).sum(1) / most,
        },
        otherwise="sum -s log s over the clusters, take the mean over all positions, divide by log K",
    )


def check_effective_rank(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(features_BC) -> exp of the entropy of the normalised singular values of the centred features`."""
    features = torch.randn(12, 6) * torch.tensor([3.0, 2.0, 1.0, 0.5, 0.2, 0.1]) + 4
    values = torch.linalg.svdvals(features - features.mean(0))
    rank = effective_rank(features)
    compare(
        answer(features),
        rank,
        mistakes={
            "subtract the mean feature first: what all scenes share tells nothing apart": _count(
                torch.linalg.svdvals(features)
            ),
            "take the exponential at the end, so that the result counts directions": rank.log(),
            "normalise the singular values themselves, not their squares": _count(values.square()),
            "divide the singular values by their sum before you take the entropy": torch.special.entr(values).sum(),
            "this is the plain rank; it counts a direction however weak it is": torch.tensor(6.0),
        },
        otherwise="centre, take singular values, divide by their sum, then the exponential of their entropy",
    )


def check_warm_up_weight(answer: Callable[[int], float | None]) -> None:
    """Check `answer(step) -> weight of the warm-up loss` against a real model: 40 steps of warm-up, floor 0.25."""
    steps = [0, 1, 10, 30, 31, 40, 90]
    given = [answer(step) for step in steps]
    fade = torch.tensor([_weight_in_model(step) for step in steps])
    line = 1 - torch.tensor(steps) / WARM_UP_STEPS
    compare(
        None if None in given else torch.tensor(given),
        fade,
        mistakes={
            "the weight never falls below the floor; yours goes on below it": line,
            "the weight never falls below the floor, 0.25; yours falls to 0": line.clamp_min(0),
            "the weight falls from 1; yours is that of the other loss": 1 - fade,
            "the line aims at 0 in step 40 and stops at the floor before; yours aims at the floor": (
                FLOOR + (1 - FLOOR) * line.clamp_min(0)
            ),
            "the weight of the first step, step 0, is 1": (line - 1 / WARM_UP_STEPS).clamp_min(FLOOR),
        },
        otherwise="a straight line from 1 at step 0 towards 0 at step 40, which stops at the floor",
    )


def _count(values: Tensor) -> Tensor:
    entropy: Tensor = torch.special.entr(values / values.sum()).sum()
    return entropy.exp()


def _weight_in_model(step: int) -> float:
    config = DCCConfig(matcher="max", image_size=32, warm_up_steps=WARM_UP_STEPS, warm_up_floor=FLOOR)
    model = DCC(config)
    model.steps_seen.fill_(step)
    with torch.no_grad():
        logs = model.step(World(WorldSettings(size=32), seed=0).batch(range(2), truth=False)).logs
    return float(logs["warm_up/weight"])
