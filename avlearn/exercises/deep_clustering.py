"""Checks of the page "Cross-modal deep clustering"."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.exercises.feedback import compare


def check_assignment(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(points_ND, centres_KD) -> number of the nearest centre of each point`."""
    # Centres of different length, so that products mislead
    points, centres = (
        torch.randn(40, 3),
        F.normalize(torch.randn(5, 3)) * torch.tensor([[0.5], [1.0], [1.5], [2.0], [3.0]]),
    )
    distances = torch.cdist(points, centres)
    compare(
        answer(points, centres),
        distances.argmin(1),
        mistakes={
            "this is the centre farthest away; take the smallest distance": distances.argmax(1),
            "this is the nearest point of each centre; look along the other axis": distances.argmin(0),
            "a product grows with the length of the centre; compare distances": (points @ centres.mT).argmax(1),
            "these are the distances; which centre is nearest?": distances.min(1).values,
            "count the centres from 0": distances.argmin(1) + 1,
        },
        otherwise="distances of each point to all centres, shape (N, K), then the place of the smallest in each row",
    )


def check_crossed_loss(answer: Callable[[Tensor, Tensor, Tensor, Tensor], object]) -> None:
    """Check `answer(seen_BK, heard_BK, video_labels_B, audio_labels_B) -> the loss of XDC`.

    `seen` and `heard` are the logits of the two heads, the labels the clusters of video and of sound.
    """
    seen, heard = torch.randn(12, 4), torch.randn(12, 4)
    video, audio = torch.arange(12) % 4, torch.arange(12) // 3
    crossed = F.cross_entropy(seen, audio), F.cross_entropy(heard, video)
    own = F.cross_entropy(seen, video), F.cross_entropy(heard, audio)
    summed = F.cross_entropy(seen, audio, reduction="sum") + F.cross_entropy(heard, video, reduction="sum")
    compare(
        answer(seen, heard, video, audio),
        crossed[0] + crossed[1],
        mistakes={
            "so each network learns its own clusters, which is SDC; labels change sides": own[0] + own[1],
            "with both heads on both labels this is MDC; each network learns the other's alone": crossed[0]
            + crossed[1]
            + own[0]
            + own[1],
            "the two losses are added, not averaged": (crossed[0] + crossed[1]) / 2,
            "average over the batch before you add the two": summed,
            "this is the loss of the eyes alone; add that of the ears": crossed[0],
            "this is the loss of the ears alone; add that of the eyes": crossed[1],
        },
        otherwise="cross-entropy of what is seen with the clusters of sounds, plus that of what is heard with the rest",
    )


def check_draw_weights(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(labels_N) -> probability of each clip, if clusters are drawn uniformly and then clips in them`."""
    labels = torch.tensor([3, 0, 0, 3, 0, 4, 0, 0, 3])  # clusters 1 and 2 are empty
    sizes = labels.bincount()
    compare(
        answer(labels),
        1.0 / (3 * sizes[labels]),
        mistakes={
            "empty clusters can't be drawn; count those that have clips": 1.0 / (len(sizes) * sizes[labels]),
            "so every clip is equally likely, and large clusters fill the batch": torch.full((9,), 1 / 9),
            "probabilities sum to 1; divide by the number of clusters that have clips": 1.0 / sizes[labels],
            "so large clusters are drawn even more often; divide by the size": sizes[labels] / sizes[labels].sum(),
        },
        otherwise="one over the number of clusters that have clips, times one over the size of the clip's own cluster",
    )
