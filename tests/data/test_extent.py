"""When a video has both pictures and sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from avlearn.data.extent import Extent, _common, _Reach, extent
from avlearn.data.media import MediaError


@pytest.mark.parametrize(("name", "end"), [("good.mp4", 5.375), ("deep/fine.mkv", 2.0), ("too_short.mp4", 0.5)])
def test_ends_with_the_shorter_track(shelf: Path, name: str, end: float) -> None:
    found = extent(shelf / name)
    assert found.start == pytest.approx(0, abs=0.001)
    assert found.end == pytest.approx(end, abs=0.065)  # AAC's blocks of 1024 samples at 16 kHz are 64 ms long


def test_begins_with_the_later_track(tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as container:
        video, audio = (
            container.add_stream("ffv1", rate=10),
            container.add_stream("pcm_s16le", rate=8000, layout="mono"),
        )
        video.height, video.width, video.pix_fmt = 32, 32, "bgr0"
        for k in range(30):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 8 * k, np.uint8), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, 10)
            container.mux(video.encode(frame))
        sound = av.AudioFrame.from_ndarray(np.full((1, 8000), 1000, np.int16), format="s16", layout="mono")
        sound.sample_rate, sound.pts = 8000, 8000
        container.mux([*audio.encode(sound), *video.encode(None), *audio.encode(None)])
    found = extent(path)
    assert (found.start, found.end) == pytest.approx((1.0, 2.0), abs=0.002)


def test_what_a_cut_file_still_holds(shelf: Path, tmp_path: Path) -> None:
    whole = (shelf / "partly.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    assert 1 < extent(tmp_path / "cut.mkv").end < 2.5 < extent(shelf / "partly.mkv").end


def test_without_one_of_the_tracks(shelf: Path) -> None:
    with pytest.raises(MediaError, match="has no sound"):
        extent(shelf / "no_sound.mp4")
    with pytest.raises(MediaError, match="has no pictures"):
        extent(shelf / "no_pictures.mkv")
    with pytest.raises(FileNotFoundError):
        extent(shelf / "missing.mp4")


def test_time_stamps_that_cannot_be_are_refused() -> None:
    honest, flipped = _Reach(begin=1.0, end=11.0, lasting=10.0), _Reach(begin=0.0, end=4e6, lasting=10.0)
    assert _common("a", [honest, flipped], 1.0) == Extent(start=0.0, end=10.0)
    with pytest.raises(MediaError, match=r"packets of 10\.0 s are dated over 4000000\.0 s"):
        _common("a", [flipped, flipped], 0.0)


def test_tracks_that_never_meet_have_no_length() -> None:
    sound, pictures = _Reach(begin=0.0, end=1.0, lasting=1.0), _Reach(begin=2.0, end=3.0, lasting=1.0)
    assert _common("a", [sound, pictures], 0.0) == Extent(start=2.0, end=2.0)


def test_no_packets_are_no_extent() -> None:
    with pytest.raises(MediaError, match="holds no pictures or no sound"):
        _common("a", [_Reach(), _Reach(begin=0.0, end=1.0, lasting=1.0)], 0.0)
