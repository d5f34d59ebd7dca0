"""What is wrong with clips, looked at together or one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from avlearn.data import faults, write_video
from avlearn.data.extent import Extent
from avlearn.data.faults import clip_faults, stretches, usable_extent
from avlearn.data.video import Clip, read_clip

from .conftest import drifting, humming


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("no_sound.mp4", "no_sound"),
        ("no_pictures.mkv", "no_pictures"),
        ("broken.mp4", "broken"),
        ("empty.mp4", "broken"),
    ],
)
def test_files_without_an_extent(shelf: Path, name: str, kind: str) -> None:
    found = usable_extent(shelf / name)
    assert not isinstance(found, Extent)
    assert found[0] == kind
    assert name in found[1]


def test_files_with_an_extent(shelf: Path) -> None:
    assert usable_extent(shelf / "deep/fine.mkv") == Extent(start=0.0, end=2.0)
    with pytest.raises(FileNotFoundError):
        usable_extent(shelf / "gone.mp4")


@pytest.mark.parametrize("seconds", [0.7, 3.0, 10.0, 25.0])
def test_stretches_hold_every_clip_once_and_end_in_time(seconds: float) -> None:
    starts = [0.5 + 0.9 * k for k in range(60)]
    groups = stretches(starts, seconds)
    assert [start for group in groups for start in group] == starts
    assert all(len(group) == 1 or group[-1] + seconds - group[0] <= faults.STRETCH for group in groups)
    assert seconds > 9 or len(groups) < 10


@pytest.fixture(scope="module")
def patchy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seconds 1 and 4 are silent, second 3 is black, the others are good."""
    path = tmp_path_factory.mktemp("patchy") / "patchy.mkv"
    frames, sound = drifting(6, seed=1), humming(6, seed=1)
    frames[:, 24:32] = 0
    for second in (1, 4):
        sound[16_000 * second : 16_000 * (second + 1)] = 0
    write_video(path, frames, sound, frame_rate=8, sample_rate=16_000)
    return path


def test_a_stretch_is_read_once_and_what_is_suspect_again(patchy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[float, float]] = []

    def counted(path: Path, *, start: float, duration: float, **wanted: float) -> Clip:
        read.append((start, duration))
        return read_clip(path, start=start, duration=duration, **wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(faults, "read_clip", counted)
    found = clip_faults(patchy, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 1.0)
    assert [fault and fault[0] for fault in found] == [None, "silent", None, "black", "silent", None]
    assert "3.000 to 4.000 s: all pictures are black" in found[3][1]  # type: ignore[index]
    assert read == [(0.0, 6.0), (1.0, 1.0), (3.0, 1.0), (4.0, 1.0)]


@pytest.mark.parametrize("name", ["patchy", "good.mp4", "silent.mp4", "black.mp4", "partly.mkv", "cut"])
def test_together_or_one_by_one_is_the_same(shelf: Path, patchy: Path, tmp_path: Path, name: str) -> None:
    path = patchy if name == "patchy" else shelf / name
    if name == "cut":
        path = tmp_path / "cut.mkv"
        path.write_bytes(patchy.read_bytes()[: patchy.stat().st_size // 2])
    starts = [0.3 * k for k in range(8)]
    assert clip_faults(path, starts, 0.8) == [clip_faults(path, [start], 0.8)[0] for start in starts]


def test_sound_and_pictures_that_end_too_early_are_incomplete(tmp_path: Path) -> None:
    path = tmp_path / "short.mkv"
    write_video(path, drifting(3, seed=1), humming(1.5, seed=1), frame_rate=8, sample_rate=16_000)
    found = clip_faults(path, [0.0, 1.0, 2.0], 1.0)
    assert [fault and fault[0] for fault in found] == [None, "incomplete", "broken"]


def test_very_short_clips_have_a_picture(shelf: Path) -> None:
    assert clip_faults(shelf / "good.mp4", [0.5], 0.05) == [None]


def test_thresholds_are_those_of_a_clip(patchy: Path) -> None:
    clip = read_clip(patchy, start=0, duration=6, frame_rate=4, size=64, sample_rate=16_000)
    quiet = torch.zeros_like(clip.waveform)
    silent = Clip(**{**vars(clip), "waveform": quiet + faults.SILENCE})
    heard = Clip(**{**vars(clip), "waveform": quiet + 1.5 * faults.SILENCE})
    assert faults._is_dull(silent, 0.0, 1.0)
    assert not faults._is_dull(heard, 0.0, 1.0)
