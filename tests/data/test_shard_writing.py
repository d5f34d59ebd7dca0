"""Shards that any reader of WebDataset reads, written once and whole."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import signal
import subprocess
import sys
import tarfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
import webdataset

from avlearn.data.clip_list import ClipList, ClipSpan
from avlearn.data.isolation import Isolated
from avlearn.data.media import MediaBytes
from avlearn.data.shard_index import ShardIndex, ShardSettings
from avlearn.data.shard_writing import _sixteen_bit, _size, encoded, write_shards
from avlearn.data.video import read_clip
from avlearn.data.video_frames import read_frames

pytestmark = pytest.mark.usefixtures("in_process")
SETTINGS = ShardSettings(short_side=32, frame_rate=8.0, clips_per_shard=2)


@pytest.fixture
def clips(shelf: Path) -> ClipList:
    """Five clips of three videos."""
    good, fine = shelf / "good.mp4", shelf / "deep/fine.mkv"
    spans = [ClipSpan(path=good, start=float(start), duration=1.0, label="hum") for start in (0, 1, 2)]
    return ClipList(
        [*spans, ClipSpan(path=fine, start=0.25, duration=1.0), ClipSpan(path=good, start=4.0, duration=1.0)]
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("clips-*.tar")}


def read_by_webdataset(shards: str) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its files to the garbage collector
        with webdataset.WebDataset(shards, shardshuffle=False) as found:
            samples = list(found)
        del found
        gc.collect()
    return samples


def test_webdataset_reads_them(clips: ClipList, tmp_path: Path) -> None:
    index = write_shards(clips, tmp_path, SETTINGS)
    assert [(shard.first, shard.clips, shard.lost) for shard in index.shards] == [(0, 2, ()), (2, 2, ()), (4, 1, ())]
    samples = read_by_webdataset(str(tmp_path / "clips-{000000..000002}.tar"))
    assert [sample["__key__"] for sample in samples] == [f"{number:09}" for number in range(5)]
    for number, (sample, span) in enumerate(zip(samples, clips, strict=True)):
        origin = {"source": str(span.path), "start": span.start, "duration": 1.0, "label": span.label}
        assert json.loads(sample["json"]) == {"number": number, **origin}
        wanted = read_clip(span.path, start=span.start, duration=1.0, frame_rate=8, size=(32, 42), sample_rate=16_000)
        sound, rate = soundfile.read(MediaBytes(sample["flac"], name="sound"), dtype="float32")
        assert rate == 16_000
        assert np.abs(sound - wanted.waveform.numpy()).max() <= 2.0**-16
        frames = read_frames(MediaBytes(sample["mp4"], name="pictures"), start=0, duration=1.0, frame_rate=8).frames
        assert frames.shape == wanted.frames.shape
        assert (frames.float() - wanted.frames.float()).abs().mean() < 2


def test_index_knows_the_files(clips: ClipList, tmp_path: Path) -> None:
    index = write_shards(clips, tmp_path, SETTINGS)
    assert ShardIndex.parse((tmp_path / "index.json").read_text(), place="here") == index
    for shard in index.shards:
        content = (tmp_path / shard.name).read_bytes()
        assert (shard.bytes, shard.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert {path.name for path in tmp_path.iterdir()} == {
        *(shard.name for shard in index.shards), "index.json", "shards.jsonl"
    }  # fmt: skip


def test_bytes_do_not_depend_on_who_writes_when(clips: ClipList, tmp_path: Path) -> None:
    first = write_shards(clips, tmp_path / "a", SETTINGS)
    assert write_shards(clips, tmp_path / "b", SETTINGS, workers=3) == first
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_finished_shards_are_not_written_again(
    clips: ClipList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_shards(clips, tmp_path, SETTINGS)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.tar")}
    (tmp_path / "clips-000001.tar").write_bytes(b"half")
    assert write_shards(clips, tmp_path, SETTINGS) == first
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.tar")}
    assert {name for name in before if before[name] != after[name]} == {"clips-000001.tar"}


KILLED = """
import os, signal, sys
from pathlib import Path
import avlearn.data.isolated_pool
from avlearn.data import ClipList, ShardSettings, write_shards
from avlearn.data.isolation import Isolated
from avlearn.data.shard_writing import encoded

class Here(Isolated):
    written = 0
    def __call__(self, function, *args):
        Here.written += 1
        if Here.written == 4:  # the second clip of the second shard
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args)

