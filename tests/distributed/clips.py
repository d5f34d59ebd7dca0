"""Short runs on clips of videos, under torchrun; one of them is told to end in the middle."""

from __future__ import annotations

import math
import os
import signal
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from conftest import SAMPLES, SIZE, TinyModel

from avlearn.data import ClipFormat, VideoClips, open_data
from avlearn.training import Terminated, TrainSettings, fit
from avlearn.types import AVBatch, StepOutput

RATE = 8000
FORMAT = ClipFormat(frames=1, frame_rate=RATE / SAMPLES, size=SIZE, seconds=SAMPLES / RATE, sample_rate=RATE)
SETTINGS = TrainSettings(
    steps=9,
    batch_size=4,
    pool=None,
    learning_rate=2e-4,
    schedule="constant",
    clip=math.inf,
    precision="32-true",
    channels_last=False,
    log_every=1,
)
STOP = 4


class Stopped(TinyModel):
    """The second process is told to end while it computes a step."""

    def __init__(self) -> None:
        super().__init__(dropout=0.0)
        self.steps = 0

    def step(self, batch: AVBatch) -> StepOutput:
        self.steps += 1
        if self.steps == STOP and os.environ.get("RANK") == "1":
            os.kill(os.getpid(), signal.SIGTERM)
        return super().step(batch)


def clips(folder: Path) -> VideoClips:
    return open_data(folder / "clips.csv", FORMAT)


def train_whole(folder: Path, out: Path) -> None:
    fit(TinyModel(dropout=0.0), clips(folder), SETTINGS, out=out, device="cpu")


def train_in_two_parts(folder: Path, out: Path) -> None:
    try:
        fit(Stopped(), clips(folder), SETTINGS, out=out, device="cpu")
    except Terminated:
        (folder / f"ended_{os.environ['RANK']}").touch()
    fit(TinyModel(dropout=0.0), clips(folder), SETTINGS, out=out, device="cpu", resume=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    train_whole(folder, folder / "whole")
    train_in_two_parts(folder, folder / "parts")
