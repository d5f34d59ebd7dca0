"""What a page must show, counted in its source: in the prepared notebook, or in the Markdown of a prose page."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import avl_pages
import nbformat
import records
import toc
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from page_outputs import PLAYER, WIDGET, WIDGET_STATE
from prepare import prepare


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many of each kind."""

    plots: int = 0
    """Plotly figures."""
    math: int = 0
    """Equations, in lines and displayed."""
    sliders: int = 0
    """Sliders that a page shows."""
    players: int = 0
    """Players outside sliders."""


@functools.cache
def expected(page: str) -> Counts:
    """Counts of a page's source."""
    if page not in toc.notebooks():
        return Counts(math=_math((toc.REPOSITORY / f"{page}.md").read_text()))
    executed = records.executed_folder(toc.REPOSITORY, avl_pages.profile()) / f"{page}.ipynb"
    notebook = nbformat.read(executed, as_version=4)
    prepare(notebook, page, profile=avl_pages.profile(), measured={}, colab="https://x")
    markup = [output.data["text/html"] for output in _outputs(notebook) if "text/html" in output.get("data", {})]
    return Counts(
        plots=sum(text.count('class="avl-plotly"') for text in markup),
        math=sum(_math(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"),
        sliders=_sliders(notebook),
        players=sum(len(PLAYER.findall(text)) for text in markup),
    )


def _outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def _sliders(notebook: NotebookNode) -> int:
    if not any(WIDGET in output.get("data", {}) for output in _outputs(notebook)):
        return 0
    models = notebook.metadata.widgets[WIDGET_STATE].state.values()
    return sum(model.model_name.endswith("SliderModel") for model in models)


def _math(source: str) -> int:
    # Directives hold Markdown too: without their fences it is read as such
    text = re.sub(r"^\s*(`{3,}|:{3,})(\{(?!code|eval-rst|bibliography)[^\n]*)?$", "", source, flags=re.MULTILINE)
    tokens = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, double_inline=True).parse(text)
    flat = [token for outer in tokens for token in [outer, *(outer.children or [])]]
    directives = re.findall(r"^\s*(?:`{3,}|:{3,})\{math\}", source, flags=re.MULTILINE)
    return len(directives) + sum(token.type.startswith("math") for token in flat)
