"""What headers tell."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from avlearn.data import probe, write_video
from avlearn.data.probe import MediaInfo

from .conftest import numbered, write_blocks, write_pictures


def _written(path: Path) -> MediaInfo:
    write_video(path, numbered(20), torch.zeros(32_000), frame_rate=10, sample_rate=16_000)
    return probe(path)


@pytest.mark.parametrize(
    ("suffix", "video_codec", "audio_codec"),
    [(".mp4", "h264", "aac"), (".webm", "vp9", "opus"), (".mkv", "ffv1", "pcm_f32le")],
)
def test_what_was_written(tmp_path: Path, suffix: str, video_codec: str, audio_codec: str) -> None:
    info = _written(tmp_path / f"a{suffix}")
    assert info.video is not None
    assert info.audio is not None
    assert (info.video.codec, info.audio.codec) == (video_codec, audio_codec)
    assert (info.video.height, info.video.width, info.video.frame_rate) == (32, 48, pytest.approx(10))
    assert (info.audio.channels, info.audio.layout) == (1, "1 channels" if suffix == ".mkv" else "mono")
    assert info.audio.sample_rate == (48_000 if suffix == ".webm" else 16_000)  # Opus decodes to 48 kHz
    assert info.duration == pytest.approx(2, abs=0.1)
    assert (info.tracks, info.problems) == ((1, 1, 0), ())


def test_nothing_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mp4"
    _written(path)
    content = path.read_bytes()
    begin = content.index(b"mdat")
    # No picture can be decoded any more, and the header still tells all
    path.write_bytes(content[: begin + 4] + bytes(len(content) - begin - 4))
    info = probe(path)
    assert info.video is not None
    assert (info.video.height, info.video.width) == (32, 48)
    assert info.duration == pytest.approx(2, abs=0.1)


def test_turned_and_stretched(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    pictures = [np.zeros((32, 48, 3), np.uint8)] * 2
    write_pictures(
        path, pictures, [0, 0.1], codec="libx264", pixel_format="yuv420p", turn=(90, False), sample_aspect_ratio=2
    )
    info = probe(path)
    assert info.video is not None
    assert (info.video.stored_height, info.video.stored_width) == (32, 48)
    assert (info.video.height, info.video.width) == (96, 32)
    assert info.video.sample_aspect == 2
    assert info.video.orientation.rotation == 270
    assert info.problems == ("the file has no sound in a known codec",)


def test_times_count_from_the_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_pictures(path, [np.zeros((32, 48, 3), np.uint8)] * 11, [3 + k / 10 for k in range(11)])
    info = probe(path)
    assert info.video is not None
    assert info.video.start == pytest.approx(0)
    assert info.duration == pytest.approx(1.0, abs=0.1)


def test_a_song(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_blocks(path, [(0, np.zeros((2, 8000)))], rate=8000, codec="pcm_s16le", layout="stereo")
    info = probe(path)
    assert info.video is None
    assert info.audio is not None
    assert (info.audio.sample_rate, info.audio.channels, info.audio.duration) == (8000, 2, pytest.approx(1))
    assert info.problems == ("the file has no pictures in a known codec",)


def test_what_is_no_media_file_is_a_problem_of_the_result(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("hello")
    info = probe(path)
    assert (info.container, info.duration, info.video, info.audio) == ("", None, None, None)
    assert len(info.problems) == 1
    assert "is no media file" in info.problems[0]


def test_oblique_pictures_are_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_pictures(
        path, [np.zeros((32, 48, 3), np.uint8)] * 2, [0, 0.1], codec="libx264", pixel_format="yuv420p", turn=(30, False)
    )
    assert "only quarter turns are read" in probe(path).problems[0]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is no file"):
        probe(tmp_path / "a.mp4")


def test_other_tracks_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(2)]
        for stream in streams:
            block = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            block.sample_rate, block.pts, block.time_base = 8000, 0, Fraction(1, 8000)
            container.mux([*stream.encode(block), *stream.encode(None)])
    assert probe(path).tracks == (0, 2, 0)
