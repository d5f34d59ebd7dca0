"""Status line, table of times, admonitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import page_text
import pytest
from nbformat import NotebookNode

from .conftest import text
from .test_records import RECORD


def test_status_follows_the_title(notebook: Callable[..., NotebookNode]) -> None:
    page = page_text.add_status(notebook(text("# Title\n\nIntro."), text("## Next")), RECORD, "https://colab/x")
    title, status, intro, following = (cell.source for cell in page.cells)
    assert (title, intro, following) == ("# Title", "Intro.", "## Next")
    for fact in ("2026-01-02", "`book`", "CPU, 2 cores", "1.5 min", "torch 2.4", "(https://colab/x)"):
        assert fact in status


def test_page_that_was_never_run_says_so(notebook: Callable[..., NotebookNode]) -> None:
    page = page_text.add_status(notebook(text("# Title")), None, "https://colab/x")
    assert "not executed" in page.cells[1].source


def test_table_holds_measurements_and_never_a_guess() -> None:
    rows = page_text.times_table({"book": RECORD, "smoke": replace(RECORD, minutes=0.2)}).splitlines()[2:]
    assert rows == [
        "| `smoke` | 12 s | 0.7 GiB | CPU, 2 cores | 2026-01-02 |",
        "| `book` | 1.5 min | 0.7 GiB | CPU, 2 cores | 2026-01-02 |",
        "| `gpu` | not measured | – | – | – |",
        "| `paper` | not measured | – | – | – |",
    ]


def test_table_stands_below_its_heading(notebook: Callable[..., NotebookNode]) -> None:
    cells = text("## Before\n\n## Time and device\n\nMore."), text("About `## Time and device`")
    page = page_text.add_times(notebook(*cells), {})
    before, _, after = page.cells[0].source.partition("\n\n| profile |")
    assert before == "## Before\n\n## Time and device"
    assert after.endswith("\n\n\nMore.")
    assert "| profile |" not in page.cells[1].source


@pytest.mark.parametrize("kind", ["Note", "Warning", "Tip"])
def test_marked_quotes_become_boxes(kind: str, notebook: Callable[..., NotebookNode]) -> None:
    quote = f"Before.\n\n> **{kind}.** One\n> two.\n>\n> - three\n\nAfter."
    page = page_text.add_admonitions(notebook(text(quote)))
    assert page.cells[0].source == f"Before.\n\n:::{{{kind.lower()}}}\nOne\ntwo.\n\n- three\n:::\n\nAfter."


@pytest.mark.parametrize("source", ["> A quote.", "> **Nota.** x", "```\n> **Note.** in code\n```"])
def test_other_quotes_stay(source: str, notebook: Callable[..., NotebookNode]) -> None:
    assert page_text.add_admonitions(notebook(text(source))).cells[0].source == source
