"""A short study of kills loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill_study.py")


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork, process groups and SIGKILL")
def test_killed_runs_lose_nothing_that_was_saved():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--kills", "2", "--steps", "30"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 3
    assert rows[-1]["done"] == rows[-1]["saved"] == 30
