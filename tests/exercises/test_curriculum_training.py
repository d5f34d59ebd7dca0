"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import math

import pytest
import torch

from avlearn.data import World, WorldSettings
from avlearn.exercises.curriculum_training import (
    STEPS,
    UNTIL,
    check_arrivals,
    check_effective_number,
    check_stage,
)
from avlearn.training import Curriculum, Stage

entr = torch.special.entr


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


def reached(step, borders):
    return sum(step >= border for border in borders)


def stage_in_library(step, steps, until):
    world = World(WorldSettings(), seed=0)
    stages = tuple(Stage(name=str(number), scenes=world, until=end) for number, end in enumerate(until))
    return int(Curriculum(stages).stage(step, steps=steps).name)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (stage_in_library, "✔"),
        (lambda step, steps, until: reached(step, [round(end * steps) for end in until[:-1]]), "✔"),
        (lambda step, steps, until: None, "None"),
        (lambda step, steps, until: reached(step - 1, [round(end * steps) for end in until[:-1]]), "first of the next"),
        (lambda step, steps, until: reached(step, [round(end * steps) for end in until]), "last stage stays"),
        (lambda step, steps, until: 1 + reached(step, [27, 60]), "counted from 0"),
        (lambda step, steps, until: reached(step, until[:-1]), "multiply"),
        (lambda step, steps, until: step, "count how many"),
    ],
)
def test_stage(capsys, answer, hint):
    assert hint in said(check_stage, answer, capsys)


def test_the_check_asks_what_the_library_does():
    assert [stage_in_library(step, STEPS, UNTIL) for step in (26, 27, 59, 60, 90)] == [0, 1, 1, 2, 2]


def arrive(cosines, mass, *, clamp=True):
    best = cosines.max(0)
    values = best.values.clamp_min(0) if clamp else best.values
    return torch.zeros(len(cosines)).index_add(0, best.indices, mass * values)


def keep_last(cosines, mass):
    best, found = cosines.max(0), torch.zeros(len(cosines))
    for place, amount in zip(best.indices, mass * best.values.clamp_min(0), strict=True):
        found[place] = amount
    return found


def from_pictures(cosines, mass):
    best = cosines.max(1)
    return mass[best.indices] * best.values.clamp_min(0)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (arrive, "✔"),
        (lambda cosines, mass: None, "None"),
        (keep_last, "keeps the last"),
        (from_pictures, "axis 0"),
        (lambda cosines, mass: arrive(cosines, mass, clamp=False), "clamp"),
        (lambda cosines, mass: arrive(cosines, torch.ones_like(mass)), "by its mass"),
        (lambda cosines, mass: arrive(cosines, mass) * 0 + arrive(cosines.sign(), mass), "row by row"),
        (lambda cosines, mass: torch.zeros(4).index_add(0, cosines.argmax(0), mass), "multiply the mass"),
        (lambda cosines, mass: cosines.clamp_min(0) @ mass, "nearest visual content alone"),
        (lambda cosines, mass: mass, "shape (6,), expected (4,)"),
    ],
)
def test_arrivals(capsys, answer, hint):
    assert hint in said(check_arrivals, answer, capsys)


def shares(masses):
    return masses / masses.sum()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda m: entr(shares(m)).sum().exp(), "✔"),
        (lambda m: None, "None"),
        (lambda m: entr(shares(m)).sum(), "exponential of the entropy"),
        (lambda m: (entr(shares(m)).sum() / math.log(2)).exp(), "same base"),
        (lambda m: entr(m).sum().exp(), "by their sum first"),
        (lambda m: (m > 0).sum(), "however small"),
        (lambda m: 1 / shares(m).square().sum(), "another such number"),
        (lambda m: (-shares(m) * shares(m).log()).sum().exp(), "logarithm of zero"),
        (lambda m: m.sum(), "shares p"),
    ],
)
def test_effective_number(capsys, answer, hint):
    assert hint in said(check_effective_number, answer, capsys)
