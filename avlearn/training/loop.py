"""The training loop, on Lightning Fabric: one process or many, processor or GPU, the same recipe."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from avlearn.training.flaws import advice, flaw_shares
from avlearn.training.interrupts import Interrupts, Terminated
from avlearn.training.plateau import HeldOut
from avlearn.training.prefetch import workers_watched
from avlearn.training.randomness import derived_seed
from avlearn.training.report import RunReport
from avlearn.training.settings import TrainSettings
from avlearn.training.state import TrainingState, open_run
from avlearn.types import AVBatch, Method, SceneSource

logger = logging.getLogger("avlearn")

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
    flaws: Mapping[str, int] = field(default_factory=dict)
    """How many of the clips that were drawn could not be read (`clips/skipped`; others took their place), were silent
    or black, or lacked a part of pictures or sound (`clips/incomplete`); empty for scenes that are made."""


def fit(
    model: nn.Module,
    scenes: SceneSource | Curriculum,
    settings: TrainSettings,
    *,
    out: Path | str | None = None,
    device: str = "auto",
    resume: bool = False,
    held_out: HeldOut | None = None,
    callback: Callable[[int, nn.Module, Logs], None] | None = None,
) -> FitResult:
    """Train a model on scenes that it sees without their truth. Afterwards it is in eval mode, on the device.

    Under `torchrun` every process takes its share of each batch, and together they train as one process would: batch
    norms see the whole batch, gradients are averaged, and so are the logs. A model whose loss compares scenes asks
    `avlearn.processes` for the others' rows; of any other, the loss must be a mean over scenes. Only random numbers
    that a step draws for each scene, such as dropout's, differ. The first process alone reads and writes `out`. When
    one ends, so do the others; a run that is started again with `resume`, by any number of processes, goes on from what
    was saved. Ctrl-C and SIGTERM wait for the end of a step, in all processes the same, and the run is saved there.

    Args:
        model: with `step(batch) -> StepOutput`.
        scenes: a `World`, a `Collage`, `VideoClips`, or anything else that makes scenes by number; or a `Curriculum` of
            them.
        settings: how to train.
        out: folder for `log.jsonl`, TensorBoard's files, the checkpoint and what resuming needs; None saves nothing.
        device: auto, cpu, cuda, cuda:1, mps.
        resume: continue the run in `out`, or start it there; on a processor the result equals, bit for bit, that of a
            run that was never interrupted.
        held_out: scenes whose loss, `held_out/loss` in the history, ends the run before its steps are done where it no
            longer falls; None trains for all steps.
        callback: called after every step, in the first process, with steps done, model and logs. The others wait for
            it, at most ten minutes.

    Raises:
        KeyboardInterrupt: Ctrl-C; `avlearn.training.Terminated`, which is one, at SIGTERM.
        ValueError: unusable `out`, another model's run in it or one of other settings or data, a batch that can't be
            shared, a stage of a curriculum without steps or with too few scenes, or with cluster numbers that the model
            can't take.
        FloatingPointError: loss or gradient is not finite; the last saved state stays.
        OSError: the disk is full while saving; the last saved state stays.
        ConnectionError: another process of the run has ended or hangs; the last saved state stays.
        ChildProcessError: a process that makes scenes has ended; the last saved state stays.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DCC, DCCConfig
        >>> settings = TrainSettings(steps=2, batch_size=4, pool=8)
        >>> fit(DCC(DCCConfig()), World(DIFFICULTIES["big"], seed=0), settings, device="cpu").steps
        2
    """
    started, out, fabric = time.perf_counter(), None if out is None else Path(out), launch(device)
    curriculum = Curriculum.of(scenes)
    saved = in_first(lambda: open_run(out, settings, curriculum, resume=resume))
    batches = StepBatches(curriculum, settings, rank=fabric.global_rank, world_size=fabric.world_size)
    folder = out if fabric.is_global_zero else None
    curriculum.prepare(model, saved["step"] if saved else 0, steps=settings.steps)
    with (
        torch.random.fork_rng([fabric.device] if fabric.device.type == "cuda" else []),
        _together(fabric, model),
        workers_watched(),
        Interrupts(shared=fabric.world_size > 1) as interrupts,
    ):
        execution = Execution(**saved["execution"]) if saved else _choose(fabric, model, batches)
        execution.lay_out(model.to(fabric.device))
        state = TrainingState(model, settings, execution, curriculum, started=started, held_out=held_out)
        module, optimizer = fabric.setup(_step_of(model, settings), state.optimizer)
        if saved:
            state.restore(saved, origin=out)
        with RunReport(state, folder=folder, shown=fabric.is_global_zero) as report:
            stop = None
            try:
                for batch in batches.onward(settings.steps if state.finished else state.step):
                    with interrupts.deferred():
                        logs = _train(fabric, module, optimizer, batch.to(fabric.device), state)
                        logs, stop = _told_by_all(fabric, logs, interrupts)
                        logs = {**logs, **state.count(logs)}
                        looked = _look(fabric, model, state)
                        if looked or state.due(settings.log_every) or state.step == 1:
                            report.add({name: float(value) for name, value in {**logs, **looked}.items()})
                        if out and (stop or state.due(settings.save_every)):
                            in_first(partial(state.save, out))
                    if callback and fabric.is_global_zero:
                        callback(state.step, model, logs)
                    if stop:
                        raise stop
                    if state.finished:
                        break
            except KeyboardInterrupt:
                if folder and not stop:
                    state.save(folder)
                raise
    model.eval()
    if fabric.is_global_zero and (said := advice(state.flaws, drawn=state.step * settings.batch_size)):
        logger.warning(said)
    return FitResult(
        history=state.history, seconds=state.seconds, steps=state.step, execution=execution, flaws=state.flaws
    )


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


def launch(device: str) -> Fabric:
    """The processes of a run, each with its device; under `torchrun` as many as it started.

    Raises:
        ValueError: no such device.
    """
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
    return {**logs, **flaw_shares(batch)}


def _look(fabric: Fabric, model: nn.Module, state: TrainingState) -> Logs:
    held_out = state.held_out
    if held_out is None or not held_out.due(state.step):
        return {}
    loss = in_first(lambda: held_out.loss(model, fabric.device))
    held_out.losses.append(loss)
    return {"held_out/loss": loss}


def _told_by_all(fabric: Fabric, logs: Logs, interrupts: Interrupts) -> tuple[Logs, type[KeyboardInterrupt] | None]:
    """Mean over processes of the logs, and what one of them was interrupted by."""
    if fabric.world_size == 1:
        return logs, None
    own = torch.tensor([*map(float, logs.values()), interrupts.pending is not None], dtype=torch.float64)
    mean = cast(Tensor, fabric.all_reduce(own.to(fabric.device), reduce_op="mean"))
    *values, stop = mean.tolist()
    return dict(zip(logs, values, strict=True)), (interrupts.pending or Terminated) if stop else None
