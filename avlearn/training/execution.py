"""How a step is computed, precision and memory layout, chosen by measurement."""

from __future__ import annotations

import copy
import itertools
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import cast, get_args

import torch
from torch import nn

from avlearn.training.settings import Precision, TrainSettings
from avlearn.types import AVBatch, Method

ROUNDS = 4
"""Steps timed of each candidate; the first only warms up."""
GAIN = 0.95
"""A candidate must take less than this share of the plain step's time, or the plain one is kept."""
SHORT_RUN = 100
"""Runs of fewer steps are over before a measurement has paid off, so they take the plain step."""

LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How a step is computed; the default is plain."""

    precision: Precision = "32-true"
    """32-true, or bf16-mixed: weights in 32 bits, matrix products in bfloat16."""
    channels_last: bool = False
    """Whether the kernels of convolutions have their channels last in memory, and with them all feature maps."""

    def autocast(self, device: torch.device) -> AbstractContextManager[object]:
        """Context in which the forward pass runs."""
        return torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16-mixed")

    def lay_out(self, model: nn.Module) -> None:
        """Give the model's kernels their layout, in place."""
        for parameter in model.parameters() if self.channels_last else ():
            if parameter.ndim in LAYOUTS:
                parameter.data = parameter.data.contiguous(memory_format=LAYOUTS[parameter.ndim])


def choose_execution(model: nn.Module, batch: AVBatch, settings: TrainSettings) -> Execution:
    """The fastest way to compute a step of this model on this machine, among those that the settings allow.

    A few forward and backward passes of copies of the model are timed in turns, and the best of each candidate counts.

    Args:
        model: with `step(batch)`, on the device that it will train on; it isn't changed.
        batch: a typical one, on the same device.
        settings: precision and channels_last; what isn't auto is taken as it is.
    """
    candidates = _candidates(settings)
    if len(candidates) == 1 or settings.steps < SHORT_RUN:
        return candidates[0]
    times = measure_executions(model, batch, candidates)
    best = min(times, key=lambda candidate: times[candidate])
    return best if times[best] < GAIN * times.get(candidates[0], float("inf")) else candidates[0]


def measure_executions(model: nn.Module, batch: AVBatch, candidates: list[Execution]) -> dict[Execution, float]:
    """Seconds of a forward and backward pass under each candidate; one that can't compute the step is left out."""
    copies = {candidate: copy.deepcopy(model).train() for candidate in candidates}
    times: dict[Execution, float] = {}
    for turn in range(ROUNDS):
        for candidate in list(copies):
            candidate.lay_out(copies[candidate])
            try:
                seconds = _time_step(copies[candidate], batch, candidate)
            except (RuntimeError, NotImplementedError):
                if candidate == candidates[0]:
                    raise
                del copies[candidate]
                times.pop(candidate, None)
                continue
            if turn > 0:
                times[candidate] = min(seconds, times.get(candidate, seconds))
    return times


def _candidates(settings: TrainSettings) -> list[Execution]:
    precisions = get_args(Precision) if settings.precision == "auto" else (settings.precision,)
    layouts = (False, True) if settings.channels_last == "auto" else (settings.channels_last,)
    return [Execution(precision=p, channels_last=c) for p, c in itertools.product(precisions, layouts)]


def _time_step(model: nn.Module, batch: AVBatch, execution: Execution) -> float:
    device = batch.frames.device
    model.zero_grad()
    _wait_for(device)
    start = time.perf_counter()
    with execution.autocast(device):
        loss = cast(Method, model).step(batch).loss
    loss.backward()
    _wait_for(device)
    return time.perf_counter() - start


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
