"""What the build writes into the text of a page: status line, table of times, admonitions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from records import PROFILES, Record

TIMES_HEADING = "## Time and device"
QUOTE = re.compile(r"^> \*\*(?P<kind>Note|Warning|Tip)\.\*\*(?P<text>.*(?:\n>.*)*)", re.MULTILINE)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
NOT_MEASURED = "not measured"


def add_status(notebook: NotebookNode, record: Record | None, colab: str) -> NotebookNode:
    """Below the title: when and how this page's outputs were made, and where to run it."""
    link = f"[Open in Colab]({colab})"
    facts = [link, "not executed in this build: no outputs"]
    if record:
        versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
        facts = [
            f"Last good run **{record.date}**",
            f"profile `{record.profile}`",
            record.device,
            _minutes(record),
            versions,
            link,
        ]
    line = new_markdown_cell("```{container} avl-status\n" + " · ".join(facts) + "\n```")
    title, _, rest = notebook.cells[0].source.partition("\n")
    first = [new_markdown_cell(title), line, *([new_markdown_cell(rest.strip())] if rest.strip() else [])]
    notebook.cells = [*first, *notebook.cells[1:]]
    return notebook


def add_times(notebook: NotebookNode, measured: Mapping[str, Record]) -> NotebookNode:
    """Under its heading: the table of what each profile took, where and when; never a guess."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and TIMES_HEADING in cell.source.splitlines():
            cell.source = cell.source.replace(TIMES_HEADING, f"{TIMES_HEADING}\n\n{times_table(measured)}\n", 1)
    return notebook


def times_table(measured: Mapping[str, Record]) -> str:
    """Markdown table with a row for every profile."""
    rows = ["| profile | time | peak memory | device | date |", "|---|---|---|---|---|"]
    for profile in PROFILES:
        record = measured.get(profile)
        cells = [NOT_MEASURED, "–", "–", "–"]
        if record:
            cells = [_minutes(record), f"{record.peak_memory_mib / 1024:.1f} GiB", record.device, record.date]
        rows.append(f"| `{profile}` | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def add_admonitions(notebook: NotebookNode) -> NotebookNode:
    """Block quotes that begin with `> **Note.**`, `Warning` or `Tip` become boxes."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not FENCED.search(cell.source):
            cell.source = QUOTE.sub(_admonition, cell.source)
    return notebook


def _admonition(quote: re.Match[str]) -> str:
    text = re.sub(r"^> ?", "", quote["text"].strip(), flags=re.MULTILINE)
    return f":::{{{quote['kind'].lower()}}}\n{text}\n:::"


def _minutes(record: Record) -> str:
    if record.minutes < 0.995:
        return f"{max(record.minutes * 60, 1):.0f} s"
    return f"{record.minutes:.1f} min"
