"""What a training run is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Precision = Literal["32-true", "bf16-mixed"]
Schedule = Literal["one_cycle", "constant"]
PrecisionChoice = Literal["auto", "32-true", "bf16-mixed"]


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """Settings of `fit`: AdamW with clipped gradients."""

    steps: int
    """Batches to train on."""
    batch_size: int = 32
    """Scenes of a step, over all processes together."""
    learning_rate: float = 2e-3
    """Highest learning rate."""
    schedule: Schedule = "one_cycle"
    """one_cycle: up to the highest rate, then down to nothing; a stage of a curriculum may begin another cycle.
    constant: the highest rate all along."""
    rise: float = 0.3
    """Share of a cycle in which the learning rate goes up."""
    weight_decay: float = 1e-5
    """Of AdamW."""
    clip: float = 5.0
    """Gradients are scaled down to this total norm; `math.inf` leaves them alone."""
    pool: int | None = 4096
    """Number of distinct scenes of a source, made once and held in memory; None makes fresh scenes for every step."""
    flip: bool = True
    """Whether half of the pictures of each step are mirrored."""
    precision: PrecisionChoice = "auto"
    """Arithmetic of the step; auto measures what is fastest here and keeps it for the run."""
    channels_last: bool | Literal["auto"] = "auto"
    """Memory layout of convolutions; auto measures what is fastest here and keeps it for the run."""
    compile: bool = False
    """Whether the step goes through `torch.compile`."""
    seed: int = 0
    """Of the order of the scenes, the flips, and everything random inside a step."""
    log_every: int = 10
    """Steps between two rows of the history; the first and the last step always have one."""
    save_every: int = 500
    """Steps between two saves; the end of the run is always saved."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "log_every", "save_every", "learning_rate", "clip"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; give a positive number")
        if not 0 < self.rise < 1:
            raise ValueError(f"rise is {self.rise}; give a share of the run between 0 and 1")
        if self.schedule not in get_args(Schedule):
            raise ValueError(f"schedule is {self.schedule!r}; choose one of {', '.join(get_args(Schedule))}")
        for name in ("weight_decay", "seed"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; give zero or more")
        if self.pool is not None and self.pool < self.batch_size:
            raise ValueError(f"a pool of {self.pool} scenes can't fill a batch of {self.batch_size}; enlarge the pool")
        if self.precision not in get_args(PrecisionChoice):
            raise ValueError(f"precision is {self.precision!r}; choose one of {', '.join(get_args(PrecisionChoice))}")
        if self.channels_last not in (True, False, "auto"):
            raise ValueError(f"channels_last is {self.channels_last!r}; choose True, False or 'auto'")
