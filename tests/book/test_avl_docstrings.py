"""Docstrings for the API page."""

from __future__ import annotations

import avl_docstrings
import pytest


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gives `x` back", "gives ``x`` back"),
        ("the norm |x|", r"the norm \|x\|"),
        ("`a|b` times *c", r"``a|b`` times \*c"),
        (r"a\b", r"a\\b"),
    ],
)
def test_names_are_code_and_signs_are_signs(line: str, expected: str) -> None:
    assert avl_docstrings.plain(line) == expected


def test_examples_stay() -> None:
    lines = ["with `x`", ">>> f(`x`, *y)", "a|b", "", "more |z|"]
    avl_docstrings.convert(None, "function", "f", None, None, lines)
    assert lines == ["with ``x``", ">>> f(`x`, *y)", "a|b", "", r"more \|z\|"]
