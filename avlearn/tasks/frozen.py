"""What every task does with a frozen model: keep it frozen, number its scenes, draw them anew for the intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float64
from torch import Tensor, nn

from avlearn.metrics.bootstrap import bootstrap_weights

RESAMPLES = 1000
"""Draws of the scenes behind each interval."""


@contextmanager
def evaluation_mode(model: object) -> Iterator[None]:
    """Evaluation mode and no gradients inside; afterwards each part of the model has its own mode back."""
    # Some parts may have been frozen on purpose
    training = [part for part in model.modules() if part.training] if isinstance(model, nn.Module) else []
    for part in training:
        part.training = False
    try:
        with torch.inference_mode():
            yield
    finally:
        for part in training:
            part.training = True


def device_of(model: object) -> torch.device:
    """Where the model's parameters are; the CPU for a model without."""
    parameter = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    return torch.device("cpu") if parameter is None else parameter.device


def numbered(count: int, batch_size: int) -> Iterator[list[int]]:
    """The numbers 0 to count - 1 in batches of nearly equal size, none above `batch_size`.

    >>> list(numbered(5, 2))
    [[0, 1], [2, 3], [4]]
    """
    for numbers in torch.arange(count).tensor_split(math.ceil(count / batch_size)):
        yield numbers.tolist()


def draws_of(count: int, generator: torch.Generator) -> Float64[Tensor, "Q S"]:
    """How often each scene counts: once in the first row, which gives the numbers; the others give the intervals."""
    once = torch.ones(1, count, dtype=torch.float64)
    return torch.cat([once, bootstrap_weights(count, resamples=RESAMPLES, generator=generator)])


def check_settings(*, seed: int, **counts: int) -> None:
    """One clear error for settings that can't work.

    Raises:
        ValueError: a count below 1, or a negative seed.
    """
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; it must be at least 1")
    if seed < 0:
        raise ValueError(f"seed is {seed}; give a whole number from 0 on")
