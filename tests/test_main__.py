"""`python -m avlearn` is the command line."""

from __future__ import annotations

import json
import runpy

import pytest


def test_module_runs_the_command_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["avlearn", "info", "--json"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("avlearn", run_name="__main__")
    assert ended.value.code == 0
    assert {"avlearn", "torch"} <= json.loads(capsys.readouterr().out.splitlines()[-1]).keys()
