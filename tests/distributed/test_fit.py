"""Two processes under torchrun train as one does, stop together, and go on where they stopped."""

from __future__ import annotations

import json
import math
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import distributed, nn

from avlearn.training import fit, load_checkpoint, read_card

SCRIPT = Path(__file__).with_name("runs.py")
HERE = runpy.run_path(str(SCRIPT))
RUNS, LOST = HERE["RUNS"], HERE["LOST"]


def curve(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def assert_same_curves(one: Path, two: Path, *, steps: int) -> None:
    first, second = curve(one), curve(two)
    assert [row["step"] for row in second] == list(range(1, steps + 1))
    for before, after in zip(first, second, strict=True):
        assert before.keys() == after.keys()
        for name in before.keys() - {"seconds"}:
            # Sums in another order; a cell of a mask that is in doubt may fall to the other side
            least = 1e-3 if name == "mask/accuracy" else 1e-6
            assert math.isclose(before[name], after[name], rel_tol=1e-4, abs_tol=least), (two.name, name, before, after)


def assert_same_gradients(one: Path, two: Path) -> None:
    first, second = (torch.load(path, weights_only=True) for path in (one, two))
    assert first.keys() == second.keys()
    largest = max(float(gradient.abs().max()) for gradient in first.values())
    for name, gradient in first.items():
        # By the largest of each parameter, unless that is nothing but rounding
        allowed = 1e-4 * float(gradient.abs().max()) + 1e-6 * largest
        assert float((gradient - second[name]).abs().max()) <= allowed, (two.name, name)


def assert_same_buffers(build: Callable[[], nn.Module], one: Path, two: Path) -> None:
    models = build(), build()
    for model, folder in zip(models, (one, two), strict=True):
        load_checkpoint(folder, model)
    # A bias before a batch norm has no gradient but rounding, by which AdamW steps
    for (name, first), second in zip(models[0].named_buffers(), models[1].buffers(), strict=True):
        torch.testing.assert_close(second, first, rtol=1e-4, atol=2e-4, msg=f"{two.name}: {name}")


def in_two_processes(action: str, folder: Path) -> subprocess.CompletedProcess[str]:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*torchrun, str(SCRIPT), action, str(folder)], env=environment, capture_output=True, text=True, timeout=900
    )


@pytest.mark.skipif(not distributed.is_gloo_available(), reason="this torch has no gloo")
def test_two_processes_train_as_one_does(tmp_path):
    together, alone = (tmp_path / name for name in ("together", "alone"))
    together.mkdir()
    alone.mkdir()
    lost = in_two_processes("lose", together)
    assert lost.returncode != 0
    noticed = (together / "noticed").read_text()
    assert "process 0 of 2: another one has ended or hangs" in noticed
    assert "start all of them again, with resume" in noticed
    assert json.loads((together / "left.json").read_text()) == {"steps": 7, "saved": 6}

    done = in_two_processes("train", together)
    assert done.returncode == 0, done.stderr
    for name, run in RUNS.items():
        HERE["train"](name, alone)
        assert_same_gradients(alone / f"{name}.pt", together / f"{name}.pt")
        assert_same_curves(alone / name, together / name, steps=run.settings.steps)
        assert_same_buffers(run.model, alone / name, together / name)

    fit(HERE["Tiny"](), HERE["TinyScenes"](), LOST, out=alone / "lost", device="cpu")
    assert_same_curves(alone / "lost", together / "lost", steps=LOST.steps)

    first, second = (json.loads((together / f"said_{rank}.json").read_text()) for rank in (0, 1))
    assert (first.pop("called"), second.pop("called")) == (sum(run.settings.steps for run in RUNS.values()), 0)
    assert first.keys() == second.keys() == {"no folder", "no number", "full disk"}
    for name, words in {
        "no folder": "ValueError: can't write to",
        "full disk": "OSError: [Errno 28] could not",
    }.items():
        assert words in first[name]
        assert first[name] == second[name]
    assert all("the gradient's norm nan" in said["no number"] for said in (first, second))
    assert read_card(together / "full").step == 3

    printed = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [result["steps"] for result in printed] == [12]
    assert (read_card(together / "cli").recipe, read_card(together / "cli").step) == ("max_pool", 12)
