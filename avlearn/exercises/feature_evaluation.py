"""Checks of the page "Feature evaluation"."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from avlearn.exercises.feedback import compare
from avlearn.metrics.eleven_points import LEVELS, eleven_points

WINDOWS, RECORDINGS, PICTURES = 5, 7, 40


def check_clip_class(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(scores_WL) -> class of a clip`, by the mean over its W windows of the scores of L classes."""
    scores = torch.tensor([[0.0, 1.0, -9.0], [0.0, 1.0, -9.0], [0.0, 1.0, -9.0], [8.0, 0.0, -9.0], [0.0, -1.0, 9.0]])
    scores = torch.cat([scores, torch.zeros(WINDOWS, 1)], dim=1)
    compare(
        answer(scores),
        scores.mean(0).argmax(),
        mistakes={
            "this lets the windows vote; a window that is sure should weigh more, so take the mean of the scores": (
                scores.argmax(1).mode().values
            ),
            "this believes the single surest window; take the mean over all of them": scores.amax(0).argmax(),
            "give the number of the class, not its score": scores.mean(0).amax(),
            "give one class for the clip, not one for each window": scores.argmax(1),
            "the highest mean wins; this takes the lowest": scores.mean(0).argmin(),
        },
        otherwise="mean over the windows, then the number of the highest class",
    )


def check_leaks(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(recordings_N, train_N) -> recordings on both sides`; train says which clips are learnt from."""
    recordings = torch.arange(3 * RECORDINGS) % RECORDINGS
    train = recordings < RECORDINGS // 2
    train[[0, 1, RECORDINGS]], train[RECORDINGS - 1] = False, True  # clips of 0, 1 and the last go to the other side
    order = torch.randperm(len(recordings))
    recordings, train = recordings[order], train[order]
    learnt, asked = (set(recordings[side].tolist()) for side in (train, ~train))
    both = torch.tensor(len(learnt & asked))
    leaked = torch.tensor([int(one) in learnt for one in recordings[~train]]).sum()
    compare(
        answer(recordings, train),
        both,
        mistakes={
            "these are the clips to test on whose recording is known; count recordings": leaked,
            "these are the recordings to learn from; count those that are tested on, too": torch.tensor(len(learnt)),
            "these are the recordings to test on; count those that are learnt from, too": torch.tensor(len(asked)),
            "these are all recordings": torch.tensor(RECORDINGS),
            "give a number, not a share": both / RECORDINGS,
        },
        otherwise="which recordings are among those to learn from and among those to test on?",
    )


def check_eleven_points(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(precision_N, recall_N) -> average precision by the rule of VOC 2007`; recall ends at 1."""
    shown = torch.rand(PICTURES) < 0.3
    shown[2], shown[5] = True, True
    hits = shown.cumsum(0).double()
    precision, recall = hits / torch.arange(1, PICTURES + 1), hits / hits[-1]
    ranked = -torch.arange(PICTURES).double()
    compare(
        answer(precision, recall),
        torch.tensor(eleven_points(shown.numpy(), ranked.numpy()), dtype=torch.float64),
        mistakes={
            "this is the mean precision over all places; take it at 11 levels of recall": precision.mean(),
            "this is the mean over relevant places, the usual average precision": precision[shown].mean(),
            "this takes the first place that reaches a level; take the best precision from there on": _points(
                precision, recall, best=False
            ),
            "there are 11 levels, 0 among them; this has 10": _points(precision, recall, levels=LEVELS, skip=1),
            "give one number, the mean over the levels": torch.stack(_levels(precision, recall)),
        },
        otherwise="for each of 0, 0.1, ..., 1: the highest precision at that recall or above; then the mean",
    )


def _points(precision: Tensor, recall: Tensor, *, best: bool = True, levels: int = LEVELS, skip: int = 0) -> Tensor:
    return torch.stack(_levels(precision, recall, best=best, levels=levels)[skip:]).mean()


def _levels(precision: Tensor, recall: Tensor, *, best: bool = True, levels: int = LEVELS) -> list[Tensor]:
    reached = [precision[recall >= level / (levels - 1) - 1e-12] for level in range(levels)]
    return [some.max() if best else some[0] for some in reached]
