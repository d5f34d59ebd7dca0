"""Every notebook of the book has its shape."""

from __future__ import annotations

import lint_notebooks
import nbformat
import pytest
import toc


@pytest.mark.parametrize("page", toc.listed_notebooks())
def test_notebook_has_the_shape_of_the_book(page: str) -> None:
    notebook = nbformat.read(toc.REPOSITORY / f"{page}.ipynb", as_version=4)
    assert lint_notebooks.lint(notebook, lint_notebooks.setup_cell()) == []
