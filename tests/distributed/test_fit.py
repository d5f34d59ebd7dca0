"""Two processes under torchrun train as one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import distributed

CONFTEST = Path(__file__).parents[1] / "training"

SCRIPT = """
import os, sys
sys.path.insert(0, sys.argv[1])
import torch
from conftest import TinyModel, TinyScenes
from avlearn.training import TrainSettings, fit

class Model(TinyModel):
    def __init__(self):
        super().__init__(dropout=0.0)
        self.image[1] = torch.nn.Identity()  # batch norm sees the share of a process only
        self.unused = torch.nn.Parameter(torch.zeros(2))  # as the terms of a loss that has faded out

settings = TrainSettings(steps=8, batch_size=4, pool=16, log_every=1, precision="32-true", channels_last=False)
calls = []
fit(Model(), TinyScenes(), settings, out=sys.argv[2], device="cpu", callback=lambda *_: calls.append(1))
assert len(calls) == (8 if os.environ.get("RANK", "0") == "0" else 0)
"""


def curve(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.skipif(not distributed.is_gloo_available(), reason="this torch has no gloo")
def test_two_processes_give_the_curve_of_one(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    arguments = [str(script), str(CONFTEST)]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    with subprocess.Popen([*torchrun, *arguments, str(tmp_path / "two")], env=environment) as together:
        try:
            subprocess.run(
                [sys.executable, *arguments, str(tmp_path / "one")], env=environment, check=True, timeout=300
            )
            assert together.wait(300) == 0
        finally:
            together.terminate()
    one, two = curve(tmp_path / "one"), curve(tmp_path / "two")
    assert [row["step"] for row in two] == list(range(1, 9))
    losses = [torch.tensor([row["loss"] for row in rows]) for rows in (one, two)]
    torch.testing.assert_close(losses[1], losses[0], rtol=1e-4, atol=0)  # sums in another order
    assert losses[0][-1] < losses[0][0]