avlearn.data.isolated_pool.Isolated = Here
settings = ShardSettings(short_side=32, frame_rate=8.0, clips_per_shard=2)
write_shards(ClipList.read(sys.argv[1]), Path(sys.argv[2]), settings)
"""


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(clips: ClipList, tmp_path: Path) -> None:
    clips.write(tmp_path / "clips.csv")
    out = tmp_path / "shards"
    command = [sys.executable, "-c", KILLED, str(tmp_path / "clips.csv"), str(out)]
    assert subprocess.run(command, timeout=300, check=False).returncode == -signal.SIGKILL
    assert list(contents(out)) == ["clips-000000.tar"]
    assert len(list(out.glob(".clips-000001.*.tar"))) == 1, "the draft that was not finished"
    assert not (out / "index.json").exists()
    written = (out / "clips-000000.tar").stat().st_mtime_ns
    read = ClipList.read(tmp_path / "clips.csv")
    assert write_shards(read, out, SETTINGS) == write_shards(read, tmp_path / "whole", SETTINGS)
    assert contents(out) == contents(tmp_path / "whole")
    assert (out / "clips-000000.tar").stat().st_mtime_ns == written
    assert not list(out.glob(".*"))


def test_a_clip_that_cannot_be_read_is_left_out_and_noted(clips: ClipList, shelf: Path, tmp_path: Path) -> None:
    bad = [ClipSpan(path=shelf / "gone.mp4", duration=1.0), ClipSpan(path=shelf / "broken.mp4", duration=1.0)]
    index = write_shards(ClipList([bad[0], *clips[:2], bad[1]]), tmp_path, SETTINGS)
    assert [[number for number, _ in shard.lost] for shard in index.shards] == [[0], [3]]
    assert "gone.mp4 is no file" in index.shards[0].lost[0][1]
    assert len(index) == 4
    with tarfile.open(tmp_path / "clips-000000.tar") as tar:
        assert {name.partition(".")[0] for name in tar.getnames()} == {"000000001"}
    assert write_shards(ClipList([bad[0], *clips[:2], bad[1]]), tmp_path, SETTINGS) == index


def test_a_full_disk_keeps_what_is_finished(clips: ClipList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [3]

    def call(self: Isolated, function: object, *args: object) -> object:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= 1
        return function(*args)  # type: ignore[operator]

    with monkeypatch.context() as patch:
        patch.setattr("avlearn.data.isolated_pool.Isolated.__call__", call)
        with pytest.raises(OSError, match="No space left on device"):
            write_shards(clips, tmp_path, SETTINGS)
    assert list(contents(tmp_path)) == ["clips-000000.tar"]
    assert not list(tmp_path.glob(".*"))
    assert len(write_shards(clips, tmp_path, SETTINGS)) == 5


def test_other_clips_or_settings_are_refused(clips: ClipList, tmp_path: Path) -> None:
    write_shards(clips[:1], tmp_path, SETTINGS)
    for others in ((clips[:1], ShardSettings()), (clips[1:2], SETTINGS)):
        with pytest.raises(ValueError, match="holds shards of other clips or settings"):
            write_shards(*(others[0], tmp_path, others[1]))
    with pytest.raises(ValueError, match="no clips to write"):
        write_shards(ClipList([]), tmp_path, SETTINGS)


@pytest.mark.parametrize(
    ("short", "size"), [(32, (32, 42)), (34, (34, 44)), (48, (48, 64)), (128, (48, 64)), (2, (2, 2))]
)
def test_pictures_keep_their_shape_and_never_grow(shelf: Path, short: int, size: tuple[int, int]) -> None:
    assert _size(shelf / "good.mp4", ShardSettings(short_side=short)) == size


def test_full_scale_stays_in_sixteen_bit() -> None:
    assert _sixteen_bit(torch.tensor([-1.0, -0.5, 0.0, 0.25 + 2**-17, 1.0])).tolist() == [
        -32768,
        -16384,
        0,
        8192,
        32767,
    ]


def test_an_odd_or_early_span_is_read_as_it_is(shelf: Path) -> None:
    files = encoded(ClipSpan(path=shelf / "good.mp4", start=0.77, duration=0.5), SETTINGS)
    assert set(files) == {"mp4", "flac"}
    assert soundfile.info(MediaBytes(files["flac"], name="sound")).frames == 8000
