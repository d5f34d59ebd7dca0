"""`avlearn prepare` as a user types it."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
import torch

from avlearn.cli import main
from avlearn.data import ClipFormat, ClipList, ShardedClips, VideoClips, write_video
from avlearn.data.isolation import Isolated

FORMAT = ClipFormat(frames=2, frame_rate=4.0, size=16, seconds=0.5, sample_rate=16_000)


class InProcess(Isolated):
    def __call__(self, function, *args, **kwargs):
        return function(*args, **kwargs)


@pytest.fixture
def in_process(monkeypatch):
    monkeypatch.setattr("avlearn.data.isolated_pool.Isolated", InProcess)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Three videos of 2.2 s, of which the last is silent, a text and an empty file."""
    folder = tmp_path_factory.mktemp("videos")
    pictures = (torch.arange(18) * 10).to(torch.uint8)[None, :, None, None].expand(3, -1, 32, 48).contiguous()
    for name, loudness in (("a", 0.3), ("b", 0.2), ("c", 0.0)):
        sound = loudness * torch.sin(torch.arange(35_200) / 4)
        write_video(folder / f"{name}.mp4", pictures, sound, frame_rate=8, sample_rate=16_000)
    (folder / "d.mp4").write_text("no video at all")
    (folder / "e.mp4").touch()
    return folder


def run(capsys, *words):
    status = main(["prepare", *map(str, words)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.usefixtures("in_process")
def test_lists_problems_and_shards(videos, tmp_path, capsys):
    out = tmp_path / "prepared"
    words = [videos, "--out", out, "--seconds", "1", "--shards", "--short-side", "32", "--frame-rate", "8", "--json"]
    status, said, _ = run(capsys, *words, "--clips-per-shard", "3")
    report = json.loads(said.splitlines()[-1])
    assert status == 0
    assert (report["listed"], report["good"], report["broken"], report["silent"], report["clips"]) == (5, 2, 2, 1, 4)
    assert report["shards"] | {"bytes": 0} == {"files": 2, "bytes": 0, "clips": 4, "lost": 0}
    assert json.loads((out / "report.json").read_text()) == report
    with (out / "problems.csv").open() as file:
        assert [row["kind"] for row in csv.DictReader(file)] == ["silent", "broken", "broken"]
    listed = VideoClips(ClipList.read(out / "clips.csv"), FORMAT).batch(range(4))
    stored = ShardedClips(out / "shards", FORMAT).batch(range(4))
    assert (stored.waveform - listed.waveform).abs().max() <= 2.0**-16
    assert (stored.frames.float() - listed.frames.float()).abs().mean() < 2
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.tar")}
    status, said, _ = run(capsys, *words, "--clips-per-shard", "3")
    assert (status, json.loads(said.splitlines()[-1])) == (0, report)
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.tar")}, "all was done"


def test_in_helper_processes_a_table(videos, tmp_path, capsys):
    status, said, _ = run(capsys, videos, "--out", tmp_path, "--seconds", "2", "--workers", "2")
    assert status == 0
    assert "too_short" in said
    assert len(ClipList.read(tmp_path / "clips.csv")) == 2


@pytest.mark.usefixtures("in_process")
def test_a_csv_file_of_pieces(videos, tmp_path, capsys):
    (tmp_path / "list.csv").write_text(f"path,start,end,label\n{videos}/a.mp4,0.5,2.0,hum\ngone.mp4,,,\n")
    words = [tmp_path / "list.csv", "--out", tmp_path / "out", "--seconds", "1", "--every", "0.5", "--json"]
    status, said, _ = run(capsys, *words)
    assert status == 0
    assert json.loads(said.splitlines()[-1])["missing"] == 1
    found = ClipList.read(tmp_path / "out" / "clips.csv")
    assert [(clip.start, clip.duration, clip.label) for clip in found] == [(0.5, 1.0, "hum"), (1.0, 1.0, "hum")]


@pytest.mark.usefixtures("in_process")
def test_a_data_set_tells_what_is_missing(made, videos, tmp_path, capsys):
    folder = made.ucf101(tmp_path / "ucf101", videos=False)
    place = folder / "UCF-101" / "Archery"
    place.mkdir(parents=True)
    shutil.copy(videos / "a.mp4", place / "v_Archery_g02_c01.avi")
    words = [folder, "--data-set", "ucf101", "--out", tmp_path / "out", "--seconds", "1", "--json"]
    status, said, _ = run(capsys, *words)
    report = json.loads(said.splitlines()[-1])
    assert status == 0
    assert (report["listed"], report["missing"], report["data_set"]["missing"]) == (8, 7, 7)
    assert report["data_set"]["missing_by_class"] == {"Archery": 3, "Bowling": 4}
    assert ClipList.read(tmp_path / "out" / "clips.csv").labels == ("Archery",)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere is neither a folder nor a file"),
        (["{videos}", "--seconds", "0"], "seconds is 0.0"),
        (["{videos}", "--seconds", "5"], "none of 5 videos has a good clip of 5 s"),
        (["{videos}", "--short-side", "33"], "short_side is 33"),
        (["{videos}", "--workers", "0"], "workers is 0"),
        (["{videos}", "--data-set", "ucf"], "unknown data set 'ucf'"),
    ],
)
def test_mistakes_end_with_one_line_and_status_2(videos, tmp_path, capsys, words, message):
    given = [word.format(videos=videos) for word in words]
    status, said, complained = run(capsys, *given, "--out", tmp_path / "out")
    assert (status, said) == (2, "")
    assert message in complained
    assert len(complained.splitlines()) == 1


@pytest.mark.usefixtures("in_process")
def test_other_shards_in_the_folder_are_left_alone(videos, tmp_path, capsys):
    words = [videos, "--out", tmp_path, "--seconds", "2", "--shards"]
    assert run(capsys, *words)[0] == 0
    status, _, complained = run(capsys, *words, "--short-side", "16")
    assert status == 2
    assert "holds shards of other clips or settings" in complained


@pytest.mark.usefixtures("in_process")
def test_a_full_disk_says_what_to_do(videos, tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("avlearn.data.shard_writing.sha256_of", full)
        status, _, complained = run(capsys, videos, "--out", tmp_path, "--seconds", "2", "--shards")
    assert status == 2
    assert "No space left on device" in complained
    assert f"what is done is kept in {tmp_path}" in complained
    assert len(complained.splitlines()) == 1
    assert run(capsys, videos, "--out", tmp_path, "--seconds", "2", "--shards")[0] == 0


@pytest.mark.usefixtures("in_process")
def test_a_recipe_trains_on_what_was_prepared(videos, tmp_path, capsys):
    words = [videos, "--out", tmp_path, "--seconds", "1", "--every", "0.2", "--clips-per-shard", "5", "--shards"]
    assert run(capsys, *words)[0] == 0
    train = ["train", "max_pool", "--profile", "smoke", "--device", "cpu", "--out", str(tmp_path / "run"), "--json"]
    assert main([*train, "--data", str(tmp_path / "shards")]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["steps"], result["data/clips"]) == (12, 14)


def test_who_interrupts_is_told_how_to_go_on(videos, tmp_path, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "__call__", interrupted)
        patch.setattr("avlearn.data.isolated_pool.Isolated", InProcess)
        status, said, complained = run(capsys, videos, "--out", tmp_path)
    assert (status, said) == (130, "")
    assert "stopped; what was done is kept, and the same command goes on from there" in complained


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["prepare", "--help"])
    assert "avlearn prepare videos --out prepared" in " ".join(capsys.readouterr().out.split())
