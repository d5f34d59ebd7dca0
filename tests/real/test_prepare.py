"""`avlearn prepare` on real clips and on files that break naive readers: what becomes of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from avlearn.data import ClipFormat, ClipList, ShardedClips, ShardSettings, VideoClips, write_shards
from avlearn.data.candidates import candidates_of, manifest_of
from avlearn.data.scanning import Scan, scan

SECONDS = 2.0
AWKWARD = {
    "audio_late_1s.mp4": 2,  # from second 1 on
    "audio_shorter_2s.mp4": 1,
    "bitflipped.webm": 1,  # the other two lack pictures
    "mpeg1_mp2.mpg": 2,
    "slow_motion_12k.mp4": 1,
    "truncated_half.webm": 1,
    "audio_only.mp4": "no_pictures",
    "corrupt_middle.mp4": "no_sound",
    "no_audio.mp4": "no_sound",
    "nonzero_start.mp4": "no_sound",
    "rotate_0.mov": "no_sound",
    "rotate_90.mov": "no_sound",
    "rotate_180.mov": "no_sound",
    "rotate_270.mov": "no_sound",
    "rotated90_noaudio.mp4": "no_sound",
    "video_only.mp4": "no_sound",
    "edit_list.mp4": "black",
    "no_duration_header.webm": "black",
    "silent_audio_track.webm": "silent",
    "theora_silent.ogv": "silent",
    "empty.mp4": "broken",
    "header_zeroed.mp4": "broken",
    "no_streams.webm": "broken",
    "text_not_media.mp4": "broken",
    "truncated_40pct.mp4": "broken",
    "vfr_rotated180.mp4": "incomplete",  # 0.155 s of sound
    "one_frame.webm": "too_short",
    "portrait_vfr.mp4": "too_short",
    "rotated_surround_1080p.mp4": "too_short",
    "truncated_half.mp4": "too_short",
    "very_short_0p3s.webm": "too_short",
    "very_short_with_audio.mov": "too_short",
}
"""Number of good clips of 2 s, or why there is none."""
CLIPS = {
    "bbb_bird.mp4": 4,
    "bbb_butterfly.mp4": 5,
    "bbb_one_second.webm": "too_short",
    "clay_branch.mp4": 2,
    "his_girl_friday.mp4": 3,
    "london_rooftops.mp4": 7,
    "nasa_telescope.mp4": 6,
    "stream_of_water.mp4": 1,
    "sync_bip_flash.webm": 3,
    "toy_crystal.webm": 5,
    "toy_frog.webm": 4,
    "toy_rabbit.webm": 3,
}


@pytest.fixture(scope="module")
def found(real_data: Path) -> Scan:
    folder = real_data / "video"
    if not folder.is_dir():
        pytest.skip(f"no real videos in {folder}")
    return scan(candidates_of(manifest_of(folder)), seconds=SECONDS, workers=2)


@pytest.mark.parametrize(("folder", "expected"), [("awkward", AWKWARD), ("clips", CLIPS)])
def test_every_file_gives_clips_or_a_reason(found: Scan, folder: str, expected: dict[str, int | str]) -> None:
    outcomes = {
        one.candidate.path.name: len(one.starts) or one.problems[0].kind
        for one in found.examined
        if one.candidate.label == folder
    }
    assert outcomes == expected
    assert all(problem.reason for one in found.examined for problem in one.problems)


def test_shards_give_the_clips_of_the_list(found: Scan, tmp_path: Path) -> None:
    clips = ClipList([clip for clip in found.clips() if clip.label == "clips"][::6])
    index = write_shards(clips, tmp_path, ShardSettings(short_side=112, clips_per_shard=4), workers=2)
    assert not any(shard.lost for shard in index.shards)
    form = ClipFormat(frames=4, frame_rate=2.0, size=112, seconds=SECONDS, sample_rate=16_000)
    stored, originals = (
        source.batch(range(len(clips))) for source in (ShardedClips(tmp_path, form), VideoClips(clips, form))
    )
    assert (stored.waveform - originals.waveform).abs().max() <= 2.0**-16
    # What H.264 at this quality loses of real pictures that are stored as they are read: 2 to 3 of 255 levels
    assert (stored.frames.float() - originals.frames.float()).abs().mean(dim=(1, 2, 3, 4)).max() < 4
