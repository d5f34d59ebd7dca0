"""Clips of videos as scenes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from avlearn.data import ClipFormat, ClipList, ClipSource, ClipSpan, MediaError, VideoClips, WorldSettings, read_clip
from avlearn.data.dataset import TRIES
from avlearn.types import Flaw, SceneSource

from .conftest import numbers_of

FORMAT = ClipFormat(frames=5, frame_rate=5.0, size=16, seconds=1.0, sample_rate=8000)


def spans(path: Path, *starts: float, duration: float = 1.0) -> list[ClipSpan]:
    return [ClipSpan(path=path, start=start, duration=duration) for start in starts]


def test_a_row_is_the_clip_of_its_number(long_video):
    clips = VideoClips(spans(long_video, 0.0, 2.5, 4.0), FORMAT)
    batch = clips.batch([2, 0, 2])
    assert (batch.frames.shape, batch.waveform.shape) == ((3, 3, 5, 16, 16), (3, 8000))
    assert (batch.index.tolist(), batch.flaws.tolist(), batch.truth) == ([2, 0, 2], [0, 0, 0], None)
    assert (batch.frame_rate, batch.sample_rate) == (5.0, 8000)
    # Pictures at 0.1, 0.3, ... of each second, of 25
    assert numbers_of(batch.frames[0]) == [2, 7, 12, 17, 22]
    sound = read_clip(long_video, start=4.0, duration=1.0, frame_rate=5, size=16, sample_rate=8000).waveform
    torch.testing.assert_close(batch.waveform[0], sound, atol=2e-3, rtol=0)
    assert torch.equal(batch.waveform[0], batch.waveform[2])
    alone = clips.batch(torch.tensor([0]))
    assert torch.equal(alone.frames[0], batch.frames[1])


def test_a_still_is_the_picture_in_the_middle(long_video):
    still = ClipFormat(frames=1, frame_rate=1.0, size=16, seconds=1.0, sample_rate=8000)
    frames = VideoClips(spans(long_video, 0.0, 3.2), still).batch([0, 1]).frames
    assert [numbers_of(one) for one in frames] == [[12], [(3 * 25 + 5 + 12) % 25]]


def test_of_a_longer_piece_the_middle_is_taken(long_video):
    longer = VideoClips(spans(long_video, 1.0, duration=3.0), FORMAT).batch([0])
    middle = VideoClips(spans(long_video, 2.0), FORMAT).batch([0])
    assert torch.equal(longer.frames, middle.frames)
    assert torch.equal(longer.waveform, middle.waveform)


def test_pictures_may_end_before_the_sound(long_video):
    quick = ClipFormat(frames=5, frame_rate=25.0, size=16, seconds=1.0, sample_rate=8000)
    batch = VideoClips(spans(long_video, 2.0), quick).batch([0])
    assert numbers_of(batch.frames[0]) == [0, 1, 2, 3, 4]
    assert batch.waveform.shape == (1, 8000)


def test_what_cannot_be_read_is_replaced_and_marked(long_video, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    some = [
        *spans(long_video, 1.0),
        *spans(broken, 0.0),
        *spans(tmp_path / "missing.mp4", 0.0),
        *spans(long_video, 2.0),
        *spans(long_video, 3.0, duration=0.5),
    ]
    clips = VideoClips(some, FORMAT)
    batch = clips.batch([0, 1, 2, 3, 4])
    assert batch.index.tolist() == [0, 3, 3, 3, 0]
    assert batch.flaws.tolist() == [0, Flaw.SKIPPED, Flaw.SKIPPED, 0, Flaw.SKIPPED]
    assert torch.equal(batch.frames[1], batch.frames[3])


def test_silent_black_and_incomplete_clips_are_used_and_marked(tmp_path, long_video):
    from avlearn.data import write_video

    path = tmp_path / "dull.mkv"
    write_video(path, torch.zeros(3, 10, 32, 48, dtype=torch.uint8), torch.zeros(8000), frame_rate=10, sample_rate=8000)
    batch = VideoClips([*spans(path, 0.0), *spans(long_video, 7.5)], FORMAT).batch([0, 1])
    assert batch.index.tolist() == [0, 1]
    assert batch.flaws.tolist() == [Flaw.SILENT | Flaw.BLACK, Flaw.INCOMPLETE]


def test_gives_up_where_nothing_can_be_read(tmp_path, long_video):
    missing = spans(tmp_path / "missing.mp4", *map(float, range(TRIES)))
    clips = VideoClips([*missing, *spans(long_video, 0.0)], FORMAT)
    with pytest.raises(MediaError, match=rf"none of {TRIES} clips from number 0 on .*missing\.mp4.*avlearn prepare"):
        clips.batch([0])
    assert clips.batch([1]).index.tolist() == [TRIES]


def test_is_a_source_of_scenes_with_an_end(long_video):
    clips = VideoClips(ClipList(spans(long_video, 0.0, 1.0)), FORMAT)
    assert isinstance(clips, SceneSource)
    assert isinstance(clips, ClipSource)
    assert (len(clips), clips.fingerprint) == (2, ClipList(spans(long_video, 0.0, 1.0)).fingerprint)


def test_refuses_what_there_is_not(long_video):
    clips = VideoClips(spans(long_video, 0.0), FORMAT)
    for wrong, said in (([1], "there is no clip 1"), ([-1], "index is -1"), ([], "no scenes")):
        with pytest.raises(ValueError, match=said):
            clips.batch(wrong)
    with pytest.raises(ValueError, match="nobody knows the truth"):
        clips.batch([0], truth=True)
    with pytest.raises(ValueError, match="there are no clips"):
        VideoClips([], FORMAT)


def test_the_format_of_a_world():
    settings = WorldSettings(size=64, frames=8, seconds=2.0)
    form = ClipFormat.of(settings, sample_rate=11_025)
    assert form == ClipFormat(frames=8, frame_rate=4.0, size=64, seconds=2.0, sample_rate=11_025)
    assert ClipFormat.of(settings).sample_rate == 16_000


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"frames": 0}, "frames is 0"),
        ({"frame_rate": 0.0}, "frame_rate is 0.0"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"frames": 6}, "6 pictures at 5 a second take longer than the 1 s of sound"),
    ],
)
def test_refuses_formats_that_make_no_sense(changes, said):
    with pytest.raises(ValueError, match=said):
        ClipFormat(**{**vars(FORMAT), **changes})
