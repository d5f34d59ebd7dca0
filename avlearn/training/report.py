"""What a run tells while it goes on: rows of history, logs on disk, progress, warnings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from avlearn.training.logs import RunLog
from avlearn.training.monitor import CollapseMonitor
from avlearn.training.progress import progress_display
from avlearn.training.state import TrainingState


class RunReport:
    """Adds rows to the history of a run and passes them on.

    Args:
        state: of the run.
        folder: for logs; None writes none.
        shown: whether this process shows progress and warns.
    """

    def __init__(self, state: TrainingState, *, folder: Path | None, shown: bool) -> None:
        self._state = state
        self._log = None if folder is None else RunLog(folder, state.history)
        self._display = progress_display(state.settings.steps, first=state.step) if shown else None
        self._monitor = CollapseMonitor() if shown else None

    def __enter__(self) -> RunReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in (self._log, self._display):
            if part is not None:
                part.close()

    def add(self, logs: Mapping[str, float]) -> None:
        """The logs of the step that was just done, as a new row."""
        state = self._state
        row = {"step": float(state.step), **logs, "learning_rate": state.learning_rate, "seconds": state.seconds}
        state.history.append(row)
        if self._log is not None:
            self._log.write(row)
        if self._display is not None:
            self._display.show(row)
        if self._monitor is not None:
            self._monitor.observe(state.history)
