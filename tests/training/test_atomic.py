import errno
import os
import subprocess
from pathlib import Path

import pytest

from avlearn.training.atomic import remove_drafts, write_atomically


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "a.bin"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_data_reaches_the_disk_before_the_name(tmp_path, monkeypatch):
    events = []
    sync, rename = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (events.append("sync"), sync(descriptor)))
    monkeypatch.setattr(Path, "replace", lambda self, target: (events.append("rename"), rename(self, target))[1])
    write_atomically(tmp_path / "a.bin", b"data")
    assert events == ["sync", "rename", "sync"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_full_disk_leaves_the_old_file(tmp_path, monkeypatch, broken):
    path = tmp_path / "a.bin"
    write_atomically(path, b"old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if broken == "fsync" else (Path, "replace")), fail)
    with pytest.raises(OSError, match=r"could not save a\.bin \(0\.0 MB\) in .*: No space left.*make room") as caught:
        write_atomically(path, b"new")
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk needs root on Linux")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk):
    path = small_disk / "a.bin"
    write_atomically(path, b"old" * 1000)
    with pytest.raises(OSError, match=r"No space left on device; make room") as caught:
        write_atomically(path, bytes(100_000))
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old" * 1000
    assert [entry.name for entry in small_disk.iterdir()] == ["a.bin"]


def test_only_drafts_are_removed(tmp_path):
    for name in (".state.pt.123", ".card.json.7", ".hidden", "state.pt", "log.1", "..1"):
        (tmp_path / name).touch()
    remove_drafts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".hidden", "state.pt", "log.1", "..1"}
