"""The commands that the documentation promises exist, and its Python runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avlearn.cli import main

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "book/index.md", "book/how_to_use.md")


def _blocks(document: str, language: str) -> list[str]:
    text = (REPOSITORY / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _commands(pattern: str) -> list[str]:
    found = set()
    for document in DOCUMENTS:
        text = "\n".join(_blocks(document, "bash")) + "\n".join(re.findall(r"`([^`\n]+)`", _prose(document)))
        found |= set(re.findall(pattern, text, re.MULTILINE))
    return sorted(found)


def _prose(document: str) -> str:
    return re.sub(r"^```.*?^```", "", (REPOSITORY / document).read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("target", _commands(r"\bmake ([a-z]+)\b"))
def test_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("command", _commands(r"^avlearn ([a-z]+)\b"))
def test_command_line_has_the_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code in (None, 0), capsys.readouterr().err


@pytest.mark.parametrize("path", _commands(r"((?:\.venv/bin/python )?book/_ext/\w+\.py)"))
def test_script_exists(path: str) -> None:
    assert (REPOSITORY / path.split()[-1]).exists()


def test_python_of_the_readme_runs() -> None:
    code = "\n".join(_blocks("README.md", "python"))
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert "heat_maps" in names
