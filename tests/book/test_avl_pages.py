"""The extension that shows executed notebooks as pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import avl_pages
import nbformat
import pytest
import records
from nbformat import NotebookNode
from sphinx.errors import ExtensionError

from .conftest import code, text
from .test_page_outputs import PLAYER
from .test_records import RECORD

PAGE = "notebooks/a"


@pytest.fixture
def app(tmp_path: Path, notebook: Callable[..., NotebookNode], monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(avl_pages, "REPOSITORY", tmp_path)
    monkeypatch.setenv("AVL_PROFILE", "book")
    (tmp_path / "_toc.yml").write_text(f"root: index\nchapters:\n- file: {PAGE}\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nurls = {Repository = "https://github.com/a/b"}')
    (tmp_path / "index.md").touch()
    source = tmp_path / f"{PAGE}.ipynb"
    source.parent.mkdir()
    nbformat.write(notebook(text("# Title"), code("player")), source)
    env = SimpleNamespace(found_docs={"index", PAGE})
    return SimpleNamespace(env=env, outdir=str(tmp_path / "html"), builder=SimpleNamespace(name="html"))


def _execute(repository: Path, *cells: NotebookNode) -> None:
    executed = records.executed_folder(repository, "book") / f"{PAGE}.ipynb"
    executed.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[text("# Title"), *cells]), executed)
    RECORD.write(executed.with_suffix(".json"))


def _swapped(app: SimpleNamespace, repository: Path, page: str = PAGE) -> str:
    source = [(repository / f"{PAGE}.ipynb").read_text()]
    avl_pages.swap_source(app, page, source)
    return source[0]


def test_executed_notebook_takes_the_place_of_the_clean_one(app: SimpleNamespace, tmp_path: Path) -> None:
    assert "not executed in this build" in _swapped(app, tmp_path)
    _execute(tmp_path, code("player", shows={"text/html": PLAYER}))
    page = _swapped(app, tmp_path)
    assert "_static/media/" in page
    assert "github/a/b/blob/main/notebooks/a.ipynb" in page
    avl_pages.media_folder().mkdir(parents=True, exist_ok=True)
    assert [path.suffix for path in avl_pages.media_folder().iterdir()] == [".wav"]


def test_other_pages_stay(app: SimpleNamespace, tmp_path: Path) -> None:
    assert _swapped(app, tmp_path, "index") == (tmp_path / f"{PAGE}.ipynb").read_text()


def test_page_is_read_again_when_its_run_changed(app: SimpleNamespace, tmp_path: Path) -> None:
    def outdated() -> list[str]:
        return list(avl_pages.changed_pages(app, app.env, set(), set(), set()))

    assert outdated() == [PAGE]
    _swapped(app, tmp_path)
    assert outdated() == []
    _execute(tmp_path, code("1"))
    assert outdated() == [PAGE]
    _swapped(app, tmp_path)
    assert outdated() == []
    RECORD.write(tmp_path / "kept.json")
    kept = records.kept_path(tmp_path, "gpu", PAGE)
    kept.parent.mkdir(parents=True)
    RECORD.write(kept)
    assert outdated() == [PAGE]


def test_output_that_not_everyone_can_see_stops_the_build(app: SimpleNamespace, tmp_path: Path) -> None:
    _execute(tmp_path, code("picture", shows={"image/png": "x"}))
    with pytest.raises(ExtensionError, match="picture"):
        _swapped(app, tmp_path)


def test_lost_page_stops_the_build(app: SimpleNamespace, tmp_path: Path) -> None:
    for name in ("index", PAGE):
        (tmp_path / "html" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "html" / f"{name}.html").touch()
    avl_pages.require_all_pages(app, None)
    (tmp_path / "html" / "index.html").unlink()
    with pytest.raises(ExtensionError, match="without index"):
        avl_pages.require_all_pages(app, None)


def test_missing_javascript_names_the_remedy(app: SimpleNamespace) -> None:
    with pytest.raises(ExtensionError, match="make vendor"):
        avl_pages.add_static_folders(app, SimpleNamespace(html_static_path=[]))
