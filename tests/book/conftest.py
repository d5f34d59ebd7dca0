"""Notebooks made for these tests, and where the built book lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

REPOSITORY = Path(__file__).resolve().parents[2]


def text(source: str, *tags: str) -> NotebookNode:
    """A Markdown cell."""
    return new_markdown_cell(source, metadata={"tags": list(tags)})


def code(source: str, *tags: str, prints: str = "", shows: dict[str, Any] | None = None) -> NotebookNode:
    """A code cell with what it printed and displayed."""
    outputs = [new_output("stream", name="stdout", text=prints)] if prints else []
    if shows:
        outputs.append(new_output("display_data", data=shows))
    return new_code_cell(source, metadata={"tags": list(tags)}, outputs=outputs)


@pytest.fixture
def notebook() -> Callable[..., NotebookNode]:
    """Makes a notebook of cells."""
    return lambda *cells: new_notebook(cells=list(cells))


@pytest.fixture(scope="session")
def html() -> Path:
    """Folder of the built pages; the test is skipped where there are none."""
    folder = REPOSITORY / os.environ.get("AVL_HTML", "_build/html")
    if not (folder / "index.html").exists():
        pytest.skip(f"no pages in {folder}; run `make test`, or `make book` and set AVL_HTML")
    return folder
