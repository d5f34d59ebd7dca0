"""The library's own code in the text that explains it, so that the two cannot drift apart."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from avlearn.viz.markup import Html, figure

INKS = {
    "k, .kn, .kc, .kd, .ow": "#8d63e8",
    "nf, .nc, .fm": "#2f86d9",
    "s, .s1, .s2, .sa, .si, .sd": "#2f8f55",
    "mi, .mf": "#cf6a1c",
    "c, .c1": "#7b8794;font-style:italic",
    "nd": "#c2579b",
}
"""Colours that read on light and on dark ground; the style sheet of a book overrides them."""


def source(function: Callable[..., Any] | type, *, lines: tuple[int, int] | None = None, caption: str = "") -> Html:
    """The code of a function or class without its docstring, highlighted, with the file it stands in.

    Args:
        function: as imported.
        lines: first and last line to show, counted from 1 after the docstring is gone; by default all.
        caption: one line below; by default where the code stands.

    Raises:
        ValueError: the lines lie outside the code.

    >>> from avlearn.clustering.soft import strided_picks
    >>> print(source(strided_picks, lines=(2, 2)).text)
    stride = x_BND.shape[1] // num_clusters
    """
    code = _without_docstrings(textwrap.dedent(inspect.getsource(function)))
    if lines is not None:
        code = _cut(code, lines)
    where = f"{function.__module__}.{function.__qualname__}"
    body = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
    block = f'<div class="highlight"><pre tabindex="0" style="{PRE}">{body}</pre></div>'
    return Html(_styles() + figure(block, kind="code", caption=caption or where), code)


PRE = (
    "margin:0;padding:.8em 1em;overflow-x:auto;line-height:1.5;color:inherit;white-space:pre;"
    "border:1px solid rgba(128,138,150,.28);"
)


def _without_docstrings(code: str) -> str:
    # Strings that stand alone: docstrings of functions, classes and fields
    hidden = {
        number
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return "\n".join(row for number, row in enumerate(code.splitlines(), start=1) if number not in hidden)


def _cut(code: str, lines: tuple[int, int]) -> str:
    rows = code.splitlines()
    first, last = lines
    if not 1 <= first <= last <= len(rows):
        raise ValueError(f"lines={lines}; the code without its docstring has lines 1 to {len(rows)}")
    return textwrap.dedent("\n".join(rows[first - 1 : last]))


def _styles() -> str:
    rules = "".join(
        f".avl-code .{kinds.replace(', .', ', .avl-code .')} {{color:{ink}}}" for kinds, ink in INKS.items()
    )
    return f"<style>{rules}</style>"
