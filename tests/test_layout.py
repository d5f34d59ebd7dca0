"""The tests mirror the source: who knows a file finds its test, and no test outlives its file."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
MIRRORED = {"avlearn": REPOSITORY / "tests", "book/_ext": REPOSITORY / "tests" / "book"}
FREE_FOLDERS = {"real", "benchmarks", "notebooks", "distributed"}
"""Folders of tests about more than one file."""
FREE_TESTS = {
    "book/test_api.py",
    "test_layout.py",
    "test_environment.py",
    "test_addresses.py",
    "test_hubconf.py",
    "test_readme.py",
    "book/test_browser.py",
    "book/test_html.py",
}
"""Tests about the project as a whole."""


def _tests_of(source: str) -> dict[Path, Path]:
    folder = REPOSITORY / source
    files = [path for path in folder.rglob("*.py") if path.name != "__init__.py" and "__pycache__" not in path.parts]
    return {
        path: MIRRORED[source] / path.relative_to(folder).parent / f"test_{path.name.lstrip('_')}" for path in files
    }


@pytest.mark.parametrize("source", MIRRORED)
def test_every_source_file_has_its_test(source: str) -> None:
    missing = [str(path.relative_to(REPOSITORY)) for path, test in _tests_of(source).items() if not test.exists()]
    assert not missing, f"write tests for {missing}"


def test_every_test_has_its_source_file() -> None:
    known = {test for source in MIRRORED for test in _tests_of(source).values()}
    known |= {REPOSITORY / "tests" / name for name in FREE_TESTS}
    found = {
        path
        for path in (REPOSITORY / "tests").rglob("test_*.py")
        if not FREE_FOLDERS & set(path.relative_to(REPOSITORY / "tests").parts)
    }
    strays = sorted(str(path.relative_to(REPOSITORY)) for path in found - known)
    assert not strays, f"these test no file of that name: {strays}"
