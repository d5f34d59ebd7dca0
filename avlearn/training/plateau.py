"""When a run has learnt what it can: the loss of scenes that it isn't trained on no longer falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from avlearn.types import Method, SceneSource


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """What counts as no longer falling.

    Raises:
        ValueError: a setting makes no sense.
    """

    every: int = 50
    """Steps between two looks at the loss."""
    patience: int = 3
    """Looks without a new lowest loss after which the run ends."""
    gain: float = 0.01
    """Share of the lowest loss so far by which another one must lie below it to count as lower."""

    def __post_init__(self) -> None:
        for name in ("every", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give at least 1")
        if not 0 <= self.gain < 1:
            raise ValueError(f"gain is {self.gain}; give a share of at least 0 and less than 1")

    def reached(self, losses: Sequence[float]) -> bool:
        """Whether the last of these losses has been without a new lowest one for long enough.

        Example:
            >>> Plateau(patience=2, gain=0.1).reached([3.0, 2.0, 1.9, 1.95])
            True
        """
        lowest, since = float("inf"), 0
        for loss in losses:
            since = 0 if loss < (1 - self.gain) * lowest else since + 1
            lowest = loss if since == 0 else lowest
        return since >= self.patience


class HeldOut:
    """Scenes that aren't trained on, and the losses that a model had on them so far.

    Args:
        scenes: where they come from; asked without truth.
        numbers: which of them.
        plateau: how often to look, and when to stop.
        batch_size: scenes at once.

    Raises:
        ValueError: no scenes.
    """

    def __init__(self, scenes: SceneSource, numbers: Sequence[int], *, plateau: Plateau, batch_size: int = 64) -> None:
        if not len(numbers):
            raise ValueError("there are no held-out scenes to look at; give at least one")
        self.scenes, self.numbers, self.plateau = scenes, list(numbers), plateau
        self.batch_size = batch_size
        self.losses: list[float] = []

    @property
    def saturated(self) -> bool:
        """Whether the loss no longer falls."""
        return self.plateau.reached(self.losses)

    def due(self, step: int) -> bool:
        """Whether it is time for a look after so many steps."""
        return step % self.plateau.every == 0

    @torch.no_grad()
    def loss(self, model: nn.Module, device: torch.device | str = "cpu") -> float:
        """Mean loss over the scenes, in evaluation mode; the model gets its mode back."""
        training, total = model.training, 0.0
        model.eval()
        for start in range(0, len(self.numbers), self.batch_size):
            numbers = self.numbers[start : start + self.batch_size]
            batch = self.scenes.batch(numbers, truth=False).without_truth().to(device)
            total += len(numbers) * float(cast(Method, model).step(batch).loss)
        model.train(training)
        return total / len(self.numbers)
