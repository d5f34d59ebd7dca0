"""The files that say what to install agree with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
KNOWN_TO_BREAK = ("av", "jupyter-book")
"""Libraries whose next major version is another program, or lacks what is used here."""


def _pins() -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in (REPOSITORY / "constraints.txt").read_text().splitlines()]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines if line)}


def _requirements() -> list[Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    found = [Requirement(line) for line in PROJECT["dependencies"] + extras]
    return [requirement for requirement in found if requirement.name != PROJECT["name"]]


@pytest.mark.parametrize("requirement", _requirements(), ids=lambda requirement: requirement.name)
def test_constraints_pin_a_version_that_the_bound_allows(requirement: Requirement) -> None:
    pin = _pins().get(canonicalize_name(requirement.name))
    assert pin, f"{requirement.name} has no pin in constraints.txt"
    assert requirement.specifier.contains(pin, prereleases=True), f"{requirement} doesn't allow {pin}"


@pytest.mark.parametrize("requirement", _requirements(), ids=lambda requirement: requirement.name)
def test_bounds_are_lower_bounds(requirement: Requirement) -> None:
    uppers = [bound for bound in requirement.specifier if bound.operator != ">="]
    assert not uppers or requirement.name in KNOWN_TO_BREAK, f"{requirement} has more than a lower bound"


def test_conda_environment_installs_the_same() -> None:
    environment = yaml.safe_load((REPOSITORY / "environment.yml").read_text())
    *plain, by_pip = environment["dependencies"]
    python = next(entry.partition("=")[2] for entry in plain if entry.startswith("python"))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)
    assert by_pip["pip"] == ["--constraint constraints.txt", "--editable .[dev]"]
    assert {"pip", "make", "nodejs"} <= set(plain)


def test_the_extra_dev_holds_everything() -> None:
    extras = PROJECT["optional-dependencies"]
    assert f"{PROJECT['name']}[book]" in extras["dev"]
    assert f"{PROJECT['name']}[widgets]" in extras["book"]


def test_workflows_name_supported_pythons() -> None:
    for workflow in (REPOSITORY / ".github" / "workflows").glob("*.yml"):
        for version in re.findall(r'python-version: "([\d.]+)"', workflow.read_text()):
            assert SpecifierSet(PROJECT["requires-python"]).contains(version), workflow.name
