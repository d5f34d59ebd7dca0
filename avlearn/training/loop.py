"""The training loop, on Lightning Fabric: one process or many, processor or GPU, the same recipe."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn

from avlearn.processes import answered, from_first, in_first, sharing_batches
from avlearn.training.batch_norm import shared_batch_norms
from avlearn.training.batches import STEP, StepBatches
from avlearn.training.curriculum import Curriculum
from avlearn.training.execution import Execution, choose_execution
from avlearn.training.interrupts import interrupts_deferred
from avlearn.training.randomness import derived_seed
from avlearn.training.report import RunReport
from avlearn.training.settings import TrainSettings
from avlearn.training.state import TrainingState, open_run
from avlearn.types import AVBatch, Method, SceneSource

Logs = Mapping[str, float | Tensor]

DEVICES = ("auto", "cpu", "cuda", "mps")
PATIENCE = timedelta(minutes=10)
"""How long a process waits for the others before it takes them for lost; one that has ended is noticed at once."""


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """What a run leaves behind, besides the trained model."""

    history: list[dict[str, float]]
    """Rows of logs with their `step`, `learning_rate` and `seconds` since the start."""
    seconds: float
    """Time of the run, over all of its parts if it was resumed."""
    steps: int
    """Batches trained on."""
    execution: Execution
    """How the steps were computed."""


def fit(
    model: nn.Module,
    scenes: SceneSource | Curriculum,
    settings: TrainSettings,
    *,
    out: Path | str | None = None,
    device: str = "auto",
    resume: bool = False,
    callback: Callable[[int, nn.Module, Logs], None] | None = None,
) -> FitResult:
    """Train a model on scenes that it sees without their truth. Afterwards it is in eval mode, on the device.

    Under `torchrun` every process takes its share of each batch, and together they train as one process would: batch
    norms see the whole batch, gradients are averaged, and so are the logs. A model whose loss compares scenes asks
    `avlearn.processes` for the others' rows; of any other, the loss must be a mean over scenes. Only random numbers
    that a step draws for each scene, such as dropout's, differ. The first process alone reads and writes `out`. When
    one ends, so do the others; a run that is started again with `resume`, by any number of processes, goes on from what
    was saved.

    Args:
        model: with `step(batch) -> StepOutput`.
        scenes: a `World`, a `Collage`, or anything else that makes scenes by number; or a `Curriculum` of them.
        settings: how to train.
        out: folder for `log.jsonl`, TensorBoard's files, the checkpoint and what resuming needs; None saves nothing.
        device: auto, cpu, cuda, cuda:1, mps.
        resume: continue the run in `out`, or start it there; on a processor the result equals, bit for bit, that of a
            run that was never interrupted.
        callback: called after every step, in the first process, with steps done, model and logs. The others wait for
            it, at most ten minutes.

    Raises:
        ValueError: unusable `out`, another model's or other settings' run in it, a batch that can't be shared, a stage
            of a curriculum without steps or with too few scenes, or with cluster numbers that the model can't take.
        FloatingPointError: loss or gradient is not finite; the last saved state stays.
        OSError: the disk is full while saving; the last saved state stays.
        ConnectionError: another process of the run has ended or hangs; the last saved state stays.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DCC, DCCConfig
        >>> settings = TrainSettings(steps=2, batch_size=4, pool=8)
        >>> fit(DCC(DCCConfig()), World(DIFFICULTIES["big"], seed=0), settings, device="cpu").steps
        2
    """
    started, out, fabric = time.perf_counter(), None if out is None else Path(out), _launch(device)
    curriculum = Curriculum.of(scenes)
    saved = in_first(lambda: open_run(out, settings, curriculum, resume=resume))
    batches = StepBatches(curriculum, settings, rank=fabric.global_rank, world_size=fabric.world_size)
    folder = out if fabric.is_global_zero else None
    curriculum.prepare(model, saved["step"] if saved else 0, steps=settings.steps)
    with torch.random.fork_rng([fabric.device] if fabric.device.type == "cuda" else []), _together(fabric, model):
        execution = Execution(**saved["execution"]) if saved else _choose(fabric, model, batches)
        execution.lay_out(model.to(fabric.device))
        state = TrainingState(model, settings, execution, curriculum, started=started)
        module, optimizer = fabric.setup(_step_of(model, settings), state.optimizer)
        if saved:
            state.restore(saved, origin=out)
        with RunReport(state, folder=folder, shown=fabric.is_global_zero) as report:
            try:
                for batch in batches.onward(state.step):
                    with interrupts_deferred():
                        logs = _train(fabric, module, optimizer, batch.to(fabric.device), state)
                        if state.due(settings.log_every) or state.step == 1:
                            report.add({name: float(value) for name, value in logs.items()})
                        if out and state.due(settings.save_every):
                            in_first(partial(state.save, out))
                    if callback and fabric.is_global_zero:
                        callback(state.step, model, logs)
            except KeyboardInterrupt:
                if folder:
                    state.save(folder)
                raise
    model.eval()
    return FitResult(history=state.history, seconds=state.seconds, steps=state.step, execution=execution)


class _Step(nn.Module):
    """Gives `step` the name `forward`, which is where Fabric hooks in; and plain containers, which it can search."""

    def __init__(self, method: nn.Module) -> None:
        super().__init__()
        self.method = method

    def forward(self, batch: AVBatch) -> tuple[Tensor, dict[str, float | Tensor]]:
        output = cast(Method, self.method).step(batch)
        return output.loss, dict(output.logs)


def _step_of(model: nn.Module, settings: TrainSettings) -> nn.Module:
    step = _Step(model)
    return cast(nn.Module, torch.compile(step)) if settings.compile else step


def _launch(device: str) -> Fabric:
    # torchrun says in these how many processes there are here and in all
    local, world = (int(os.environ.get(name, 1)) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    accelerator, _, number = device.partition(":")
    if accelerator not in DEVICES or (number and not number.isdigit()):
        raise ValueError(f"device is {device!r}; choose {', '.join(DEVICES)}, or one of several like cuda:1")
    # A term of the loss may fade out during training, and its parameters then get no gradient
    strategy = DDPStrategy(find_unused_parameters=True, timeout=PATIENCE) if world > 1 else "auto"
    devices = [int(number)] if number else local
    try:
        fabric = Fabric(accelerator=accelerator, strategy=strategy, devices=devices, num_nodes=world // local)
    except RuntimeError as error:
        raise ValueError(f"device is {device!r}, which is not available here; use cpu or auto") from error
    fabric.launch()
    return fabric


@contextmanager
def _together(fabric: Fabric, model: nn.Module) -> Iterator[None]:
    if fabric.world_size == 1:
        yield
        return
    with answered(), shared_batch_norms(model, fabric.device):
        yield


def _choose(fabric: Fabric, model: nn.Module, batches: StepBatches) -> Execution:
    batch = batches(0).to(fabric.device)
    with sharing_batches():
        execution = choose_execution(model.to(fabric.device), batch, batches.settings)
    return from_first(execution)


def _train(fabric: Fabric, module: Any, optimizer: Any, batch: AVBatch, state: TrainingState) -> Logs:
    torch.manual_seed(derived_seed(state.settings.seed, STEP, state.step, fabric.global_rank))
    module.train()
    state.prepare()
    optimizer.zero_grad()
    with state.execution.autocast(fabric.device), sharing_batches():
        loss, logs = cast(tuple[Tensor, Logs], module(batch))
    fabric.backward(loss)
    norm: Any = fabric.clip_gradients(module, optimizer, max_norm=state.settings.clip, error_if_nonfinite=False)
    if not torch.isfinite(loss.detach() + norm):
        raise FloatingPointError(
            f"step {state.step + 1}: the loss is {float(loss.detach()):.4g} and the gradient's norm {float(norm):.4g}; "
            "lower the learning rate or use precision='32-true'. The last saved state is intact"
        )
    optimizer.step()
    state.advance()
    return logs if fabric.world_size == 1 else _mean_over_processes(fabric, logs)


def _mean_over_processes(fabric: Fabric, logs: Logs) -> dict[str, float]:
    own = torch.tensor([float(value) for value in logs.values()], dtype=torch.float64)
    mean = cast(Tensor, fabric.all_reduce(own.to(fabric.device), reduce_op="mean"))
    return dict(zip(logs, mean.tolist(), strict=True))
