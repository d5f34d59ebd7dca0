from __future__ import annotations

from xml.etree import ElementTree

import pytest

from avlearn.viz.source import source


def taught(x: int) -> int:
    """Doubles.

    Over several lines.
    """
    twice = 2 * x  # <b> & "quotes"
    return twice + 0


class Taught:
    """A class."""

    size: int
    """Of things."""

    def method(self) -> str:
        """Says so."""
        return """not a docstring"""


def shown(html) -> str:
    pre = ElementTree.fromstring(f"<div>{html.markup}</div>").find(".//pre")
    return "".join(pre.itertext())


def test_the_code_is_shown_without_its_docstring():
    code = 'def taught(x: int) -> int:\n    twice = 2 * x  # <b> & "quotes"\n    return twice + 0'
    assert shown(source(taught)) == code
    assert source(taught).text == code


def test_docstrings_of_methods_and_fields_go_but_strings_stay():
    lines = ["class Taught:", "size: int", "def method(self) -> str:", 'return """not a docstring"""']
    assert [line.strip() for line in source(Taught).text.splitlines() if line.strip()] == lines


def test_lines_count_without_the_docstring_and_lose_their_indent():
    assert source(taught, lines=(2, 3)).text == 'twice = 2 * x  # <b> & "quotes"\nreturn twice + 0'


def test_the_caption_tells_where_the_code_stands():
    assert f"{__name__}.taught" in source(taught).markup
    assert source(taught, caption="Doubling").markup.endswith("Doubling</figcaption></figure>")


@pytest.mark.parametrize("lines", [(0, 1), (2, 4), (3, 2)])
def test_refused(lines):
    with pytest.raises(ValueError, match="lines 1 to 3"):
        source(taught, lines=lines)
