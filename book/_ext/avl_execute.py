"""Runs the notebooks of the book through papermill, each once, and measures every run.

`python book/_ext/avl_execute.py --profile book` writes `_build/executed/book/notebooks/X.ipynb` and `X.json`. A
notebook is left alone while nothing that its results depend on has changed. `-p seed 1` gives a parameter, names
select pages.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import nbformat
import parameters
import records
import toc
from digest import digest
from one_run import Failure, Job, connect, execute
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PARALLEL = {"smoke": 2}
"""Notebooks at a time, one thread each; the other profiles give one notebook all cores."""
BUDGET_MINUTES = 4.0
"""No page takes longer in the profiles `smoke` and `book`."""


def jobs(repository: Path, profile: str, wanted: dict[str, object], only: list[str]) -> Iterator[Job]:
    """The notebooks whose results are not at hand.

    Raises:
        ValueError: a parameter or a notebook that doesn't exist.
    """
    pages = toc.notebooks(repository)
    unknown = [name for name in only if name not in {Path(page).name for page in pages}]
    if unknown:
        raise ValueError(f"no notebook {', '.join(unknown)}; the book has {', '.join(Path(p).name for p in pages)}")
    for page in pages:
        if only and Path(page).name not in only:
            continue
        values = {"profile": profile, **wanted}
        source = repository / f"{page}.ipynb"
        parameters.require_known(nbformat.read(source, as_version=4), page, values)
        fingerprint = digest(repository, source, values)
        record = records.read(records.record_path(repository, profile, page))
        executed = records.executed_folder(repository, profile) / f"{page}.ipynb"
        if record is None or record.digest != fingerprint or not executed.exists():
            yield Job(source=source, executed=executed, profile=profile, parameters=values, digest=fingerprint)


def run(todo: list[Job], console: Console) -> list[Failure]:
    """Execute the jobs with visible progress; gives back what failed."""
    context = multiprocessing.get_context("spawn")
    messages = context.Queue()
    workers = PARALLEL.get(todo[0].profile, 1)
    threads = 1 if workers > 1 else os.cpu_count() or 1
    failures = []
    with (
        ProcessPoolExecutor(workers, context, connect, (messages, threads), max_tasks_per_child=1) as pool,
        _progress(console) as progress,
    ):
        rows = {job.name: progress.add_task(job.name, total=job.cells) for job in todo}
        futures = {pool.submit(execute, job): job for job in todo}
        for future in _while_listening(futures, messages, progress, rows):
            job = futures[future]
            progress.update(rows[job.name], visible=False)
            failures += _tell(console, job, future)
    return failures


def main(arguments: list[str] | None = None, repository: Path = toc.REPOSITORY) -> int:
    """The command line of the module's docstring."""
    options = _options(arguments)
    console = Console(highlight=False)
    try:
        todo = list(jobs(repository, options.profile, dict(options.parameter), options.names))
    except (ValueError, FileNotFoundError) as error:
        console.print(f"[red]{error}[/red]")
        return 2
    chosen = len(options.names) or len(toc.notebooks(repository))
    console.print(f"  {chosen - len(todo)} notebooks unchanged, {len(todo)} to run in profile {options.profile}")
    failures = run(todo, console) if todo else []
    for failure in failures:
        console.rule(f"[red]{failure.name}[/red]")
        console.print(failure.message, markup=False, soft_wrap=True)
    return 1 if failures else 0


def _progress(console: Console) -> Progress:
    columns = TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.completed} of {task.total} cells")
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


def _while_listening(
    futures: dict[Future[Any], Job], messages: Any, progress: Progress, rows: dict[str, TaskID]
) -> Iterator[Future[Any]]:
    waiting = set(futures)
    while waiting:
        try:
            yield from _finished(waiting)
        except TimeoutError:
            while not messages.empty():
                name = messages.get()
                progress.update(rows[name], advance=1)


def _finished(waiting: set[Future[Any]]) -> Iterator[Future[Any]]:
    for future in as_completed(set(waiting), timeout=0.5):
        waiting.discard(future)
        yield future


def _tell(console: Console, job: Job, future: Future[Any]) -> list[Failure]:
    outcome = future.result()
    if isinstance(outcome, Failure):
        console.print(f"  [red]✗ {job.name}[/red]")
        return [outcome]
    note = f"{outcome.minutes:.1f} min, {outcome.peak_memory_mib:.0f} MiB"
    if job.profile in ("smoke", "book") and outcome.minutes > BUDGET_MINUTES:
        note += f" [yellow](over the {BUDGET_MINUTES:.0f} minutes that a page may take)[/yellow]"
    console.print(f"  [green]✓[/green] {job.name}  {note}")
    return []


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Execute the notebooks of the book.")
    parser.add_argument("names", nargs="*", help="notebooks to run, such as 03_coclustering; all where none is given")
    parser.add_argument("--profile", choices=records.PROFILES, default="book")
    parser.add_argument(
        "-p", "--parameter", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="such as -p seed 1"
    )
    options = parser.parse_args(arguments)
    options.parameter = [(name, int(text) if text.isdigit() else text) for name, text in options.parameter]
    return options


if __name__ == "__main__":
    sys.exit(main())
