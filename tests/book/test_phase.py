"""Phases of make targets."""

from __future__ import annotations

import sys
from pathlib import Path

import phase
import pytest


@pytest.mark.parametrize(("seconds", "words"), [(8.34, "8.3 s"), (59.97, "1:00 min"), (125, "2:05 min")])
def test_clock(seconds: float, words: str) -> None:
    assert phase.clock(seconds) == words


def test_report_lists_phases_and_their_sum(tmp_path: Path) -> None:
    log = tmp_path / "times" / "log.json"
    phase.main([str(log), "start"])
    log.write_text('[["Packages", 2.0], ["Pages", 61.0]]')
    lines = phase.report(log, "make book").splitlines()
    assert [line.split() for line in lines if "─" not in line][1:] == [
        ["make", "book:", "times"],
        ["Packages", "2.0", "s"],
        ["Pages", "1:01", "min"],
        ["together", "1:03", "min"],
    ]


@pytest.mark.parametrize("code", [0, 3])
def test_run_gives_back_the_exit_code(code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.json"
    phase.start(log)
    command = [sys.executable, "-c", f"raise SystemExit({code})"]
    assert phase.main([str(log), "run", "Anything", *command]) == code
    assert ("FAILED" in capsys.readouterr().out) == bool(code)
    assert "Anything" in log.read_text()
