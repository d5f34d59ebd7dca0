"""Exercises and their solutions: cells tagged `exercise` and `solution`, run as they stand, wrapped for the page.

An exercise is a Markdown cell that begins with `**Exercise 1. Title.**` and a code cell with a blank stub that calls
`check_*`; a solution is the same with `**Solution.**`. All of these cells carry the tag. A check shows ✘ and a hint,
or ✔.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from parameters import tags

EXERCISE, SOLUTION = "exercise", "solution"
FAILED, PASSED = "✘", "✔"
TITLE = re.compile(r"\A\*\*Exercise (?P<number>\d+)\. (?P<title>.+?)\.?\*\*\s*")
SOLUTION_TITLE = re.compile(r"\A\*\*Solution\.\*\*\s*")


def unexpected(notebook: NotebookNode) -> list[str]:
    """Blank exercises that pass their check, and solutions that don't, in an executed notebook."""
    problems = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        text = "".join(output_texts(cell))
        if EXERCISE in tags(cell) and (FAILED not in text or PASSED in text):
            problems.append(f"cell {number}: the blank exercise must fail its check with a hint ({FAILED}):\n{text}")
        if SOLUTION in tags(cell) and (PASSED not in text or FAILED in text):
            problems.append(f"cell {number}: the solution must pass its check ({PASSED}):\n{text}")
    return problems


def output_texts(cell: NotebookNode) -> Iterator[str]:
    """Everything that a code cell printed or displayed as text."""
    for output in cell.get("outputs", []):
        yield output.get("text", "")
        data = output.get("data", {})
        yield from (data[mime] for mime in ("text/plain", "text/html", "text/markdown") if mime in data)


def wrap(notebook: NotebookNode, stem: str) -> NotebookNode:
    """Put each exercise in a box with its title, and each solution in a closed drop-down below it."""
    cells: list[NotebookNode] = []
    label = ""
    for tag, group in _groups(notebook.cells):
        if tag == EXERCISE:
            found = TITLE.match(group[0].source)
            number, title = (found["number"], found["title"]) if found else ("", "")
            label = f"{stem}-exercise-{number}"
            group[0].source = TITLE.sub("", group[0].source)
            group = _between(group, f"```{{exercise-start}} {title}\n:label: {label}\n```", "```{exercise-end}\n```")
        elif tag == SOLUTION:
            group[0].source = SOLUTION_TITLE.sub("", group[0].source)
            group = _between(group, f"```{{solution-start}} {label}\n:class: dropdown\n```", "```{solution-end}\n```")
        cells += group
    notebook.cells = cells
    return notebook


def _groups(cells: list[NotebookNode]) -> Iterator[tuple[str, list[NotebookNode]]]:
    group: list[NotebookNode] = []
    current = ""
    for cell in cells:
        tag = next((tag for tag in (EXERCISE, SOLUTION) if tag in tags(cell)), "")
        starts_anew = tag == EXERCISE and cell.cell_type == "markdown" and TITLE.match(cell.source)
        if group and (tag != current or starts_anew):
            yield current, group
            group = []
        group.append(cell)
        current = tag
    if group:
        yield current, group


def _between(group: list[NotebookNode], start: str, end: str) -> list[NotebookNode]:
    return [new_markdown_cell(start), *(cell for cell in group if cell.source.strip()), new_markdown_cell(end)]
