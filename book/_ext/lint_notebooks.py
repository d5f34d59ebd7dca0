"""Checks that every notebook has the shape of the book: `python book/_ext/lint_notebooks.py [--fix] [NOTEBOOK...]`.

`--fix` writes the current setup cell and removes outputs; everything else is for its author to mend.
"""

from __future__ import annotations

import re
import statistics
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nbformat
import toc
from exercises import EXERCISE, SOLUTION, SOLUTION_TITLE, TITLE
from nbformat import NotebookNode
from parameters import TAG, tags

HEADINGS = (
    "## What you will learn",
    "## Prerequisites",
    "## Time and device",
    "## Setup",
    "## The idea",
    "## The equation",
    "## Code, step by step",
    "## Look and listen",
    "## What can go wrong",
    "## Exercises",
    "## Summary",
    "## Sources",
)
DEFAULTS = {"profile": '"book"', "seed": "0", "device": '"cpu"'}
"""What the parameters cell assigns, in this order."""
SETUP_TAG = "setup"
SETUP = """\
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("avlearn") is None:
    url = "avlearn[widgets] @ git+{repository}@v{version}"
    install = [sys.executable, "-m", "pip", "install", url]
    pip = subprocess.run(install, capture_output=True, text=True)
    print(pip.stdout[-3000:], pip.stderr[-3000:])  # pip's own words
    pip.check_returncode()

import avlearn

avlearn.report(profile)"""
"""The setup cell of every notebook; repository and version come from pyproject.toml."""
LONGEST_CELL, MEDIAN_CELL, LONGEST_LINE = 20, 6, 88
NOT_COLAB_SAFE = {
    r"^(```+|~~~+|:::+)\{": "a MyST directive",
    r"\{[\w:-]+\}`": "a MyST role",
    r"^\([\w-]+\)=\s*$": "a MyST label",
    r"\$\$[ \t]*\([\w-]+\)": "a labelled equation",
}
NEEDS_A_KERNEL = re.compile(r"\b(interact(?:ive|_manual)?\(|\.observe\()")


def template() -> Path:
    """The notebook that a new page starts from; it obeys the same rules."""
    return toc.REPOSITORY / "book" / "template.ipynb"


def setup_cell(repository: Path = toc.REPOSITORY) -> str:
    """Source of the setup cell for the version and address in pyproject.toml."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    return SETUP.format(repository=project["urls"]["Repository"], version=project["version"])


def lint(notebook: NotebookNode, setup: str) -> list[str]:
    """Everything that differs from the shape of the book, in words."""
    checks = (_headings, _parameters, _lengths, _order, _markdown, _outputs, _exercises, _widgets)
    return [*(problem for check in checks for problem in check(notebook)), *_setup(notebook, setup)]


def fix(notebook: NotebookNode, setup: str) -> NotebookNode:
    """The notebook without outputs and with the current setup cell."""
    for cell in _code(notebook):
        cell.outputs, cell.execution_count = [], None
        if SETUP_TAG in tags(cell):
            cell.source = setup
    notebook.metadata.pop("widgets", None)
    notebook.metadata.pop("papermill", None)
    return notebook


def main(arguments: list[str]) -> int:
    """The command line of the module's docstring."""
    chosen = [Path(name) for name in arguments if not name.startswith("--")]
    paths = chosen or [template(), *(toc.REPOSITORY / f"{page}.ipynb" for page in toc.notebooks())]
    setup = setup_cell()
    found = 0
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        if "--fix" in arguments:
            nbformat.write(fix(notebook, setup), path)
        for problem in lint(notebook, setup):
            found += 1
            print(f"{path}: {problem}")
    print(f"{len(paths)} notebooks, {found} problems")
    return 1 if found else 0


def _headings(notebook: NotebookNode) -> Iterator[str]:
    lines = [line for cell in _markdown_cells(notebook) for line in _outside_fences(cell.source)]
    titles = [line for line in lines if line.startswith("# ")]
    first = notebook.cells[0].source if notebook.cells else ""
    if len(titles) != 1 or not first.startswith("# "):
        yield f"it needs one title, as the first line of the first cell; found {titles}"
    found = tuple(line.rstrip() for line in lines if line.startswith("## "))
    if found != HEADINGS:
        wrong = [line for line in found if line not in HEADINGS]
        missing = [line for line in HEADINGS if line not in found]
        yield f"headings differ from the page shape: missing {missing}, unknown {wrong}, or in another order"


