"""Checks of the page "Scaling out"."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from avlearn.exercises.feedback import compare

PROCESSES, SHARE = 4, 6


def check_share(answer: Callable[[Tensor, int, int], object]) -> None:
    """Check `answer(numbers_B, rank, processes) -> own rows`: equal blocks of the batch, in the order of the ranks."""
    numbers = torch.randperm(1000)[: PROCESSES * SHARE]
    rank = int(torch.randint(1, PROCESSES - 1, ()))
    block = numbers.view(PROCESSES, SHARE)
    compare(
        answer(numbers, rank, PROCESSES),
        block[rank],
        mistakes={
            "this deals the rows out like cards; give each process one block, so that the blocks side by side are the "
            "batch": numbers[rank::PROCESSES],
            "ranks are counted from 0; this is the block of the rank before": block[rank - 1],
            "ranks are counted from 0; this is the block of the next rank": block[rank + 1],
            "this is the whole batch; a process trains on its share": numbers,
            "give the numbers of the scenes, not the rows that they stand in": (
                torch.arange(PROCESSES * SHARE).view(PROCESSES, SHARE)[rank]
            ),
        },
        otherwise="a share has len(numbers) // processes rows; where does that of this rank begin?",
    )


def check_whole_gradient(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(gradients_PD, scenes_P) -> gradient_D`, of the mean over all scenes, from the processes' means."""
    scenes = torch.tensor([2, 5, 9])
    of_scenes = torch.randn(int(scenes.sum()), 4)
    means = torch.stack([own.mean(0) for own in of_scenes.split(scenes.tolist())])
    compare(
        answer(means, scenes),
        of_scenes.mean(0),
        mistakes={
            "this is the mean of the means; a process with more scenes must count for more": means.mean(0),
            "this is the sum of the means; weight them, and divide": means.sum(0),
            "weights must add up to 1; divide by the number of all scenes": of_scenes.sum(0),
            "this weights the rows, but doesn't add them up": means * (scenes / scenes.sum())[:, None],
        },
        otherwise="a mean times its number of scenes is a sum; add the sums, and divide once",
    )


def check_step_seconds(answer: Callable[[int, float, float, int], object]) -> None:
    """Check `answer(clips, reading, learning, workers) -> seconds a step`, with clips read ahead while others are
    learnt from; reading and learning are seconds a clip.
    """
    clips, workers = 32, 4
    for reading, learning in ((0.5, 0.05), (0.125, 0.25)):  # first the readers are too slow, then the learner
        waiting, working = clips * reading / workers, clips * learning
        compare(
            answer(clips, reading, learning, workers),
            torch.tensor(max(waiting, working)),
            mistakes={
                "reading and learning go on at the same time; don't add them": torch.tensor(waiting + working),
                "the slower of the two decides, not the faster": torch.tensor(min(waiting, working)),
                "the readers work side by side; divide by their number": torch.tensor(max(clips * reading, working)),
                "this is one clip; a step has many": torch.tensor(max(reading / workers, learning)),
                "only the readers are several; the learner is one": torch.tensor(max(waiting, working / workers)),
            },
            otherwise="how long do the readers need for a batch, how long the learner, and which one waits?",
        )
