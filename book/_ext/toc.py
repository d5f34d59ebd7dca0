"""The pages of the book, read from `_toc.yml`: the one list of what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = "notebooks/"


def listed(repository: Path = REPOSITORY) -> list[str]:
    """Names of all pages without their endings, in reading order, such as `notebooks/01_sounding_scenes`."""
    toc = yaml.safe_load((repository / "_toc.yml").read_text())
    return [toc["root"], *_files(toc)]


def pages(repository: Path = REPOSITORY) -> list[str]:
    """The listed pages, all of which have a source.

    Raises:
        FileNotFoundError: a page that `_toc.yml` names has none.
    """
    names = listed(repository)
    missing = [name for name in names if not _has_source(repository / name)]
    if missing:
        raise FileNotFoundError(f"_toc.yml names pages without a source: {', '.join(missing)}; write or remove them")
    return names


def notebooks(repository: Path = REPOSITORY) -> list[str]:
    """Those pages that are notebooks: all that lie in the folder `notebooks`."""
    return [name for name in pages(repository) if name.startswith(FOLDER)]


def listed_notebooks(repository: Path = REPOSITORY) -> list[str]:
    """The listed notebooks, written or not."""
    return [name for name in listed(repository) if name.startswith(FOLDER)]


def _files(node: dict[str, Any]) -> Iterator[str]:
    for key in ("parts", "chapters", "sections"):
        for child in node.get(key, []):
            if "file" in child:
                yield child["file"]
            yield from _files(child)


def _has_source(page: Path) -> bool:
    return any(page.with_name(page.name + ending).exists() for ending in (".md", ".ipynb"))
