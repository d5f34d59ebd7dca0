"""Checks of the page "From feature maps to sets of vectors"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.clustering import PooledMatcher
from avlearn.clustering.cocluster import vectors
from avlearn.exercises.feedback import compare

Layers = Sequence[tuple[int, int]]
"""Side of the kernel and stride of each layer, from the input on."""


def check_vectors(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(feature_map_BChw) -> the same numbers as (B, N, C), row by row of the map`."""
    features = torch.randn(2, 5, 3, 4)
    compare(
        answer(features),
        vectors(features),
        mistakes={
            "the shape is right, but reshape mixes channels and positions: flatten the map, then swap the axes": (
                features.reshape(2, 12, 5)
            ),
            "these are (B, C, N): every position must be a row, so swap the last two axes": features.flatten(2),
            "positions must be counted row by row: i = y w + x": features.mT.flatten(2).mT,
        },
    )


def check_receptive_field(answer: Callable[[Layers], object]) -> None:
    """Check `answer(layers) -> side in pixels of the input that one output position can see`."""
    layers = [(int(torch.randint(1, 6, ())), int(torch.randint(1, 4, ()))) for _ in range(6)]
    layers = [(3, 2), *layers, (3, 2), (3, 1)]
    sides, steps = [side for side, _ in layers], _steps(layers)
    compare(
        answer(layers),
        torch.tensor(1 + sum((side - 1) * step for side, step in zip(sides, steps, strict=False))),
        mistakes={
            "a kernel reaches side - 1 steps beyond its first cell, not side": torch.tensor(
                1 + sum(side * step for side, step in zip(sides, steps, strict=False))
            ),
            "grow the field with the step *before* this layer's stride, then multiply the step": torch.tensor(
                1 + sum((side - 1) * step for side, step in zip(sides, steps[1:], strict=True))
            ),
            "one step of a deep layer is many pixels: multiply side - 1 by the strides so far": torch.tensor(
                1 + sum(side - 1 for side in sides)
            ),
            "start with a field of 1 pixel": torch.tensor(
                sum((side - 1) * step for side, step in zip(sides, steps, strict=False))
            ),
            "this is the stride of the whole network; the field adds up the kernels": torch.tensor(steps[-1]),
        },
    )


def check_best_position(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(u_VNC, a_AC) -> (V, A), the best cosine of any position of each picture with each sound`."""
    image, sounds = torch.randn(3, 6, 2, 4), torch.randn(4, 6)
    u = vectors(image)
    cosines = torch.einsum("vnc,ac->vna", F.normalize(u, dim=-1), F.normalize(sounds, dim=-1))
    compare(
        answer(u, sounds),
        PooledMatcher("max")(image, sounds[:, :, None, None]),
        mistakes={
            "these are inner products; normalize both vectors first": (u @ sounds.mT).amax(1),
            "the vectors of the picture have a length too; normalize them": (u @ F.normalize(sounds, dim=-1).mT).amax(
                1
            ),
            "normalize the sounds too": (F.normalize(u, dim=-1) @ sounds.mT).amax(1),
            "this averages over the positions; take the best one": cosines.mean(1),
            "this is the cosine with the average position; compare first, then take the best": (
                F.normalize(u.mean(1), dim=-1) @ F.normalize(sounds, dim=-1).mT
            ),
            "pictures are the rows and sounds the columns; swap the axes": cosines.amax(1).mT,
            "normalize along the channels, the last axis": (
                F.normalize(u, dim=1) @ F.normalize(sounds, dim=-1).mT
            ).amax(1),
        },
    )


def _steps(layers: Layers) -> list[int]:
    """Pixels from one cell to the next, in the input and after every layer."""
    steps = [1]
    for _, stride in layers:
        steps.append(steps[-1] * stride)
    return steps
