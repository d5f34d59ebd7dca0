"""The cell tagged `parameters`: which names it defines, and how it reads after other values were injected."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from nbformat import NotebookNode

TAG = "parameters"
INJECTED = "injected-parameters"
"""The tag that papermill gives to the cell that it adds."""


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", []))


def names(source: str) -> list[str]:
    """Names that a parameters cell assigns, in order."""
    return [target for target, _ in _assignments(source)]


def require_known(notebook: NotebookNode, page: str, wanted: Mapping[str, object]) -> None:
    """Refuse parameters that the notebook doesn't have; papermill would only warn and run without them.

    Raises:
        ValueError: naming the parameter and the known ones.
    """
    known = [name for cell in notebook.cells if TAG in tags(cell) for name in names(cell.source)]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(
            f"{page} has no parameter {', '.join(map(repr, unknown))}; its parameters cell defines {', '.join(known)}"
        )


def show_values(notebook: NotebookNode) -> NotebookNode:
    """One parameters cell with the values of the run; the injected cell goes, so no page shows values not used."""
    injected: dict[str, str] = {}
    for cell in notebook.cells:
        if INJECTED in tags(cell):
            injected |= {name: _text(cell.source, value) for name, value in _assignments(cell.source)}
    notebook.cells = [cell for cell in notebook.cells if INJECTED not in tags(cell)]
    for cell in notebook.cells:
        if TAG in tags(cell):
            cell.source = _replace(cell.source, injected)
    return notebook


def _assignments(source: str) -> list[tuple[str, ast.expr]]:
    return [
        (statement.targets[0].id, statement.value)
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    ]


def _replace(source: str, values: Mapping[str, str]) -> str:
    lines = source.splitlines()
    for name, value in _assignments(source):
        if name in values:
            line = lines[value.lineno - 1]
            lines[value.lineno - 1] = line[: value.col_offset] + values[name] + line[value.end_col_offset :]
    return "\n".join(lines)


def _text(source: str, value: ast.expr) -> str:
    return ast.get_source_segment(source, value) or ast.unparse(value)
