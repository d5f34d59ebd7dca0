"""The built pages as files: complete, without addresses of servers, with what the build adds."""

from __future__ import annotations

import re
from pathlib import Path

import avl_pages
import pytest
import toc
import vendor

pytestmark = pytest.mark.pages

LOADED = re.compile(
    r'<(?:script|img|audio|video|source|iframe)\b[^>]*\bsrc="(https?:)?//|<link\b[^>]*href="(https?:)?//'
)
KNOWN_EXTRAS = {"index.html", "genindex.html", "search.html", "py-modindex.html"}


def _page(html: Path, page: str) -> str:
    return (html / f"{page}.html").read_text()


def test_pages_are_those_of_the_list(html: Path) -> None:
    found = {path.relative_to(html).as_posix() for path in html.rglob("*.html")}
    found = {name for name in found if not name.startswith(("_static/", "_modules/"))}
    expected = {f"{page}.html" for page in toc.pages()}
    assert expected <= found
    assert found <= expected | KNOWN_EXTRAS


@pytest.mark.parametrize("page", toc.listed())
def test_page_loads_nothing_from_elsewhere(page: str, html: Path) -> None:
    text = _page(html, page)
    assert not LOADED.search(text)
    for server in ("cdn.jsdelivr", "unpkg.com", "cdnjs.", "fonts.googleapis", "requirejs", "thebe"):
        assert server not in text


@pytest.mark.parametrize("page", toc.listed_notebooks())
def test_page_of_a_notebook_is_complete(page: str, html: Path) -> None:
    text = _page(html, page)
    assert len(re.findall(r'class="avl-status', text)) == 1
    assert "not executed in this build" not in text
    assert "injected-parameters" not in text
    assert not re.search(r'src=\\?"data:(audio|video)/', text)
    assert "not measured" in text or "gpu" in text
    exercises = len(re.findall(r'class="(?=[^"]*\badmonition\b)[^"]*\bexercise\b', text))
    assert 2 <= exercises <= 4
    assert f'href="{avl_pages.colab_address(page)}"' in text


@pytest.mark.parametrize("page", toc.listed_notebooks())
def test_sound_and_video_of_the_page_exist(page: str, html: Path) -> None:
    for name in set(re.findall(r"_static/media/([\w.]+)", _page(html, page))):
        assert (html / "_static" / "media" / name).stat().st_size > 44, name


@pytest.mark.parametrize("page", toc.listed_notebooks())
def test_page_opens_quickly(page: str, html: Path) -> None:
    assert len(_page(html, page).encode()) < 6_000_000


def test_vendored_files_are_those_of_the_installed_packages(html: Path) -> None:
    folder = html / "_static" / "vendor"
    assert (folder / "VERSIONS").read_text() == vendor.versions()
    for package in vendor.PACKAGES:
        assert list((folder / package.folder).glob("LICENSE*")), package.name
