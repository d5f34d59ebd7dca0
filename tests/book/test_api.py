"""The API reference names everything that packages export, nothing twice and nothing that doesn't exist."""

from __future__ import annotations

import ast
import re
from importlib import import_module

import pytest
import toc

BOOK = toc.REPOSITORY / "book"
PAGES = sorted((BOOK / "api").glob("*.md"))
TEXT = "\n".join(page.read_text() for page in PAGES)
ENTRIES = re.findall(r"^\.\. auto(?:function|class|data|exception|method):: (\S+)$", TEXT, re.MULTILINE)
MODULES = re.findall(r"^\.\. automodule:: (\S+)$", TEXT, re.MULTILINE)
PACKAGES = sorted(path.parent.name for path in (toc.REPOSITORY / "avlearn").glob("*/__init__.py"))


def test_parts_are_those_of_the_list_and_of_the_overview() -> None:
    parts = {page.stem for page in PAGES}
    assert {page.removeprefix("book/api/") for page in toc.listed() if page.startswith("book/api/")} == parts
    assert set(re.findall(r"\]\(api-(\w+)\)", (BOOK / "api.md").read_text())) == parts


@pytest.mark.parametrize("part", [page.stem for page in PAGES])
def test_page_begins_with_its_label_its_title_and_what_it_is_for(part: str) -> None:
    assert re.match(rf"\(api-{part}\)=\n# [A-Z][^\n]+\n\n[A-Z]", (BOOK / "api" / f"{part}.md").read_text())


@pytest.mark.parametrize("target", ENTRIES)
def test_documented_name_exists(target: str) -> None:
    module, _, name = target.replace("::", ".").rpartition(".")
    assert hasattr(import_module(module), name), f"book/api documents {target}, which doesn't exist"


@pytest.mark.parametrize("module", MODULES)
def test_documented_module_exists(module: str) -> None:
    assert import_module(module).__doc__


def test_nothing_is_documented_twice() -> None:
    assert len({*ENTRIES, *MODULES}) == len(ENTRIES) + len(MODULES)


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_package_exports_is_documented(package: str) -> None:
    front = f"avlearn.{package}"
    missing = [
        f"{front}.{name}"
        for module, name in _exports(package)
        if not {front, module} & {*MODULES} and not {f"{front}.{name}", f"{module}.{name}"} & {*ENTRIES}
    ]
    assert not missing, f"add {missing} to a page in book/api"


def _exports(package: str) -> list[tuple[str, str]]:
    """Modules and names that the package hands on, also those that it only imports when asked for."""
    body = ast.parse((toc.REPOSITORY / "avlearn" / package / "__init__.py").read_text()).body
    body += [inner for node in body if isinstance(node, ast.If) for inner in node.body]
    imports = [node for node in body if isinstance(node, ast.ImportFrom)]
    places = [(f"avlearn.{package}.{node.module}" if node.level else f"{node.module}", node) for node in imports]
    return [(place, alias.name) for place, node in places for alias in node.names if place.startswith("avlearn.")]
