"""Exercises: what their cells must print, how they look on the page."""

from __future__ import annotations

from collections.abc import Callable

import exercises
import pytest
from nbformat import NotebookNode

from .conftest import code, text

GOOD = {"exercise": "✘ square it", "solution": "✔ right"}


@pytest.mark.parametrize(
    ("tag", "printed"),
    [("exercise", "✔ right"), ("exercise", ""), ("exercise", "✘ a\n✔ right"), ("solution", "✘ no"), ("solution", "")],
)
def test_wrong_outcome_is_found(tag: str, printed: str, notebook: Callable[..., NotebookNode]) -> None:
    cells = [code("check_it(f)", other, prints=GOOD[other]) for other in GOOD if other != tag]
    problems = exercises.unexpected(notebook(*cells, code("check_it(f)", tag, prints=printed)))
    assert len(problems) == 1
    assert f"the {tag}" in problems[0] or f"blank {tag}" in problems[0]


def test_right_outcomes_pass_also_as_html(notebook: Callable[..., NotebookNode]) -> None:
    shown = code("check_it(f)", "solution", shows={"text/html": "<b>✔</b> right"})
    assert not exercises.unexpected(notebook(text("✘"), code("check", "exercise", prints="✘ hint"), shown, code("1")))


def _exercise(number: int) -> list[NotebookNode]:
    return [
        text(f"**Exercise {number}. Which is `loud`?** Find out.", "exercise"),
        code("check_it(f)", "exercise"),
        text("**Solution.** By ear.", "solution"),
        code("check_it(g)", "solution"),
    ]


def test_exercises_are_boxed_with_their_solutions_below(notebook: Callable[..., NotebookNode]) -> None:
    wrapped = exercises.wrap(notebook(text("before"), *_exercise(1), *_exercise(2), text("after")), "01_a")
    assert [cell.source for cell in wrapped.cells] == [
        "before",
        *(
            source
            for number in (1, 2)
            for source in (
                f"```{{exercise-start}} Which is `loud`?\n:label: 01_a-exercise-{number}\n```",
                "Find out.",
                "check_it(f)",
                "```{exercise-end}\n```",
                f"```{{solution-start}} 01_a-exercise-{number}\n:class: dropdown\n```",
                "By ear.",
                "check_it(g)",
                "```{solution-end}\n```",
            )
        ),
        "after",
    ]


def test_exercises_without_solution_between_are_two(notebook: Callable[..., NotebookNode]) -> None:
    wrapped = exercises.wrap(notebook(*_exercise(1)[:2], *_exercise(2)[:2]), "a")
    assert sum("exercise-start" in cell.source for cell in wrapped.cells) == 2
