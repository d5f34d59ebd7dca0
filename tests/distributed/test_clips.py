"""Two processes under torchrun train on clips of videos as one does, and stop together where one is told to end."""

from __future__ import annotations

import json
import math
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from torch import distributed

from avlearn.data import ClipList
from avlearn.training import read_card

SCRIPT = Path(__file__).with_name("clips.py")
HERE = runpy.run_path(str(SCRIPT))


def curve(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.skipif(not distributed.is_gloo_available(), reason="this torch has no gloo")
def test_two_processes_train_on_clips_as_one_does_and_stop_together(made, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    spans = ClipList.of_folder(made.clips(tmp_path / "videos"), seconds=1)
    rows = [f"{span.path},{span.start},1" for span in spans] + ["broken.mp4,0,1"]
    (tmp_path / "clips.csv").write_text("path,start,duration\n" + "\n".join(rows) + "\n")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*torchrun, str(SCRIPT), str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr

    HERE["train_whole"](tmp_path, tmp_path / "alone")
    alone = curve(tmp_path / "alone")
    assert alone[-1]["clips/skipped"] > 0
    for together in ("whole", "parts"):
        rows = curve(tmp_path / together)
        assert [row["step"] for row in rows] == list(range(1, 10))
        for before, after in zip(alone, rows, strict=True):
            assert before.keys() == after.keys()
            for name in before.keys() - {"seconds"}:
                assert math.isclose(before[name], after[name], rel_tol=1e-4, abs_tol=1e-6), (together, name)
        assert read_card(tmp_path / together).step == 9
    # Both were interrupted after the same step, or one would have waited for the other in vain
    assert (tmp_path / "ended_0").exists()
    assert (tmp_path / "ended_1").exists()
