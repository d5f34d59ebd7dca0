"""Short runs of every kind of model; as a script, all of them one after the other, or one that loses a process."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from conftest import TinyModel, TinyScenes

from avlearn.data import DIFFICULTIES, World
from avlearn.models import (
    CAVL,
    DCC,
    CAVLConfig,
    DCCConfig,
    Separator,
    SeparatorConfig,
    Supervised,
    SupervisedConfig,
    VisualCentre,
)
from avlearn.training import Curriculum, Stage, TrainSettings, atomic, fit, read_card
from avlearn.types import AVBatch, SceneSource, StepOutput

PLAIN = {"precision": "32-true", "channels_last": False, "log_every": 1, "schedule": "constant"}
# Where a gradient is all but zero, its sign is rounding, and AdamW steps by it all the same: so small steps
SETTINGS = TrainSettings(steps=3, batch_size=8, pool=12, learning_rate=2e-4, clip=math.inf, **PLAIN)
LOST = TrainSettings(steps=12, batch_size=4, pool=16, save_every=3, **PLAIN)
"""Of the run whose second process ends in step `FATAL`."""
FATAL = 8


@dataclass
class Run:
    """A model, what it trains on, and how."""

    model: Callable[[], nn.Module]
    scenes: SceneSource | Curriculum
    settings: TrainSettings = SETTINGS


def scenes(difficulty: str) -> World:
    return World(replace(DIFFICULTIES[difficulty], size=32, seconds=0.5), seed=0)


BIG, MULTI = scenes("big"), scenes("multi")


def seeded(build: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return build()


def dcc(**changes: object) -> nn.Module:
    return seeded(lambda: DCC(DCCConfig(image_size=32, num_clusters=3, dim=8, **changes)))


def cavl() -> nn.Module:
    config = CAVLConfig(image_size=32, image_clusters=4, audio_clusters=2, objective="contrastive", margin=1.0)
    return seeded(lambda: CAVL(config))


def supervised() -> nn.Module:
    model = seeded(lambda: Supervised(SupervisedConfig(image_size=32)))
    model.learn_from(MULTI)
    return model


def separator(**changes: object) -> nn.Module:
    config = SeparatorConfig(levels=3, width=4, maps=4, **changes)
    return seeded(lambda: Separator(config, VisualCentre(DCC(DCCConfig(image_size=32, matcher="max")))))


class Tiny(TinyModel):
    """Without dropout, and with a parameter without a gradient, as the terms of a loss that has faded out."""

    def __init__(self) -> None:
        super().__init__(dropout=0.0)
        self.unused = nn.Parameter(torch.zeros(2))


class Failing(Tiny):
    """From some step on, one scene has no finite loss, and only one process meets it."""

    def step(self, batch: AVBatch) -> StepOutput:
        output = super().step(batch)
        return replace(output, loss=output.loss * (math.nan if 5 in batch.index else 1.0))


STAGES = Curriculum(
    (
        Stage(name="one", scenes=BIG, until=0.6, image_clusters=3, audio_clusters=1),
        Stage(name="several", scenes=MULTI, image_clusters=4, audio_clusters=2, restart=True),
    )
)
POOLED = {"objective": "info_nce", "scale": 10.0, "learn_scale": True}
RUNS = {
    "dcc": Run(partial(dcc, sharpness=30.0, negatives="all", margin=4.0, scale=8.0, warm_up_steps=4), BIG),
    "dcc_seeded": Run(partial(dcc, matcher="seeded", sharpness=30.0, warm_up_steps=9, **POOLED), BIG),
    "simplified_dcc": Run(
        partial(dcc, matcher="simplified", normalize=True, objective="contrastive", margin=5.0, negatives="hardest"),
        BIG,
    ),
    "max_pool": Run(partial(dcc, matcher="max", **POOLED), BIG),
    "cavl": Run(cavl, STAGES, replace(SETTINGS, schedule="one_cycle")),
    "supervised": Run(supervised, MULTI),
    "separator": Run(separator, BIG),
    "published_separator": Run(partial(separator, conditioning="film", mask="binary", loss="bce", sources=3), BIG),
    "fresh_scenes": Run(Tiny, TinyScenes(), replace(SETTINGS, pool=None, batch_size=4)),
    "one_scene_each": Run(partial(dcc, matcher="max"), BIG, replace(SETTINGS, batch_size=2, steps=2)),
}


def train(name: str, folder: Path) -> int:
    """One of the runs, with the gradients of its first step in a file beside it; how often its callback was called."""
    run, called = RUNS[name], []

    def keep_gradients(step: int, model: nn.Module, logs: object) -> None:
        called.append(step)
        if step == 1:
            torch.save(
                {key: p.grad for key, p in model.named_parameters() if p.grad is not None}, folder / f"{name}.pt"
            )

    fit(run.model(), run.scenes, run.settings, out=folder / name, device="cpu", callback=keep_gradients)
    return len(called)


def mishaps(folder: Path, rank: int) -> dict[str, str]:
    """What every process says when the first can't write, and when one of them meets a number that isn't finite."""
    said = {}

    def note(name: str, attempt: Callable[[], object]) -> None:
        try:
            attempt()
        except (OSError, ValueError, FloatingPointError) as error:
            said[name] = f"{type(error).__name__}: {error}"

    def fill_disk(step: int, model: nn.Module, logs: object) -> None:
        def fail(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        if step == 4:
            atomic.os.fsync = fail

    (folder / "file").write_text("")
    note("no folder", lambda: fit(Tiny(), TinyScenes(), LOST, out=folder / "file" / "run", device="cpu"))
    note("no number", lambda: fit(Failing(), TinyScenes(), LOST, out=folder / "no_number", device="cpu"))
    sync = os.fsync
    note("full disk", lambda: fit(Tiny(), TinyScenes(), LOST, out=folder / "full", device="cpu", callback=fill_disk))
    atomic.os.fsync = sync
    return said


def lose_a_process(folder: Path, rank: int) -> None:
    """Ends the second process in a step; the first notes what it then gets to know."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # torchrun would end it before it has noticed by itself

    class Mortal(Tiny):
        def step(self, batch: AVBatch) -> StepOutput:
            self.steps = getattr(self, "steps", 0) + 1
            if rank == 1 and self.steps == FATAL:
                os._exit(7)
            return super().step(batch)

    model = Mortal()
    try:
        fit(model, TinyScenes(), LOST, out=folder / "lost", device="cpu")
    except ConnectionError as error:
        (folder / "noticed").write_text(str(error))
        left = {"steps": model.steps - 1, "saved": read_card(folder / "lost").step}
        (folder / "left.json").write_text(json.dumps(left))
        raise


def train_all(folder: Path, rank: int) -> None:
    """Every run, the one that was lost from where it was saved, what goes wrong, and the command line."""
    called = sum(train(name, folder) for name in RUNS)
    fit(Tiny(), TinyScenes(), LOST, out=folder / "lost", device="cpu", resume=True)
    said = {"called": called, **mishaps(folder, rank)}
    (folder / f"said_{rank}.json").write_text(json.dumps(said))
    from avlearn.cli import main  # takes seconds to import, and the run that loses a process can do without

    words = ["train", "max_pool", "--profile", "smoke", "--device", "cpu", "--out", str(folder / "cli"), "--json"]
    assert main(words) == 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    action = {"lose": lose_a_process, "train": train_all}[sys.argv[1]]
    action(Path(sys.argv[2]), int(os.environ["RANK"]))
