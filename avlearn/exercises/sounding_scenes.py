"""Checks of the page "Sounding scenes"."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from avlearn.data import World, WorldSettings
from avlearn.data.mixing import MEAN_LEVEL
from avlearn.exercises.feedback import compare
from avlearn.metrics import pointing
from avlearn.types import Truth


def check_decibels(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(stem) -> level in decibels over a root mean square of 0.07`."""
    stem = torch.randn(4000) * torch.rand(()) * 0.2
    loudness = stem.square().mean().sqrt()
    level = 20 * torch.log10(loudness / MEAN_LEVEL)
    compare(
        answer(stem),
        level,
        mistakes={
            "decibels of an amplitude are 20 times the logarithm; 10 times is for powers": level / 2,
            "this is the mean square; take its square root before you compare with 0.07": 20
            * torch.log10(loudness**2 / MEAN_LEVEL),
            "the logarithm must have base 10": 20 * torch.log(loudness / MEAN_LEVEL),
            "divide by 0.07, so that a stem of that loudness has 0 decibels": 20 * torch.log10(loudness),
            "louder must give more decibels, so the stem stands above and 0.07 below": -level,
            "a mean of absolute values isn't a root mean square: square, average, take the root": 20
            * torch.log10(stem.abs().mean() / MEAN_LEVEL),
        },
    )


def check_random_object(answer: Callable[[Truth], object]) -> None:
    """Check `answer(truth) -> chance that an object chosen at random sounds`, over scenes that show something."""
    truth = _crowded_truth()
    sounding, visible = truth.sounding.sum(1), truth.visible.sum(1)
    compare(
        answer(truth),
        (sounding / visible).mean(),
        mistakes={
            "this is the share among all objects; scenes count alike, so divide first, then average": sounding.sum()
            / visible.sum(),
            "off-screen sounds are in `sounds` but can't be chosen; count those that are also visible": (
                truth.sounds.sum(1) / visible
            ).mean(),
            "give one number: the mean over the scenes": sounding / visible,
            "this is the chance to hit a silent object": (truth.silent.sum(1) / visible).mean(),
        },
    )


def check_pointing(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(heat_BHW, mask_BHW) -> share of the maps whose highest pixel lies in the mask`."""
    heat, mask = torch.rand(40, 7, 9), torch.rand(40, 7, 9) < 0.4
    mask[:, 0, 0] = True
    hits = pointing(heat, mask)
    whole = mask.flatten()[heat.argmax()].double()
    compare(
        answer(heat, mask),
        hits.mean(),
        mistakes={
            "this looks for one highest pixel in the whole batch; flatten each map and look in each": whole,
            "give one number: the mean over the maps": hits,
            "this is the lowest pixel": pointing(-heat, mask).mean(),
            "this is the share of the heat inside the mask; only the highest pixel counts": (
                (heat * mask).sum((1, 2)) / heat.sum((1, 2))
            ).mean(),
        },
    )


def _crowded_truth() -> Truth:
    world = World(WorldSettings(size=32, sources=(1, 3), silent=(0, 2), offscreen=(0, 2)), seed=1)
    first = int(torch.randint(10_000, ()))
    truth = world.batch(range(first, first + 24)).truth
    assert truth is not None
    return truth
