import io
import logging
import sys
from types import SimpleNamespace

import pytest
from rich.console import Console

from avlearn.training.progress import LogLines, NotebookLine, TerminalBar, progress_display


def row(step, **more):
    return {"step": float(step), "loss": 0.25, "chance/loss": 3.466, "seconds": 2.0 * step, **more}


def test_a_bar_has_loss_chance_and_time_left():
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    bar = TerminalBar(40, first=0, console=console)
    bar.show(row(10))
    bar.show(row(20))
    bar.close()
    text = console.file.getvalue()
    assert "20/40" in text
    assert "loss 0.250 (chance 3.466)" in text


def test_a_log_has_one_line_per_tenth(caplog):
    display = LogLines(200)
    with caplog.at_level(logging.INFO, logger="avlearn"):
        for step in range(1, 201):
            display.show(row(step))
    display.close()
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 10
    assert messages[0] == "step 20 of 200 · loss 0.250 (chance 3.466) · 360 s left"
    assert messages[-1] == "step 200 of 200 · loss 0.250 (chance 3.466) · 400 s"


def test_without_a_chance_line(caplog):
    with caplog.at_level(logging.INFO, logger="avlearn"):
        LogLines(1).show({"step": 1.0, "loss": 2.0, "seconds": 0.1})
    assert caplog.messages == ["step 1 of 1 · loss 2.000 · 0 s"]


def test_silent_where_nobody_watches(capfd):
    display = progress_display(10)
    assert isinstance(display, LogLines)
    display.show(row(10))
    display.close()
    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_the_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: True, write=lambda text: None, flush=lambda: None,
                                                       encoding="utf-8"))  # fmt: skip
    monkeypatch.setenv("TERM", "xterm")
    display = progress_display(10)
    display.close()
    assert isinstance(display, TerminalBar)


def test_a_notebook_gets_a_line_that_is_rewritten(monkeypatch):
    shown = []
    ipython = pytest.importorskip("IPython.display")
    monkeypatch.setattr(
        ipython, "display", lambda data, **_: SimpleNamespace(update=lambda new, **_: shown.append(new))
    )
    kernel = SimpleNamespace(ZMQInteractiveShell=SimpleNamespace(initialized=lambda: True))
    monkeypatch.setitem(sys.modules, "ipykernel.zmqshell", kernel)
    display = progress_display(4)
    assert isinstance(display, NotebookLine)
    display.show(row(2))
    display.close()
    assert shown == [{"text/plain": "step 2 of 4 · loss 0.250 (chance 3.466) · 4 s left"}]
