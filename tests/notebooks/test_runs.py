"""The executed notebooks of a profile: complete, of this state of the project, inside their budgets."""

from __future__ import annotations

from pathlib import Path

import avl_execute
import avl_pages
import nbformat
import pytest
import records
import toc
from digest import digest
from exercises import unexpected
from one_run import Job, execute
from prepare import prepare

pytestmark = pytest.mark.executed

SET_BUDGET_MINUTES = {"smoke": 8.0, "book": 25.0}
"""Sum over all notebooks; in smoke two of them run at a time."""


def _record(page: str) -> records.Record:
    record = records.read(records.record_path(toc.REPOSITORY, avl_pages.profile(), page))
    assert record, f"{page} was not executed in profile {avl_pages.profile()}"
    return record


@pytest.mark.parametrize("page", toc.listed_notebooks())
def test_run_is_of_this_state_and_in_budget(page: str) -> None:
    record = _record(page)
    assert record.digest == digest(toc.REPOSITORY, toc.REPOSITORY / f"{page}.ipynb", record.parameters)
    assert record.minutes <= avl_execute.BUDGET_MINUTES


@pytest.mark.parametrize("page", toc.listed_notebooks())
def test_blank_exercises_fail_and_solutions_pass(page: str) -> None:
    executed = records.executed_folder(toc.REPOSITORY, avl_pages.profile()) / f"{page}.ipynb"
    assert unexpected(nbformat.read(executed, as_version=4)) == []


def test_all_runs_together_are_in_budget() -> None:
    total = sum(_record(page).minutes for page in toc.notebooks())
    assert total <= SET_BUDGET_MINUTES[avl_pages.profile()]


@pytest.mark.filterwarnings("default")  # of papermill and the kernel, not ours
def test_template_runs_and_becomes_a_page(tmp_path: Path) -> None:
    job = Job(
        source=toc.REPOSITORY / "book" / "template.ipynb",
        executed=tmp_path / "template.ipynb",
        profile="smoke",
        parameters={"profile": "smoke"},
        digest="",
    )
    record = execute(job)
    assert isinstance(record, records.Record), record.message
    page = nbformat.read(job.executed, as_version=4)
    media = prepare(page, "notebooks/template", profile="smoke", measured={"smoke": record}, colab="https://x")
    assert len(media) == 3  # one tone is in the player and in the slider
