"""Docstrings for the API pages."""

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


def test_colon_in_the_words_about_an_attribute_is_no_type() -> None:
    lines = ["The weighted map: what each position adds."]
    avl_docstrings.convert(None, "attribute", "maps.attention", None, None, lines)
    assert ":" not in lines[0]
    avl_docstrings.restore_colons(None, "attribute", "maps.attention", None, None, lines)
    assert lines == ["The weighted map: what each position adds."]
