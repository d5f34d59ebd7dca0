"""The list of pages."""

from __future__ import annotations

from pathlib import Path

import pytest
import toc

TOC = """\
format: jb-book
root: book/index
parts:
  - chapters:
      - file: notebooks/a
        sections:
          - file: book/b
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("book/index.md", "notebooks/a.ipynb", "book/b.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "_toc.yml").write_text(TOC)
    return tmp_path


def test_pages_come_in_reading_order(repository: Path) -> None:
    assert toc.pages(repository) == ["book/index", "notebooks/a", "book/b"]
    assert toc.notebooks(repository) == toc.listed_notebooks(repository) == ["notebooks/a"]


def test_missing_page_is_named(repository: Path) -> None:
    (repository / "book" / "b.md").unlink()
    assert "book/b" in toc.listed(repository)
    with pytest.raises(FileNotFoundError, match="book/b"):
        toc.pages(repository)
