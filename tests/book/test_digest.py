"""Fingerprints of runs."""

from __future__ import annotations

from pathlib import Path

import digest
import pytest


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "avlearn").mkdir()
    (tmp_path / "avlearn" / "a.py").write_text("a = 1")
    (tmp_path / "n.ipynb").write_text("{}")
    return tmp_path


def _digest(repository: Path, **parameters: object) -> str:
    digest.library.cache_clear()
    return digest.digest(repository, repository / "n.ipynb", {"profile": "book", **parameters})


def test_equal_inputs_have_equal_fingerprints(repository: Path) -> None:
    first = _digest(repository)
    (repository / "avlearn" / "__pycache__").mkdir()
    (repository / "avlearn" / "__pycache__" / "a.pyc").write_text("compiled")
    assert _digest(repository) == first


def test_every_input_counts(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [_digest(repository), _digest(repository, seed=1)]
    (repository / "avlearn" / "a.py").write_text("a = 2")
    seen.append(_digest(repository))
    (repository / "avlearn" / "b.py").write_text("")
    seen.append(_digest(repository))
    (repository / "n.ipynb").write_text("{ }")
    seen.append(_digest(repository))
    monkeypatch.setattr(digest, "installed", lambda package: "another version")
    seen.append(_digest(repository))
    assert len(set(seen)) == len(seen)


def test_absent_package_has_no_version() -> None:
    assert digest.installed("no-such-package-anywhere") == "absent"
