"""How far a run is, for whoever watches: a bar in a terminal, one line in a notebook, else a message per tenth."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

logger = logging.getLogger("avlearn")


@runtime_checkable
class ProgressDisplay(Protocol):
    """Shows rows of the history."""

    def show(self, row: Mapping[str, float]) -> None:
        """A new row, with its step and seconds."""
        ...

    def close(self) -> None:
        """The run has ended."""
        ...


def progress_display(steps: int, *, first: int = 0) -> ProgressDisplay:
    """The display that suits where Python runs: terminal, notebook, or neither.

    Args:
        steps: of the whole run.
        first: steps that were done before, in a resumed run.
    """
    console = Console(stderr=True)
    if _in_notebook():
        return NotebookLine(steps)
    return TerminalBar(steps, first=first, console=console) if console.is_terminal else LogLines(steps)


class TerminalBar:
    """A bar with loss, chance line and time left."""

    def __init__(self, steps: int, *, first: int, console: Console) -> None:
        columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[losses]}"),
                   TimeRemainingColumn())  # fmt: skip
        self._progress = Progress(*columns, console=console, refresh_per_second=4)
        self._task = self._progress.add_task("", total=steps, completed=first, losses="")
        self._progress.start()

    def show(self, row: Mapping[str, float]) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=int(row["step"]), losses=_losses(row))

    def close(self) -> None:
        """Leave the bar as it is."""
        self._progress.stop()


class NotebookLine:
    """One line below the cell, rewritten in place, which a page built from the notebook keeps as it was last."""

    def __init__(self, steps: int) -> None:
        from IPython import display

        self._steps = steps
        show: Any = display.display  # IPython's own has no types
        self._handle = show({"text/plain": ""}, raw=True, display_id=True)

    def show(self, row: Mapping[str, float]) -> None:
        """Rewrite the line."""
        self._handle.update({"text/plain": _sentence(row, self._steps)}, raw=True)

    def close(self) -> None:
        """Leave the line as it is."""


class LogLines:
    """A message of the logger `avlearn`, level INFO, whenever another tenth is done."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._tenths = 0

    def show(self, row: Mapping[str, float]) -> None:
        """Log the row if it is the first of its tenth."""
        tenths = int(10 * row["step"] / self._steps)
        if tenths > self._tenths:
            self._tenths = tenths
            logger.info(_sentence(row, self._steps))

    def close(self) -> None:
        """Nothing is open."""


def _in_notebook() -> bool:
    # Only a running kernel has loaded its shell; asking must not load IPython
    shell = sys.modules.get("ipykernel.zmqshell")
    return shell is not None and shell.ZMQInteractiveShell.initialized()


def _sentence(row: Mapping[str, float], steps: int) -> str:
    done, seconds = row["step"], row["seconds"]
    left = seconds / done * (steps - done)
    time = f"{left:.0f} s left" if done < steps else f"{seconds:.0f} s"
    return f"step {done:.0f} of {steps} · {_losses(row)} · {time}"


def _losses(row: Mapping[str, float]) -> str:
    chance = f" (chance {row['chance/loss']:.3f})" if "chance/loss" in row else ""
    return f"loss {row['loss']:.3f}{chance}"
