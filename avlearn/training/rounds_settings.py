"""What rounds of deep clustering are told."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Int
from torch import Tensor

from avlearn.data import Augmentation
from avlearn.training.plateau import Plateau
from avlearn.training.randomness import derived_seed
from avlearn.training.reclustering import ClusteringSettings

HELD_OUT = 6
"""Key of the stream of random numbers that says which clips are held out."""


@dataclass(frozen=True, kw_only=True)
class RoundsSettings:
    """What rounds of deep clustering are told, besides how to train in each.

    Raises:
        ValueError: a setting makes no sense.
    """

    rounds: int = 4
    """How often clips are clustered and their labels learnt."""
    clips: int = 3072
    """Clips 0 to clips - 1 of the source are the data."""
    hold: bool = True
    """Whether they are made once and held in memory; else they are asked for again whenever they are needed."""
    held_out_share: float = 0.05
    """Share of the clips, at least one, that is clustered but not trained on: its loss says when a round ends."""
    plateau: Plateau = field(default_factory=Plateau)
    """When that loss no longer falls."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How clips change from draw to draw in training; features are those of unchanged clips."""
    clustering: ClusteringSettings = field(default_factory=ClusteringSettings)
    """How features become labels."""

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError(f"rounds is {self.rounds}; give at least 1")
        if self.clips < 2:
            raise ValueError(f"clips is {self.clips}; give at least 2, one to train on and one to hold out")
        if not 0 < self.held_out_share < 1:
            raise ValueError(f"held_out_share is {self.held_out_share}; give a share between 0 and 1")

    def split(self, seed: int) -> tuple[Int[Tensor, " n"], Int[Tensor, " m"]]:
        """Numbers of the clips to train on, and of those held out."""
        order = torch.randperm(self.clips, generator=torch.Generator().manual_seed(derived_seed(seed, HELD_OUT)))
        held_out = max(1, round(self.held_out_share * self.clips))
        return order[held_out:].sort().values, order[:held_out].sort().values
