"""Real clips and files that break naive readers: each is read right, or refused with its reason."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import av
import fuzz_videos
import numpy as np
import pytest

from avlearn.data import MediaError, probe, read_clip, read_frames, read_sound


@dataclass(frozen=True)
class Expected:
    """What `read_clip`, `read_frames` and `read_sound` say of the whole file: remarks, or the reason of a refusal."""

    clip: str = ""
    frames: str = ""
    sound: str = ""


NO_SOUND = "no sound in a known codec"
NO_PICTURES = "no pictures in a known codec"
SILENT = "remark: silent"
BLACK = "remark: black"
LACKS_PICTURES = "remark: pictures_missing"
LACKS_SOUND = "remark: sound_missing"
MUTE = Expected(clip=NO_SOUND, sound=NO_SOUND)
BROKEN = Expected(*["is no media file, or its header is damaged"] * 3)

AWKWARD = {
    "silent_audio_track.webm": Expected(clip=SILENT, sound=SILENT),
    "vfr_rotated180.mp4": Expected(clip=LACKS_SOUND, sound=LACKS_SOUND),  # 0.155 s at its beginning
    "rotated90_noaudio.mp4": MUTE,
    "rotated_surround_1080p.mp4": Expected(clip=LACKS_PICTURES, frames=LACKS_PICTURES),  # they begin 0.083 s late
    "rotate_0.mov": MUTE,
    "rotate_90.mov": MUTE,
    "rotate_180.mov": MUTE,
    "rotate_270.mov": MUTE,
    "very_short_with_audio.mov": Expected(),
    "nonzero_start.mp4": MUTE,
    "no_duration_header.webm": Expected(
        clip=f"{BLACK}, sound_missing, silent", frames=BLACK, sound=f"{LACKS_SOUND}, silent"
    ),
    "no_audio.mp4": MUTE,
    "no_streams.webm": BROKEN,
    "corrupt_middle.mp4": Expected(clip=NO_SOUND, frames="the file is damaged", sound=NO_SOUND),
    "edit_list.mp4": Expected(clip=BLACK, frames=BLACK),
    "theora_silent.ogv": Expected(clip=SILENT, sound=SILENT),
    "mpeg1_mp2.mpg": Expected(),
    "slow_motion_12k.mp4": Expected(),
    "portrait_vfr.mp4": Expected(),
    "truncated_half.webm": Expected(clip=f"{LACKS_PICTURES}, sound_missing", frames=LACKS_PICTURES, sound=LACKS_SOUND),
    "truncated_half.mp4": Expected(clip="the file is damaged", frames="the file is damaged", sound=LACKS_SOUND),
    "truncated_40pct.mp4": BROKEN,
    "bitflipped.webm": Expected(clip=f"{LACKS_PICTURES}, sound_missing", frames=LACKS_PICTURES, sound=LACKS_SOUND),
    "header_zeroed.mp4": BROKEN,
    "empty.mp4": Expected(*["is empty"] * 3),
    "text_not_media.mp4": BROKEN,
    "audio_only.mp4": Expected(clip=NO_PICTURES, frames=NO_PICTURES),
    "video_only.mp4": MUTE,
    "audio_late_1s.mp4": Expected(clip=LACKS_SOUND, sound=LACKS_SOUND),
    "audio_shorter_2s.mp4": Expected(clip=LACKS_SOUND, sound=LACKS_SOUND),
    "very_short_0p3s.webm": Expected(),
    "one_frame.webm": Expected(),
}
"""Of the seconds that the table of the data gives to the pictures, or to the sound if there are none."""
CLIPS = (
    "nasa_telescope.mp4",
    "stream_of_water.mp4",
    "his_girl_friday.mp4",
    "toy_rabbit.webm",
    "toy_crystal.webm",
    "toy_frog.webm",
    "bbb_butterfly.mp4",
    "bbb_bird.mp4",
    "bbb_one_second.webm",
    "clay_branch.mp4",
    "london_rooftops.mp4",
    "sync_bip_flash.webm",
)
TURNED = {"rotated90_noaudio.mp4", "rotated_surround_1080p.mp4", "rotate_90.mov", "rotate_270.mov", "portrait_vfr.mp4"}
PROMISED = {"truncated_half.webm": 7.8, "truncated_half.mp4": 3.0, "bitflipped.webm": 7.8, "corrupt_middle.mp4": 5.0}
"""Seconds that the headers of damaged files promise."""


@pytest.fixture(scope="module")
def videos(real_data: Path) -> Path:
    folder = real_data / "video"
    if not (folder / "index.csv").is_file():
        pytest.skip(f"no real videos in {folder}")
    return folder


@pytest.fixture(scope="module")
def table(videos: Path) -> dict[str, dict[str, str]]:
    with (videos / "index.csv").open() as file:
        return {Path(row["path"]).name: row for row in csv.DictReader(file)}


def _outcome(read: object, path: Path, duration: float, **wanted: object) -> str:
    """Remarks, or the reason of a refusal."""
    try:
        remarks = read(path, start=0, duration=duration, **wanted).remarks  # type: ignore[operator]
    except MediaError as error:
        return str(error)
    return "remark: " + ", ".join(remark.kind for remark in remarks) if remarks else ""


def test_every_file_is_in_the_tables(table: dict[str, dict[str, str]]) -> None:
    assert {name for name, row in table.items() if row["subset"] == "awkward"} == set(AWKWARD)
    assert {name for name, row in table.items() if row["subset"] == "clips"} == set(CLIPS)


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_file_is_read_or_refused_with_its_reason(
    videos: Path, table: dict[str, dict[str, str]], name: str
) -> None:
    row, path, expected = table[name], videos / "awkward" / name, AWKWARD[name]
    duration = PROMISED.get(name) or float(row["video_duration_s"] or row["audio_duration_s"] or 1) or 0.04
    kinds = {
        "clip": _outcome(read_clip, path, duration, frame_rate=25, size=32, sample_rate=16_000),
        "frames": _outcome(read_frames, path, duration, frame_rate=25, size=32),
        "sound": _outcome(read_sound, path, duration, sample_rate=16_000),
    }
    for what, outcome in kinds.items():
        wanted = getattr(expected, what)
        assert outcome == wanted if not wanted or wanted.startswith("remark") else wanted in outcome, (what, outcome)


@pytest.mark.parametrize("name", [name for name in AWKWARD if AWKWARD[name] is not BROKEN and name != "empty.mp4"])
def test_pictures_stand_upright_and_sound_has_its_scale(
    videos: Path, table: dict[str, dict[str, str]], name: str
) -> None:
    row, path = table[name], videos / "awkward" / name
    if row["width"]:
        start = 0.1 if name == "rotated_surround_1080p.mp4" else 0
        frames = read_frames(path, start=start, duration=0.04, frame_rate=25).frames
        info = probe(path).video
        assert info is not None
        assert frames.shape[2:] == (info.height, info.width)
        assert (info.height > info.width) == (name in TURNED or name == "very_short_with_audio.mov")
    if row["has_audio"] == "True" and name != "bitflipped.webm":
        seconds = float(row["audio_duration_s"])
        sound = read_sound(path, start=0, duration=seconds, sample_rate=int(float(row["sample_rate"]))).waveform
        # The table's figures are of all channels; a mean of them is never louder
        assert float(sound.abs().max()) <= float(row["audio_peak"]) + 1e-3
        if row["channels"] == "1":
            assert float(sound.square().mean().sqrt()) == pytest.approx(float(row["audio_rms"]), rel=0.05, abs=1e-5)


@pytest.mark.parametrize("name", CLIPS)
def test_clip_is_read_whole(videos: Path, table: dict[str, dict[str, str]], name: str) -> None:
    row, path = table[name], videos / "clips" / name
    seconds = min(float(row["video_duration_s"]), float(row["audio_duration_s"])) - 0.03
    clip = read_clip(path, start=0, duration=seconds, frame_rate=8, size=32, sample_rate=16_000)
    assert clip.remarks == ()
    assert clip.frames.float().std() > 5
    assert 0.1 * float(row["audio_rms"]) < float(clip.waveform.square().mean().sqrt()) < 1.2 * float(row["audio_rms"])


@pytest.mark.parametrize("name", CLIPS)
def test_every_picture_is_the_one_that_a_plain_loop_finds(videos: Path, name: str) -> None:
    path = videos / "clips" / name
    start = 0.4 if name == "bbb_one_second.webm" else 1.3
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        plain = []
        for frame in container.decode(stream):
            plain.append((float(frame.pts * stream.time_base), frame.to_ndarray(format="gray", width=24, height=24)))
            if plain[-1][0] > start + 1:
                break
    frames = read_frames(path, start=start, duration=0.5, frame_rate=25, size=None).frames
    for k in range(12):
        shown = max(number for number, (time, _) in enumerate(plain) if time <= start + k / 25 + 1e-3)
        mine = frames[:, k].permute(1, 2, 0).contiguous().numpy()
        small = av.VideoFrame.from_ndarray(mine, format="rgb24").to_ndarray(format="gray", width=24, height=24)
        distances = [float(np.abs(small.astype(float) - grey).mean()) for _, grey in plain]
        assert distances[shown] <= min(distances) + 0.35, f"picture {k} is not the one shown at {start + k / 25}"


def test_flash_and_beep_of_the_test_card_fall_together(videos: Path) -> None:
    clip = read_clip(
        videos / "clips" / "sync_bip_flash.webm", start=0, duration=6, frame_rate=100, size=64, sample_rate=8000
    )
    loud = clip.waveform.abs().unfold(0, 80, 80).amax(dim=1).numpy() > 0.3
    beeps = np.flatnonzero(loud[1:] & ~loud[:-1]) / 100
    bright = clip.frames.float().mean(dim=(0, 2, 3)).numpy()
    jumps = np.flatnonzero(np.diff(bright) > 0.3 * np.diff(bright).max()) / 100
    beeps = beeps[beeps > 0.5]  # the first falls on the first picture
    assert len(beeps) >= 4
    assert np.abs(jumps[:, None] - beeps).min(axis=0).max() <= 0.04


def test_damaged_copies_are_read_or_refused(videos: Path) -> None:
    outcomes = list(fuzz_videos.fuzz(videos, cases=60, seed=1, timeout=240))
    assert [outcome for outcome in outcomes if outcome not in ("read", "refused")] == []
    assert {"read", "refused"} == set(outcomes)
