"""One notebook through papermill, in a process of its own: the run, its checks and its measurements."""

from __future__ import annotations

import asyncio
import datetime
import functools
import logging
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from digest import installed
from exercises import unexpected
from jupyter_client.manager import AsyncKernelManager
from records import Record

CELL_TIMEOUT = 1200
"""Seconds after which a cell counts as hung."""
LAST_WORDS = 0.5
"""Seconds that a kernel has between its last reply and its end."""
_messages: Any = None
"""Where this process reports each cell that begins; set by `connect`, as a pool can't pass a queue with a job."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A notebook to execute."""

    source: Path
    """The notebook in git."""
    executed: Path
    """Where the executed one goes; its record gets the same name with the ending `.json`."""
    profile: str
    """Size of the run."""
    parameters: dict[str, object]
    """Values for the parameters cell."""
    digest: str
    """Fingerprint that the record will carry."""

    @property
    def name(self) -> str:
        """Name for people."""
        return self.source.stem

    @functools.cached_property
    def cells(self) -> int:
        """How many cells papermill will go through: one more than the notebook has."""
        return len(nbformat.read(self.source, as_version=4).cells) + 1


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A notebook that didn't finish, or whose exercises don't behave."""

    name: str
    """The notebook."""
    message: str
    """What went wrong and where to look."""


def connect(messages: Any, threads: int) -> None:
    """Prepare a worker process: where to report, how many threads the kernel may use."""
    global _messages
    _messages = messages
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"


def execute(job: Job) -> Record | Failure:
    """Run the notebook; only a good run replaces the last good one."""
    partial = job.executed.with_name(f"{job.name}.partial.ipynb")
    partial.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        notebook = _papermill(job, partial)
    except Exception as error:  # whatever a cell raises is for its author; the other notebooks go on
        return Failure(name=job.name, message=f"{error}\nAll outputs up to the error: {partial}")
    problems = unexpected(notebook)
    if problems:
        return Failure(name=job.name, message="\n".join([*problems, f"The outputs: {partial}"]))
    record = _record(job, minutes=(time.monotonic() - began) / 60)
    partial.replace(job.executed)
    record.write(job.executed.with_suffix(".json"))
    return record


def _papermill(job: Job, output: Path) -> nbformat.NotebookNode:
    reporter = _CellReporter(job.name)
    logging.getLogger("papermill").addHandler(reporter)
    logging.getLogger("papermill").setLevel(logging.INFO)
    try:
        return papermill.execute_notebook(
            str(job.source),
            str(output),
            parameters=job.parameters,
            kernel_name="python3",
            cwd=str(job.source.parent),
            execution_timeout=CELL_TIMEOUT,
            log_output=True,
            progress_bar=False,
            kernel_manager_class=PatientManager,
            extra_arguments=["--IPKernelApp.log_level=40"],  # else it warns of its transport in each run
        )
    finally:
        logging.getLogger("papermill").removeHandler(reporter)


class PatientManager(AsyncKernelManager):
    """Lets a kernel finish its last request before it is ended.

    Ending begins with an interrupt. A kernel that has replied, but hasn't returned from the request yet, would catch it
    and complain of it in the output of the build.
    """

    async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        """End the kernel, a moment later."""
        await asyncio.sleep(LAST_WORDS)
        await super().shutdown_kernel(now=now, restart=restart)


class _CellReporter(logging.Handler):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.notebook = name

    def emit(self, record: logging.LogRecord) -> None:
        if _messages is not None and record.getMessage().startswith("Executing Cell"):
            _messages.put(self.notebook)


def _record(job: Job, *, minutes: float) -> Record:
    return Record(
        profile=job.profile,
        device=device_name(str(job.parameters.get("device", "cpu"))),
        minutes=round(minutes, 3),
        peak_memory_mib=round(_peak_memory_mib(), 1),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        versions={"Python": platform.python_version(), **{name: installed(name) for name in ("torch", "avlearn")}},
        parameters=job.parameters,
        digest=job.digest,
    )


def _peak_memory_mib() -> float:
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of this process's one kernel
    return largest / (2**20 if sys.platform == "darwin" else 2**10)


def device_name(name: str) -> str:
    """What a device is called in a table: the name of the card, or the number of processor cores."""
    if not name.startswith("cuda"):
        return f"CPU, {os.cpu_count()} cores"
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
