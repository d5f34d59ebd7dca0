"""`avlearn localize` and `avlearn separate` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
import torch

from avlearn.cli import main
from avlearn.data import probe, write_video


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second and a half of noise before a wide grey wall."""
    path = tmp_path_factory.mktemp("video") / "wall.mp4"
    draws = torch.Generator().manual_seed(0)
    frames = torch.randint(90, 160, (3, 15, 50, 90), dtype=torch.uint8, generator=draws)
    waveform = torch.rand(24_000, generator=draws) - 0.5
    write_video(path, frames, waveform, frame_rate=10, sample_rate=16_000)
    return path


@pytest.fixture(scope="module")
def unusable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of videos that nothing can be done with."""
    folder = tmp_path_factory.mktemp("unusable")
    grey = torch.full((3, 20, 32, 48), 99, dtype=torch.uint8)
    write_video(folder / "mute.mp4", grey, frame_rate=10)
    write_video(folder / "silent.mp4", grey, torch.zeros(32_000), frame_rate=10, sample_rate=16_000)
    write_video(folder / "short.mkv", grey[:, :2], torch.rand(3200) - 0.5, frame_rate=10, sample_rate=16_000)
    soundfile.write(folder / "blind.wav", torch.rand(16_000).numpy() - 0.5, 16_000)
    (folder / "text.mp4").write_text("no video")
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main([str(word) for word in words])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize("shown", ["attention", "similarity", "clusters"])
def test_localize_writes_a_video_and_tells_of_it(video: Path, tmp_path: Path, capsys, shown: str) -> None:
    out = tmp_path / "overlay.mp4"
    status, said, _ = run(capsys, "localize", video, "--out", out, "--shown", shown, "--json")
    told = json.loads(said.splitlines()[-1])
    assert (status, told["pictures"], told["size"], told["shown"]) == (0, 15, [50, 90], shown)
    info = probe(out)
    assert info.problems == ()
    assert info.duration == pytest.approx(1.5, abs=0.05)


def test_separate_writes_stems_and_tells_of_them(video: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "new" / "parts"
    words = ["--points", "0.25,0.5", "0.8,0.4", "--json"]
    status, said, _ = run(capsys, "separate", video, "--out", out, *words)
    told = json.loads(said.splitlines()[-1])
    assert (status, list(told["sources"])) == (0, ["1", "2"])
    assert told["sources"]["2"]["place"] == pytest.approx([0.8, 0.4])
    assert {path.name for path in out.iterdir()} == {
        "mixture.wav", "rest.wav", "source_1.wav", "source_1.mp4", "source_2.wav", "source_2.mp4",
    }  # fmt: skip


def test_separate_prints_a_table_without_json(video: Path, tmp_path: Path, capsys) -> None:
    status, said, _ = run(capsys, "separate", video, "--out", tmp_path / "parts", "--points", "0.5,0.5")
    assert status == 0
    assert "rest_energy" in said


@pytest.mark.parametrize("command", ["localize", "separate"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mute.mp4", "no sound"),
        ("blind.wav", "no pictures"),
        ("silent.mp4", "silent.mp4 is silent"),
        ("short.mkv", "its sound lasts 0.20 s"),
        ("text.mp4", "no media file"),
        ("none.mp4", "is no file"),
    ],
)
def test_videos_that_cannot_be_used_say_why(unusable: Path, tmp_path: Path, capsys, command, name, said) -> None:
    out = tmp_path / "new.mp4"
    status, printed, err = run(capsys, command, unusable / name, "--out", out)
    assert (status, printed) == (2, "")
    assert said in err
    assert "Traceback" not in err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("localize", "VIDEO", "--out", "a.gif"), "a.gif ends in .gif"),
        (("localize", "VIDEO", "--out", "VIDEO"), "is the video itself"),
        (("localize", "VIDEO", "--out", "nowhere/a.mp4"), "nowhere is no folder"),
        (("localize", "VIDEO", "--out", "a.mp4", "--checkpoint", "separator"), "holds a Separator"),
        (("localize", "VIDEO", "--out", "a.mp4", "--checkpoint", "nowhere"), "no checkpoint 'nowhere'"),
        (("localize", "VIDEO", "--out", "a.mp4", "--rate", "0"), "more than 0"),
        (("localize", "VIDEO", "--out", "a.mp4", "--hottest", "0"), "hottest is 0"),
        (("separate", "VIDEO", "--out", "a", "--checkpoint", "cavl"), "holds a CAVL"),
        (("separate", "VIDEO", "--out", "a", "--points", "left"), "the point 'left' isn't x,y"),
        (("separate", "VIDEO", "--out", "a", "--points", "0.5,2"), "from 0 to 1"),
        (("separate", "VIDEO", "--out", "a", "--most", "0"), "most is 0"),
        (("separate", "VIDEO", "--out", "a", "--points", "0.5,0.5", "--window", "0.01"), "window is 0.01 s"),
    ],
)
def test_mistakes_give_one_line_and_status_two(video: Path, tmp_path, monkeypatch, capsys, words, said) -> None:
    monkeypatch.chdir(tmp_path)
    status, printed, err = run(capsys, *(str(video) if word == "VIDEO" else word for word in words))
    assert (status, printed) == (2, "")
    assert said in err
    assert not list(tmp_path.rglob("*.*"))


def test_a_folder_with_stems_is_left_alone(video: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "source_1.wav").write_text("mine")
    status, _, err = run(capsys, "separate", video, "--out", tmp_path, "--points", "0.5,0.5")
    assert status == 2
    assert "holds source_1.wav already" in err
    assert (tmp_path / "source_1.wav").read_text() == "mine"
