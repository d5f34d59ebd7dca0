"""Kills a run at random moments and looks at what it left: `python tests/benchmarks/kill_study.py [--kills 20]`.

A small model learns from made videos, in a process with workers that read them, and is killed by SIGKILL again and
again. After each kill the saved state and the checkpoint must be readable and may lack no more than the steps since the
last save; in the end the weights must be those of a run that nobody disturbed. Prints one JSON line for each kill, and
one in the end. Exit status 1 if something was lost.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
import torch.utils.tensorboard  # before the processes are forked, so that none of them has to wait for it

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from conftest import SAMPLES, SIZE, TinyModel

from avlearn.data import ClipFormat, ClipList, VideoClips, write_video
from avlearn.training import TrainSettings, fit, load_checkpoint
from avlearn.training.state import STATE

RATE = 8000
FORMAT = ClipFormat(frames=1, frame_rate=RATE / SAMPLES, size=SIZE, seconds=SAMPLES / RATE, sample_rate=RATE)


def main() -> int:
    """Run the study as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(study(Path(folder), kills=arguments.kills, steps=arguments.steps, seed=arguments.seed))
    return (
        0 if rows[-1]["same_weights"] and all(row["readable"] and row["lost"] <= row["allowed"] for row in rows) else 1
    )


def study(folder: Path, *, kills: int, steps: int, seed: int) -> Iterator[dict[str, Any]]:
    """Train with kills and without; a row for each kill, and one for the end."""
    torch.set_num_threads(1)
    clips = VideoClips(ClipList.of_folder(_videos(folder / "videos"), seconds=1), FORMAT)
    settings = TrainSettings(steps=steps, batch_size=4, pool=None, save_every=7, log_every=1, precision="32-true",
                             channels_last=False)  # fmt: skip
    undisturbed, run, draws = folder / "undisturbed", folder / "run", random.Random(seed)
    begun = time.perf_counter()
    _wait(_started(clips, settings, undisturbed))
    whole = time.perf_counter() - begun
    rows = []
    for kill in range(kills):
        # From before the first step of the process to well into its work, so that some kills meet a save
        after = draws.uniform(0, 1.5 * whole / max(kills, 1))
        child = _started(clips, settings, run)
        time.sleep(after)
        os.killpg(child, signal.SIGKILL)
        killed = _wait(child) == -signal.SIGKILL
        rows.append({"kill": kill + 1, "after": after, "killed": killed, **_left(run, settings)})
        yield _told(rows[-1])
    ended = _wait(_started(clips, settings, run))
    same = ended == 0 and _sha256(run) == _sha256(undisturbed)
    yield _told({"kills": sum(row["killed"] for row in rows), **_left(run, settings), "same_weights": same})


def _started(clips: VideoClips, settings: TrainSettings, out: Path) -> int:
    # A process group of its own: its workers are killed with it
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setpgid(0, 0)
            fit(TinyModel(), clips, settings, out=out, device="cpu", resume=True)
            status = 0
        finally:
            os._exit(status)
    with suppress(OSError):  # both sides do it, so that it is done whoever comes first
        os.setpgid(child, child)
    return child


def _wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _left(run: Path, settings: TrainSettings) -> dict[str, Any]:
    """What a killed run has left: steps it had logged, steps that are saved, and whether all of it can be read."""
    log = run / "log.jsonl"
    logged = [line for line in log.read_text().splitlines() if line.endswith("}")] if log.exists() else []
    done = json.loads(logged[-1])["step"] if logged else 0
    readable, saved = True, 0
    try:
        if (run / STATE).exists():
            saved = torch.load(run / STATE, weights_only=True)["step"]
        if (run / "card.json").exists():
            load_checkpoint(run, TinyModel())
    except Exception as error:
        print(f"unreadable: {error}", file=sys.stderr)
        readable = False
    return {"done": done, "saved": saved, "lost": done - saved, "allowed": settings.save_every, "readable": readable}


def _videos(folder: Path) -> Path:
    folder.mkdir()
    draws = torch.Generator().manual_seed(0)
    for number in range(4):
        frames = (255 * torch.rand(3, 40, 8, 8, generator=draws)).byte().repeat_interleave(8, 2).repeat_interleave(8, 3)
        sound = torch.rand(5 * RATE, generator=draws) - 0.5
        write_video(folder / f"{number}.mp4", frames, sound, frame_rate=8, sample_rate=RATE)
    return folder


def _sha256(run: Path) -> str:
    return hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()


def _told(row: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(row), flush=True)
    return row


if __name__ == "__main__":
    sys.exit(main())
