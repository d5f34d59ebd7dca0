"""Sphinx extension: shows the executed and prepared notebook where the book's source holds the clean one.

Which run is shown tells the environment variable `AVL_PROFILE`. Names of pages stay, sources stay without outputs.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path

import nbformat
import records
import toc
from page_outputs import PageError
from prepare import prepare
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

REPOSITORY = toc.REPOSITORY


def setup(app: Sphinx) -> dict[str, bool]:
    """Entry point of Sphinx."""
    app.connect("config-inited", add_static_folders)
    app.connect("config-inited", tune_theme)
    app.connect("env-get-outdated", changed_pages)
    app.connect("source-read", swap_source)
    app.connect("build-finished", require_all_pages)
    return {"parallel_read_safe": False, "parallel_write_safe": True}


def profile() -> str:
    """The profile whose runs the pages show."""
    return os.environ.get("AVL_PROFILE", "book")


def colab_address(page: str) -> str:
    """Where Google Colab opens the notebook from."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return f"{project['urls']['Repository']}/blob/main/{page}.ipynb".replace(
        "https://github.com", "https://colab.research.google.com/github"
    )


def add_static_folders(app: Sphinx, config: Config) -> None:
    """Vendored files and this run's media become part of the book's static files."""
    vendored = REPOSITORY / "_build" / "static"
    if not (vendored / "vendor" / "VERSIONS").exists():
        raise ExtensionError("the vendored JavaScript is missing; run `make vendor`")
    media = media_folder()
    media.mkdir(parents=True, exist_ok=True)
    config.html_static_path += [str(vendored), str(media.parent)]


def tune_theme(app: Sphinx, config: Config) -> None:
    """Single options of the theme: setting them in `_config.yml` would replace all those of Jupyter Book."""
    config.html_theme_options |= {
        "logo": {"text": config.html_title, "alt_text": f"{config.html_title}, to the first page"},
        "pygments_dark_style": "github-dark",
    }


def media_folder() -> Path:
    """Where sound and video of the pages are written."""
    return records.executed_folder(REPOSITORY, profile()) / "static" / "media"


def changed_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> Iterable[str]:
    """Notebooks whose executed file or measurements are not those that their page was made from."""
    seen: dict[str, str] = getattr(env, "avl_seen", {})
    return [page for page in toc.notebooks(REPOSITORY) if page in env.found_docs and seen.get(page) != _state(page)]


def swap_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give the reader of notebooks the prepared one."""
    if docname not in toc.notebooks(REPOSITORY):
        return
    executed = _executed(docname)
    text = executed.read_text() if executed.exists() else source[0]
    notebook = nbformat.reads(text, as_version=4)
    measured = records.all_records(REPOSITORY, docname)
    try:
        media = prepare(notebook, docname, profile=profile(), measured=measured, colab=colab_address(docname))
    except PageError as error:
        raise ExtensionError(str(error)) from error
    media_folder().mkdir(parents=True, exist_ok=True)
    for name, content in media.items():
        (media_folder() / name).write_bytes(content)
    source[0] = nbformat.writes(notebook)
    _remember(app.env, docname)


def require_all_pages(app: Sphinx, exception: Exception | None) -> None:
    """A book that lost a page is no success, whatever the exit code says."""
    if exception is None and app.builder.name == "html":
        lost = [page for page in toc.pages(REPOSITORY) if not (Path(app.outdir) / f"{page}.html").exists()]
        if lost:
            raise ExtensionError(f"the book was built without {', '.join(lost)}")


def _executed(page: str) -> Path:
    return records.executed_folder(REPOSITORY, profile()) / f"{page}.ipynb"


def _remember(env: BuildEnvironment, page: str) -> None:
    if not hasattr(env, "avl_seen"):
        env.avl_seen = {}
    env.avl_seen[page] = _state(page)


def _state(page: str) -> str:
    executed = _executed(page)
    parts = [executed.read_bytes() if executed.exists() else b"", repr(records.all_records(REPOSITORY, page)).encode()]
    parts += [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(parts)).hexdigest()
