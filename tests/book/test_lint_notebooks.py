"""The linter of notebooks: the template obeys, and each rule finds what it is for."""

from __future__ import annotations

from collections.abc import Callable

import lint_notebooks
import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from parameters import tags

SETUP = lint_notebooks.setup_cell()


@pytest.fixture
def page() -> NotebookNode:
    return nbformat.read(lint_notebooks.template(), as_version=4)


def _cell(page: NotebookNode, tag: str, kind: str = "code") -> NotebookNode:
    return next(cell for cell in page.cells if tag in tags(cell) and cell.cell_type == kind)


def _first_text(page: NotebookNode, extra: str) -> None:
    page.cells[1].source += f"\n\n{extra}"


def _swap_headings(page: NotebookNode) -> None:
    page.cells[1].source = (
        page.cells[1].source.replace("## Prerequisites", "## X").replace("## What you will learn", "## Prerequisites")
    )


def _outputs(page: NotebookNode) -> None:
    _cell(page, "setup").outputs = [new_output("stream", text="x")]


BREAKS: dict[str, Callable[[NotebookNode], object]] = {
    "headings differ": _swap_headings,
    "one title": lambda page: _first_text(page, "# Another title"),
    "the first code cell must be tagged": lambda page: page.cells.insert(1, new_code_cell("1")),
    "must hold exactly": lambda page: _cell(page, "parameters").update(source='profile = "book"\nseed = 1'),
    "setup text": lambda page: _cell(page, "setup").update(source=SETUP.replace("v0", "v9")),
    "over 20": lambda page: page.cells[-1:].append(page.cells.append(new_code_cell("\n".join("x" * 21)))),
    "longer than 88": lambda page: page.cells.append(new_code_cell("x" * 89)),
    "median cell": lambda page: page.cells.extend([new_code_cell("\n".join("x" * 7))] * 20),
    "two code cells": lambda page: page.cells.extend([new_code_cell("1"), new_code_cell("2")]),
    "a MyST directive": lambda page: _first_text(page, "```{note}\nx\n```"),
    "a MyST role": lambda page: _first_text(page, "see {ref}`x`"),
    "a MyST label": lambda page: _first_text(page, "(here)=\n"),
    "a labelled equation": lambda page: _first_text(page, "$$x$$ (one)"),
    "unfinished text": lambda page: _first_text(page, "TODO"),
    "without alt text: !": lambda page: _first_text(page, "![](a.png)"),
    "without alt text: <": lambda page: _first_text(page, '<img src="a.png">'),
    "holds outputs": _outputs,
    "tagged 'exercise'": lambda page: _cell(page, "exercise", "markdown").update(source="**Aufgabe 1.**"),
    "tagged 'solution'": lambda page: _cell(page, "solution").metadata.update(tags=[]),
    "calls no check_": lambda page: _cell(page, "solution").update(source="pass"),
    "needs a kernel": lambda page: page.cells.append(new_code_cell("interact(f, x=3)")),
}


def test_template_obeys(page: NotebookNode) -> None:
    assert lint_notebooks.lint(page, SETUP) == []


@pytest.mark.parametrize("problem", BREAKS)
def test_rule_finds_what_it_is_for(problem: str, page: NotebookNode) -> None:
    BREAKS[problem](page)
    assert any(problem in found for found in lint_notebooks.lint(page, SETUP))


def test_headings_in_code_are_no_headings(page: NotebookNode) -> None:
    _first_text(page, "```bash\n# comment\n## comment\n```")
    assert lint_notebooks.lint(page, SETUP) == []


def test_fix_writes_the_setup_cell_and_drops_outputs(page: NotebookNode) -> None:
    _outputs(page)
    _cell(page, "setup").source = "old"
    page.metadata["widgets"] = {"state": {}}
    assert lint_notebooks.lint(lint_notebooks.fix(page, SETUP), SETUP) == []


def test_command_line_tells_what_it_found(
    page: NotebookNode, tmp_path: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "page.ipynb")
    page.cells.append(new_markdown_cell("![](a.png)"))
    _outputs(page)
    nbformat.write(page, path)
    assert lint_notebooks.main([path]) == 1
    assert "2 problems" in capsys.readouterr().out
    assert lint_notebooks.main(["--fix", path]) == 1
    assert "1 problems" in capsys.readouterr().out
