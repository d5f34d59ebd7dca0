"""Sphinx extension: docstrings are plain text with `names` in backticks, as people read them in an editor.

For the API pages, names become code, and characters that reStructuredText would take for markup are kept as they are.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

BACKTICKS = re.compile(r"(`[^`]+`)")
MARKUP = re.compile(r"([*|\\])")
ATTRIBUTES = ("attribute", "data", "property")
STAND_IN = "\u2236"
"""A colon that napoleon doesn't see: it would take what stands before the first one for the attribute's type."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Entry point of Sphinx; runs before napoleon, which adds markup of its own."""
    app.connect("autodoc-process-docstring", convert, priority=400)
    app.connect("autodoc-process-docstring", restore_colons, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def convert(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Rewrite the lines in place; those of examples stay."""
    in_example = False
    for number, line in enumerate(lines):
        in_example = bool(line.strip()) and (in_example or line.lstrip().startswith(">>>"))
        if not in_example:
            lines[number] = plain(line).replace(":", STAND_IN) if what in ATTRIBUTES else plain(line)


def restore_colons(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """After napoleon, stand-ins are colons again."""
    lines[:] = [line.replace(STAND_IN, ":") for line in lines]


def plain(line: str) -> str:
    """One line as reStructuredText that shows what the line says.

    >>> plain("mean of |x| * `sharpness`")
    'mean of \\\\|x\\\\| \\\\* ``sharpness``'
    """
    parts = BACKTICKS.split(line)
    return "".join(f"`{part}`" if BACKTICKS.fullmatch(part) else MARKUP.sub(r"\\\1", part) for part in parts)
