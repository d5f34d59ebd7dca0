"""Vendored files: checked archives, the wanted files and no more."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import vendor


def _package(archive: bytes, **files: str) -> vendor.Package:
    wanted = {"dist/*.woff": "fonts/", "LICENSE": "./", "dist/a.js": "./"}
    return vendor.Package(name="p@1", sha256=hashlib.sha256(archive).hexdigest(), folder="p", files=wanted)


@pytest.fixture
def archive() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name in ("LICENSE", "dist/a.js", "dist/a.js.map", "dist/x.woff", "../evil.js"):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
    return file.getvalue()


@pytest.fixture
def npm(archive: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(command: list[str], cwd: Path, **_: Any) -> subprocess.CompletedProcess[str]:
        (cwd / "p-1.tgz").write_bytes(archive)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(vendor.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(vendor.subprocess, "run", pack)


@pytest.mark.usefixtures("npm")
def test_wanted_files_arrive(archive: bytes, tmp_path: Path) -> None:
    package = _package(archive)
    ((package, path),) = vendor.fetch([package], tmp_path)
    vendor.unpack(path, package, tmp_path / "out")
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert found == ["a.js", "fonts/x.woff"]
    assert (tmp_path / "out" / "LICENSE").read_text() == "LICENSE"


@pytest.mark.usefixtures("npm")
def test_another_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="not the file we know"):
        vendor.fetch([_package(b"something else")], tmp_path)


def test_missing_npm_is_named(archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor.shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match="npm is needed"):
        vendor.fetch([_package(archive)], tmp_path)


def test_nothing_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "VERSIONS").write_text(vendor.versions())
    monkeypatch.setattr(vendor, "fetch", lambda *_: pytest.fail("fetched"))
    vendor.vendor(tmp_path)
    assert "plotly@" in vendor.versions()
