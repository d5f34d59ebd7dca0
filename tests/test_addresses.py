"""The address of the repository and the version stand in pyproject.toml; whatever repeats them is equal."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import avl_pages
import nbformat
import pytest
import toc
import yaml
from lint_notebooks import SETUP_TAG, setup_cell, template
from parameters import tags

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
ADDRESS = PROJECT["urls"]["Repository"]
ANY_ADDRESS = re.compile(r"https://github\.com/[\w-]+/avlearn\b")
PUBLIC = ("README.md", "CONTRIBUTING.md", "CITATION.cff", "_config.yml", "book/index.md", "book/how_to_use.md")


@pytest.mark.parametrize("name", PUBLIC)
def test_no_file_has_another_address(name: str) -> None:
    found = set(ANY_ADDRESS.findall((REPOSITORY / name).read_text()))
    assert found <= {ADDRESS}


def test_the_files_that_need_the_address_have_it() -> None:
    config = yaml.safe_load((REPOSITORY / "_config.yml").read_text())
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    assert config["repository"] == {"url": ADDRESS, "branch": "main", "path_to_book": ""}
    assert (citation["repository-code"], citation["version"]) == (ADDRESS, PROJECT["version"])
    assert f"git+{ADDRESS}" in (REPOSITORY / "README.md").read_text()


def test_online_edition_is_the_repository_s_own() -> None:
    owner, name = ADDRESS.removeprefix("https://github.com/").split("/")
    assert re.findall(r"https://[\w-]+\.github\.io/[\w/-]*", (REPOSITORY / "README.md").read_text()) == [
        f"https://{owner}.github.io/{name}/"
    ]


def test_setup_cell_installs_the_released_version() -> None:
    assert f"git+{ADDRESS}@v{PROJECT['version']}" in setup_cell()
    cells = [cell for cell in nbformat.read(template(), as_version=4).cells if SETUP_TAG in tags(cell)]
    assert [cell.source for cell in cells] == [setup_cell()]


def test_colab_opens_what_is_in_git() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "notebooks"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if tracked.returncode:
        pytest.skip("not a git checkout")
    missing = [page for page in toc.listed_notebooks() if f"{page}.ipynb" not in tracked.stdout.splitlines()]
    assert not missing, f"add {missing} to git; Colab could not open them"


def test_colab_address() -> None:
    owner_and_name = ADDRESS.removeprefix("https://github.com/")
    expected = f"https://colab.research.google.com/github/{owner_and_name}/blob/main/notebooks/01_a.ipynb"
    assert avl_pages.colab_address("notebooks/01_a") == expected
