"""The runner of all notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import avl_execute
import nbformat
import pytest
from nbformat.v4 import new_notebook
from rich.console import Console

from .conftest import code
from .test_one_run import KERNEL


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "_toc.yml").write_text("root: index\nchapters:\n- file: notebooks/a\n- file: notebooks/b\n")
    (tmp_path / "index.md").touch()
    (tmp_path / "notebooks").mkdir()
    for name in "ab":
        cells = [code('profile = "book"\nseed = 0', "parameters"), code("print(seed)")]
        nbformat.write(new_notebook(cells=cells, metadata=KERNEL), tmp_path / "notebooks" / f"{name}.ipynb")
    return tmp_path


def _todo(repository: Path, **wanted: object) -> list[str]:
    return [job.name for job in avl_execute.jobs(repository, "smoke", wanted, [])]


def test_unknown_notebook_and_parameter_are_named(repository: Path) -> None:
    with pytest.raises(ValueError, match="no notebook c; the book has a, b"):
        list(avl_execute.jobs(repository, "smoke", {}, ["c"]))
    with pytest.raises(ValueError, match=r"no parameter 'sede'.*profile, seed"):
        list(avl_execute.jobs(repository, "smoke", {"sede": 1}, []))


def test_command_line_refuses_what_it_does_not_know(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert avl_execute.main(["--profile", "smoke", "-p", "sede", "1"], repository) == 2
    assert "no parameter 'sede'" in capsys.readouterr().out


def test_each_notebook_runs_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _todo(repository) == ["a", "b"]
    assert avl_execute.main(["--profile", "smoke", "-p", "seed", "3"], repository) == 0
    assert "2 to run" in capsys.readouterr().out
    folder = repository / "_build" / "executed" / "smoke" / "notebooks"
    assert nbformat.read(folder / "a.ipynb", as_version=4).cells[-1].outputs[0].text == "3\n"
    assert json.loads((folder / "b.json").read_text())["parameters"] == {"profile": "smoke", "seed": 3}
    assert _todo(repository, seed=3) == []
    assert _todo(repository, seed=4) == ["a", "b"]
    (folder / "a.ipynb").unlink()
    assert _todo(repository, seed=3) == ["a"]


def test_failures_do_not_stop_the_others(repository: Path) -> None:
    page = repository / "notebooks" / "a.ipynb"
    page.write_text(page.read_text().replace("print(seed)", "1 / 0"))
    todo = list(avl_execute.jobs(repository, "smoke", {}, []))
    failures = avl_execute.run(todo, Console(quiet=True))
    assert [failure.name for failure in failures] == ["a"]
    assert _todo(repository) == ["a"]
