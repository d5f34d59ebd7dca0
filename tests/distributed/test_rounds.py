"""Deep clustering by two processes is that of one; and where one is lost, the other stops, and both go on later."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import distributed

from avlearn.training import read_rounds

SCRIPT = Path(__file__).with_name("rounds.py")
HERE = runpy.run_path(str(SCRIPT))


def in_two_processes(action: str, folder: Path) -> subprocess.CompletedProcess[str]:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*torchrun, str(SCRIPT), action, str(folder)], env=environment, capture_output=True, text=True, timeout=900
    )


def losses(folder: Path, number: int) -> torch.Tensor:
    saved = torch.load(folder / f"round-{number:02d}" / "state.pt", weights_only=True)
    return torch.tensor([row["loss"] for row in saved["history"]])


@pytest.mark.skipif(not distributed.is_gloo_available(), reason="this torch has no gloo")
def test_two_processes_cluster_and_train_as_one_does(tmp_path):
    together, alone = tmp_path / "together", tmp_path / "alone"
    together.mkdir()
    lost = in_two_processes("lose", together)
    assert lost.returncode != 0
    assert "another one has ended or hangs" in (together / "noticed").read_text()
    assert [found.number for found in read_rounds(together)] == [1]
    done = in_two_processes("resume", together)
    assert done.returncode == 0, done.stderr

    expected = HERE["train"](alone)
    for one, two in zip(expected.rounds, read_rounds(together), strict=True):
        for name, labels in one.labels.items():
            # After steps whose sums were taken in another order, a clip between two centres may go to either
            least = 1.0 if one.number == 1 else 0.9
            assert float((labels == two.labels[name]).double().mean()) >= least
    torch.testing.assert_close(losses(together, 1), losses(alone, 1), rtol=1e-4, atol=0)
    assert len(losses(together, 2)) == 3
