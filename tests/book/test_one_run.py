"""One notebook through papermill."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nbformat
import one_run
import pytest
import records
from nbformat.v4 import new_notebook

from .conftest import code

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture
def job(tmp_path: Path) -> one_run.Job:
    return one_run.Job(
        source=tmp_path / "notebooks" / "a.ipynb",
        executed=tmp_path / "executed" / "a.ipynb",
        profile="smoke",
        parameters={"profile": "smoke"},
        digest="1" * 64,
    )


def _write(job: one_run.Job, *sources: str) -> None:
    cells = [code('profile = "book"', "parameters"), *(code(source) for source in sources)]
    job.source.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), job.source)


@pytest.mark.filterwarnings("default")  # of papermill and the kernel, not ours
def test_good_run_is_measured_and_a_bad_one_leaves_it(job: one_run.Job) -> None:
    _write(job, "print(profile)")
    record = one_run.execute(job)
    assert isinstance(record, records.Record), record
    assert records.read(job.executed.with_suffix(".json")) == record
    assert 0 < record.minutes < 1
    assert 20 < record.peak_memory_mib < 2000
    good = job.executed.read_text()
    assert "smoke" in nbformat.reads(good, as_version=4).cells[-1].outputs[0].text

    _write(job, "1 / 0")
    failure = one_run.execute(job)
    assert isinstance(failure, one_run.Failure)
    assert "ZeroDivisionError" in failure.message
    assert "partial" in failure.message
    assert job.executed.read_text() == good


def test_blank_exercise_that_passes_is_a_failure(job: one_run.Job, monkeypatch: pytest.MonkeyPatch) -> None:
    executed = new_notebook(cells=[code("check_it(f)", "exercise", prints="✔ right")])
    monkeypatch.setattr(one_run.papermill, "execute_notebook", lambda *_, **__: executed)
    failure = one_run.execute(job)
    assert isinstance(failure, one_run.Failure)
    assert "must fail its check" in failure.message


def test_a_kernel_may_return_from_its_last_request_before_it_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[object] = []

    async def wait(seconds: float) -> None:
        did.append(seconds)

    async def end(_: object, now: bool = False, restart: bool = False) -> None:
        did.append(("ended", now, restart))

    monkeypatch.setattr(one_run.asyncio, "sleep", wait)
    monkeypatch.setattr(one_run.AsyncKernelManager, "shutdown_kernel", end)
    asyncio.run(one_run.PatientManager().shutdown_kernel(now=True))
    assert did == [one_run.LAST_WORDS, ("ended", True, False)]


def test_device_is_named_by_its_cores() -> None:
    assert one_run.device_name("cpu").startswith("CPU, ")
