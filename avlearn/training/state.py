"""Everything of a run that must survive an interruption, in one file.

`state.pt` holds weights, optimiser, history and settings, and is replaced in one indivisible step: no kill can leave
parts of two different steps. Random numbers need no saving, because every step draws from a seed of its own; nor do
learning rate and stage, which follow from the number of the step.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from avlearn.training.atomic import remove_drafts, write_atomically
from avlearn.training.checkpoint import ModelCard, load_state, save_checkpoint
from avlearn.training.curriculum import Curriculum
from avlearn.training.execution import Execution
from avlearn.training.flaws import counted
from avlearn.training.plateau import HeldOut
from avlearn.training.schedule import pace
from avlearn.training.settings import TrainSettings

STATE = "state.pt"

FREE_TO_CHANGE = ("log_every", "save_every")
"""Settings that a resumed run may have different."""


class TrainingState:
    """A run as it stands: what was trained, how, and how far.

    Args:
        model: on the device where it trains.
        settings: of the run.
        execution: how its steps are computed.
        curriculum: its stages.
        started: when it began, by `time.perf_counter`.
        held_out: what may end it before its steps are done.
    """

    def __init__(
        self,
        model: nn.Module,
        settings: TrainSettings,
        execution: Execution,
        curriculum: Curriculum,
        *,
        started: float,
        held_out: HeldOut | None = None,
    ) -> None:
        self.model, self.settings, self.execution, self.curriculum = model, settings, execution, curriculum
        self.optimizer = _adamw(model, settings)
        self.step = 0
        self.learning_rate = 0.0
        self.history: list[dict[str, float]] = []
        self.flaws: dict[str, int] = {}
        self.held_out = held_out
        self._started = started

    @property
    def seconds(self) -> float:
        """Time spent on the run, over all of its parts."""
        return time.perf_counter() - self._started

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or nothing more is learnt."""
        return self.step == self.settings.steps or (self.held_out is not None and self.held_out.saturated)

    def prepare(self) -> None:
        """Give model and optimiser what the coming step needs: numbers of clusters, learning rate and momentum."""
        steps = self.settings.steps
        self.curriculum.prepare(self.model, self.step, steps=steps)
        self.learning_rate, momentum = pace(self.step, self.curriculum.cycle(self.step, steps=steps), self.settings)
        for group in self.optimizer.param_groups:
            group["lr"], group["betas"] = self.learning_rate, (momentum, group["betas"][1])

    def advance(self) -> None:
        """Count a step as done."""
        self.step += 1

    def count(self, logs: Mapping[str, float | Tensor]) -> dict[str, int]:
        """How many scenes of the whole run have flaws, with those that the logs of a step tell of."""
        self.flaws = counted(self.flaws, logs, batch_size=self.settings.batch_size)
        return self.flaws

    def due(self, every: int) -> bool:
        """Whether something that happens so often, and at the end, happens now."""
        return self.step % every == 0 or self.finished

    def save(self, folder: Path) -> None:
        """Write `state.pt`, and the model alone as a checkpoint with its card.

        Raises:
            OSError: the disk is full or the folder is gone; what was saved before is intact.
        """
        content = io.BytesIO()
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
                "history": self.history,
                "settings": asdict(self.settings),
                "stages": self.curriculum.plan(),
                "data": self.curriculum.data(),
                "flaws": self.flaws,
                "execution": asdict(self.execution),
                "held_out": None if self.held_out is None else self.held_out.losses,
            },
            content,
        )
        write_atomically(folder / STATE, content.getvalue())
        metrics = {name: value for name, value in (self.history or [{}])[-1].items() if name != "step"}
        card = ModelCard.describing(self.model, seed=self.settings.seed, step=self.step, metrics=metrics)
        save_checkpoint(folder, self.model, card)

    def restore(self, saved: dict[str, Any], *, origin: Path | None) -> None:
        """Continue from what `read_state` gave.

        Raises:
            ValueError: the weights are those of another model.
        """
        load_state(self.model, saved["model"], origin=str(origin))
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step, self.history, self.flaws = saved["step"], saved["history"], dict(saved.get("flaws") or {})
        if self.held_out is not None:
            self.held_out.losses = list(saved.get("held_out") or [])
        self._started -= saved["seconds"]


def open_run(
    folder: Path | None, settings: TrainSettings, curriculum: Curriculum, *, resume: bool
) -> dict[str, Any] | None:
    """Make sure that a run can be saved in a folder, and read what it holds already.

    Args:
        folder: made where it is missing; None for a run that isn't saved.
        settings: of the run to come.
        curriculum: of the run to come.
        resume: whether to continue the run in the folder, if it has one.

    Returns:
        The saved state, or None for a run from the start.

    Raises:
        ValueError: the folder can't be written, holds a run that isn't to be resumed, or one of other settings, stages
            or data; or there is something to resume but no folder.
    """
    if folder is None:
        if resume:
            raise ValueError("resume=True needs the folder of the run; give out")
        return None
    check_writable(folder)
    remove_drafts(folder)
    if not (folder / STATE).exists():
        return None
    saved: dict[str, Any] = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    if not resume:
        raise ValueError(f"{folder} holds a run of {saved['step']} steps; continue it with resume=True, "
                         "or choose another folder")  # fmt: skip
    told = saved["settings"] | {name: saved.get(name) for name in ("stages", "data")}
    wanted = asdict(settings) | {"stages": curriculum.plan(), "data": curriculum.data()}
    check_settings(told, wanted, folder, free=FREE_TO_CHANGE)
    return saved


def _adamw(model: nn.Module, settings: TrainSettings) -> torch.optim.AdamW:
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not parameters:
        raise ValueError(f"{type(model).__name__} has no parameter that requires a gradient; there is nothing to train")
    fused = parameters[0].device.type in ("cpu", "cuda", "mps")
    return torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=fused)


def check_writable(folder: Path) -> None:
    """Make a folder where it is missing.

    Raises:
        ValueError: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f"can't write to {folder}: {error.strerror}; choose another folder") from error


def check_settings(saved: dict[str, Any], wanted: dict[str, Any], folder: Path, *, free: Sequence[str]) -> None:
    """Refuse to continue a run with other settings.

    Raises:
        ValueError: settings differ that are not free to change.
    """
    changed = [name for name in wanted if name not in free and saved.get(name) != wanted[name]]
    if changed:
        listed = "; ".join(f"{name} was {saved.get(name)!r}, now {wanted[name]!r}" for name in changed)
        raise ValueError(f"the run in {folder} has other settings ({listed}); resume it with its own settings, "
                         "or choose another folder")  # fmt: skip