def _parameters(notebook: NotebookNode) -> Iterator[str]:
    cells = list(_code(notebook))
    if not cells or TAG not in tags(cells[0]):
        yield f"the first code cell must be tagged {TAG!r}"
        return
    lines = [line.split("#")[0].strip() for line in cells[0].source.splitlines() if line.strip()]
    wanted = [f"{name} = {value}" for name, value in DEFAULTS.items()]
    if lines != wanted:
        yield f"the parameters cell must hold exactly {'; '.join(wanted)}; found {'; '.join(lines)}"


def _setup(notebook: NotebookNode, setup: str) -> Iterator[str]:
    cells = [cell for cell in _code(notebook) if SETUP_TAG in tags(cell)]
    if len(cells) != 1 or cells[0].source != setup:
        yield f"it needs one cell tagged {SETUP_TAG!r} with the book's setup text; write it with --fix"


def _lengths(notebook: NotebookNode) -> Iterator[str]:
    lengths = []
    for cell in _code(notebook):
        lines = cell.source.splitlines()
        lengths.append(len(lines))
        if len(lines) > LONGEST_CELL:
            yield f"a cell has {len(lines)} lines, over {LONGEST_CELL}; move code to the library: {lines[0]!r}"
        yield from (f"a line is longer than {LONGEST_LINE}: {line!r}" for line in lines if len(line) > LONGEST_LINE)
    if lengths and statistics.median(lengths) > MEDIAN_CELL:
        yield f"the median cell has {statistics.median(lengths):g} lines, over {MEDIAN_CELL}"


def _order(notebook: NotebookNode) -> Iterator[str]:
    for before, cell in zip(notebook.cells, notebook.cells[1:], strict=False):
        if before.cell_type == cell.cell_type == "code":
            yield f"two code cells without text between them: {cell.source.splitlines()[:1]}"


def _markdown(notebook: NotebookNode) -> Iterator[str]:
    for cell in _markdown_cells(notebook):
        for pattern, what in NOT_COLAB_SAFE.items():
            for found in re.finditer(pattern, cell.source, re.MULTILINE):
                yield f"Colab would show {what} as raw text: {found[0]!r}"
        if "TODO" in cell.source:
            yield f"unfinished text: {cell.source.splitlines()[0]!r} says TODO"
        yield from (f"an image without alt text: {image}" for image in re.findall(r"!\[\s*\]\([^)]*\)", cell.source))
        for image in re.findall(r"<img\b[^>]*>", cell.source):
            if not re.search(r'\balt="[^"]+"', image):
                yield f"an image without alt text: {image}"


def _outputs(notebook: NotebookNode) -> Iterator[str]:
    if any(cell.outputs or cell.execution_count for cell in _code(notebook)) or "widgets" in notebook.metadata:
        yield "it holds outputs; remove them with --fix"


def _exercises(notebook: NotebookNode) -> Iterator[str]:
    for tag, title in ((EXERCISE, TITLE), (SOLUTION, SOLUTION_TITLE)):
        texts = [cell for cell in _markdown_cells(notebook) if tag in tags(cell) and title.match(cell.source)]
        calls = [cell for cell in _code(notebook) if tag in tags(cell)]
        if not 2 <= len(calls) <= 4 or len(texts) != len(calls):
            yield (
                f"it needs 2 to 4 cells tagged {tag!r}, each after a text with this tag that begins with "
                f"**{tag.capitalize()} ...**; found {len(calls)} cells and {len(texts)} texts"
            )
        yield from (f"a cell tagged {tag!r} calls no check_*" for cell in calls if "check_" not in cell.source)


def _widgets(notebook: NotebookNode) -> Iterator[str]:
    for cell in _code(notebook):
        for found in NEEDS_A_KERNEL.findall(cell.source):
            yield f"{found} needs a kernel and is dead on a page; use avlearn.viz.slider"


def _outside_fences(source: str) -> list[str]:
    return re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.MULTILINE | re.DOTALL).splitlines()


def _code(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in notebook.cells if cell.cell_type == "code")


def _markdown_cells(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in notebook.cells if cell.cell_type == "markdown")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
