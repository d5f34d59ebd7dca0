"""The whole way from an executed notebook to its page."""

from __future__ import annotations

from collections.abc import Callable

import nbformat
from nbformat import NotebookNode
from prepare import prepare

from .conftest import code, text
from .test_page_outputs import PLAYER
from .test_records import RECORD


def test_page_holds_what_readers_need_and_nothing_else(notebook: Callable[..., NotebookNode]) -> None:
    page = notebook(
        text("# Title\n\nIntro"),
        text("## Time and device"),
        code('profile = "smoke"', "parameters"),
        code('profile = "book"', "injected-parameters"),
        text("> **Note.** Listen."),
        code("player", shows={"text/html": PLAYER}),
        text("**Exercise 1. A.** B", "exercise"),
        code("check_it(f)", "exercise", prints="✘ hint"),
    )
    media = prepare(page, "notebooks/01_a", profile="book", measured={"book": RECORD}, colab="https://colab/x")
    whole = nbformat.writes(page)
    assert len(media) == 1
    for present in ("avl-status", "| `book` | 1.5 min", ":::{note}", "{exercise-start} A", "_static/media/"):
        assert present in whole
    for absent in ("injected-parameters", "base64", 'profile = \\"smoke\\"', "> **Note"):
        assert absent not in whole
    nbformat.validate(page)
