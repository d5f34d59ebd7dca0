"""Sounds that don't belong to their picture, and how well a model tells them from those that do.

A model that points somewhere whatever it hears can score well on pairs that belong together. Silence, noise and the
sound of things that can't be seen show it (tests with negative audio are asked for in arXiv 2410.01020).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from avlearn.metrics.ranking import false_alarm_rate, roc_auc, threshold_at_recall
from avlearn.types import Truth

RECALL = 0.95
"""Share of the scenes with their own sound that the one threshold for all scenes lets pass."""

MAPS_AT_ONCE = 256
"""Maps that are enlarged together."""

Sounds = tuple[Int[Tensor, " r"], Float[Tensor, "r S"]]
"""Rows of a batch, and another waveform for each."""

Answers = dict[str, Tensor]
"""What a model answered to one kind of sound: maps `attention` and `similarity` (R, h, w), and `score` (R,)."""


def shuffled(waveform: Float[Tensor, "B S"], truth: Truth, *, generator: torch.Generator) -> Sounds:
    """The sound of another scene of the batch with no class in common among those heard.

    Rows without such a scene are left out.
    """
    return _exchanged(waveform, truth, truth.sounds, generator)


def negatives(waveform: Float[Tensor, "B S"], truth: Truth, *, generator: torch.Generator) -> dict[str, Sounds]:
    """Sounds of nothing in the picture.

    `silence`: zeros. `noise`: white and Gaussian, as loud as the scene's own sound. `offscreen`: the sound of another
    scene of the batch, of classes that are neither visible nor heard here; rows without one are left out.
    """
    rows = torch.arange(len(waveform))
    noise = torch.randn(waveform.shape, generator=generator)
    loudness = waveform.square().mean(1, keepdim=True).sqrt()
    return {
        "silence": (rows, torch.zeros_like(waveform)),
        "noise": (rows, noise * loudness),
        "offscreen": _exchanged(waveform, truth, truth.sounds | truth.visible, generator),
    }


def tell_apart(answers: Mapping[str, Answers], *, size: tuple[int, int]) -> dict[str, Any]:
    """How well the strength of each answer tells scenes with their own sound from scenes with a wrong one.

    The strength of a map is its maximum, that of a score itself. One threshold for all scenes is set as high as 95 %
    of the scenes with their own sound allow.

    Args:
        answers: to the `own` sounds, and to each kind of wrong sound.
        size: height and width of the picture, for the share of it that lies above the threshold.

    Returns:
        `recall`, 0.95, and under `strengths` for each of `attention`, `similarity` and `score`: the `threshold`; the
        mean `area` of the picture that reaches it (maps only); and for each kind of wrong sound, and for `all` of them
        together, `scenes`, `auc` (0.5 at chance), `false_alarm_rate` and `area`.
    """
    wrong = {kind: answer for kind, answer in answers.items() if kind != "own"}
    if wrong:
        wrong["all"] = {name: torch.cat([answer[name] for answer in wrong.values()]) for name in answers["own"]}
    strengths = {
        name: _tell_apart(own, {kind: answer[name] for kind, answer in wrong.items()}, size)
        for name, own in answers["own"].items()
    }
    return {"recall": RECALL, "strengths": strengths}


def _tell_apart(own: Tensor, wrong: Mapping[str, Tensor], size: tuple[int, int]) -> dict[str, Any]:
    strength = _strength(own)
    threshold = threshold_at_recall(strength, torch.ones_like(strength, dtype=torch.bool), recall=RECALL)
    report: dict[str, Any] = {"threshold": float(threshold), **_area(own, threshold, size)}
    for kind, answer in wrong.items():
        both = torch.cat([strength, _strength(answer)])
        positive = torch.arange(len(both)) < len(strength)
        report[kind] = {
            "scenes": len(answer),
            "auc": float(roc_auc(both, positive)),
            "false_alarm_rate": float(false_alarm_rate(both, positive, recall=RECALL)),
            **_area(answer, threshold, size),
        }
    return report


def _strength(answer: Tensor) -> Tensor:
    return answer if answer.ndim == 1 else answer.flatten(1).amax(1)


def _area(answer: Tensor, threshold: Tensor, size: tuple[int, int]) -> dict[str, float]:
    if answer.ndim == 1:
        return {}
    parts = (F.interpolate(part[:, None], size, mode="bilinear") for part in answer.split(MAPS_AT_ONCE))
    return {"area": sum(float((part >= threshold).double().mean((1, 2, 3)).sum()) for part in parts) / len(answer)}


def _exchanged(waveform: Tensor, truth: Truth, forbidden: Bool[Tensor, "B M"], generator: torch.Generator) -> Sounds:
    # No class heard in the partner may be forbidden here; what is heard here always is, so nobody is its own partner
    same = truth.classes[:, None, :, None] == truth.classes[None, :, None, :]
    meet = (same & forbidden[:, None, :, None] & truth.sounds[None, :, None, :]).any(3).any(2)
    allowed = ~meet & truth.sounds.any(1)
    rows = allowed.any(1).nonzero().flatten()
    if not len(rows):
        return rows, waveform[:0]
    return rows, waveform[torch.multinomial(allowed[rows].double(), 1, generator=generator).flatten()]
