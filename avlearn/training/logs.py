"""Logs of a run on disk: `log.jsonl` with one JSON object a row, and TensorBoard's event files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from avlearn.training.atomic import write_atomically

LOG, EVENTS = "log.jsonl", "tensorboard"


class RunLog:
    """Writes each row as it comes, so that the log of a killed run is there.

    Args:
        folder: of the run.
        history: rows of the run so far; rows that an interrupted run had logged beyond them are dropped.
    """

    def __init__(self, folder: Path, history: Sequence[Mapping[str, float]] = ()) -> None:
        from torch.utils.tensorboard import SummaryWriter  # takes a second to import, and only saved runs need it

        write_atomically(folder / LOG, "".join(map(_line, history)).encode())
        self._file = (folder / LOG).open("a")
        purge = int(history[-1]["step"]) + 1 if history else 0
        self._events = SummaryWriter(str(folder / EVENTS), purge_step=purge)

    def write(self, row: Mapping[str, float]) -> None:
        """Add a row that has its `step`."""
        self._file.write(_line(row))
        self._file.flush()
        for name, value in row.items():
            if name != "step":
                self._events.add_scalar(name, value, int(row["step"]))

    def close(self) -> None:
        """Finish the files."""
        self._file.close()
        self._events.close()


def _line(row: Mapping[str, float]) -> str:
    # JSON has no NaN and no infinity
    known = {name: value if math.isfinite(value) else None for name, value in row.items()}
    return json.dumps({**known, "step": int(row["step"])}) + "\n"
