"""The right picture for each moment, upright and undistorted."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import torch

from avlearn.data import read_frames, write_video
from avlearn.data.media import MediaError

from .conftest import numbered, numbers_of, write_pictures

LEVELS = [np.full((32, 48, 3), 20 + 8 * k, np.uint8) for k in range(25)]
RED, GREEN, BLUE, WHITE = (200, 40, 40), (40, 200, 40), (40, 40, 200), (220, 220, 220)


def _shown(times: list[float], moments: list[float]) -> list[int]:
    """Slow reference: the last picture whose time has come."""
    return [max((k for k, time in enumerate(times) if time <= moment + 1e-3), default=0) for moment in moments]


def _corners() -> np.ndarray:
    """A picture of 32 x 48 with red, green, blue and white quarters, read like a page."""
    picture = np.zeros((32, 48, 3), np.uint8)
    for (top, left), colour in zip(((0, 0), (0, 24), (16, 0), (16, 24)), (RED, GREEN, BLUE, WHITE), strict=True):
        picture[top : top + 16, left : left + 24] = colour
    return picture


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".webm"])
@pytest.mark.parametrize(("rate", "wanted"), [(10, 10), (10, 25), (10, 4), (29.97, 8), (25, 29.97)])
def test_the_picture_of_each_moment(tmp_path: Path, suffix: str, rate: float, wanted: float) -> None:
    path = tmp_path / f"a{suffix}"
    write_video(path, numbered(25), frame_rate=rate)
    times = [k / rate for k in range(25)]
    for start in (0.0, 0.13, 0.5):
        duration = 25 / rate - start
        moments = [start + k / wanted for k in range(round(duration * wanted))]
        frames = read_frames(path, start=start, duration=duration, frame_rate=wanted).frames
        assert numbers_of(frames) == _shown(times, moments)


def test_uneven_times(tmp_path: Path) -> None:
    times = [0.0, 0.033, 0.067, 0.4, 0.41, 0.8]
    path = tmp_path / "a.mkv"
    write_pictures(path, LEVELS[:6], times)
    read = read_frames(path, start=0, duration=0.8, frame_rate=30)
    assert numbers_of(read.frames) == _shown(times, [k / 30 for k in range(24)])


def test_one_still_picture_for_a_long_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_video(path, numbered(25), frame_rate=10)
    assert numbers_of(read_frames(path, start=1.2, duration=1, frame_rate=1).frames) == [12]


@pytest.mark.parametrize("turn", [(0, False), (90, False), (180, False), (270, False), (0, True), (90, True)])
def test_pictures_stand_upright(tmp_path: Path, turn: tuple[int, bool]) -> None:
    path = tmp_path / "a.mp4"
    write_pictures(path, [_corners()] * 3, [0, 0.1, 0.2], codec="libx264", pixel_format="yuv444p", turn=turn)
    # Counter-clockwise by so many degrees, then mirrored left to right
    expected = np.rot90(_corners(), turn[0] // 90)
    expected = expected[:, ::-1] if turn[1] else expected
    frames = read_frames(path, start=0, duration=0.3, frame_rate=10).frames
    assert frames.shape == (3, 3, *expected.shape[:2])
    np.testing.assert_allclose(frames[:, 1].permute(1, 2, 0).float(), expected, atol=40)
    assert (frames[:, 1].permute(1, 2, 0).float() - torch.from_numpy(expected.copy())).abs().mean() < 4


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_pictures(
        path,
        [_corners()] * 2,
        [0, 0.1],
        codec="libx264",
        pixel_format="yuv444p",
        options={"crf": "1"},
        sample_aspect_ratio=2,
    )
    frames = read_frames(path, start=0, duration=0.2, frame_rate=10).frames
    assert frames.shape == (3, 2, 32, 96)
    seen = frames[:, 0, 5, [5, 44, 51, 90]].T.float()
    np.testing.assert_allclose(seen, [RED, RED, GREEN, GREEN], atol=8)


def test_size_cuts_the_middle_without_distortion(tmp_path: Path) -> None:
    picture = np.full((40, 80, 3), 250, np.uint8)
    picture[:, 20:60] = 90
    path = tmp_path / "a.mkv"
    write_pictures(path, [picture], [0])
    assert read_frames(path, start=0, duration=0.1, frame_rate=10, size=40).frames.unique().tolist() == [90]
    small = read_frames(path, start=0, duration=0.1, frame_rate=10, size=(10, 20)).frames
    assert small.shape == (3, 1, 10, 20)
    assert small[0, 0, 5].tolist()[:3] == [250, 250, 250]
    assert small[0, 0, 5, 7:13].unique().tolist() == [90]


@pytest.mark.parametrize(("number", "name"), [(1, "BT.709"), (6, "BT.601")])
@pytest.mark.parametrize("size", [None, 24])
def test_colours_follow_the_label(tmp_path: Path, number: int, name: str, size: int | None) -> None:
    # The limited-range values of the reference colours, from the matrices of the two recommendations
    red, blue = {"BT.709": (0.2126, 0.0722), "BT.601": (0.299, 0.114)}[name]
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv444p"
        stream.colorspace, stream.color_range = number, 1
        for k, (r, g, b) in enumerate((RED, GREEN, BLUE, WHITE)):
            luma = red * r + (1 - red - blue) * g + blue * b
            values = (16 + 219 / 255 * luma, 128 + 112 / 255 * (b - luma) / (1 - blue), 0)
            values = (*values[:2], 128 + 112 / 255 * (r - luma) / (1 - red))
            planes = np.stack([np.full((32, 48), round(value), np.uint8) for value in values])
            frame = av.VideoFrame.from_ndarray(planes, format="yuv444p")
            frame.colorspace, frame.color_range, frame.pts = number, 1, k
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    frames = read_frames(path, start=0, duration=0.4, frame_rate=10, size=size).frames.float()
    for k, colour in enumerate((RED, GREEN, BLUE, WHITE)):
        np.testing.assert_allclose(frames[:, k].mean(dim=(1, 2)), colour, atol=1.6)


def test_what_lies_outside_the_track_is_repeated_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_video(path, numbered(10), frame_rate=10)
    read = read_frames(path, start=0.5, duration=1, frame_rate=10)
    assert numbers_of(read.frames) == [5, 6, 7, 8, 9, 9, 9, 9, 9, 9]
    (remark,) = read.remarks
    assert remark.kind == "pictures_missing"
    assert remark.text == "4 of 10 pictures lie after the last one, which ends at 1.000 s; it is repeated"
    with pytest.raises(
        MediaError, match=r"a\.mkv: no pictures in 1\.500 to 2\.000 s: they run from 0\.000 to 1\.000 s"
    ):
        read_frames(path, start=1.5, duration=0.5, frame_rate=10)


def test_a_gap_in_the_track_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuvj444p"
        for k in (0, 1, 2, 20, 21):
            frame = av.VideoFrame.from_ndarray(LEVELS[k], format="rgb24")
            frame.pts = k
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    read = read_frames(path, start=0, duration=1, frame_rate=10)
    assert numbers_of(read.frames) == [0, 1] + 8 * [2]
    assert [remark.kind for remark in read.remarks] == ["pictures_missing"]
    assert read.remarks[0].text == "no pictures between 0.200 and 2.000 s; the one before is repeated"


def test_black_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, torch.zeros(3, 5, 32, 32, dtype=torch.uint8), frame_rate=10)
    (remark,) = read_frames(path, start=0, duration=0.5, frame_rate=10).remarks
    assert (remark.kind, remark.text[:23]) == ("black", "all pictures are black:")


def test_a_track_that_changes_its_size_gives_equal_pictures(tmp_path: Path) -> None:
    halves = [tmp_path / f"{k}.ts" for k in range(2)]
    for k, (half, shape) in enumerate(zip(halves, ((32, 48), (64, 96)), strict=True)):
        pictures = [np.full((*shape, 3), 60 + 90 * k, np.uint8)] * 10
        write_pictures(
            half,
            pictures,
            [k + j / 10 for j in range(10)],
            codec="libx264",
            pixel_format="yuv420p",
            options={"bf": "0"},
        )
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(half.read_bytes() for half in halves))
    frames = read_frames(path, start=0, duration=1.8, frame_rate=10).frames
    assert frames.shape == (3, 18, 32, 48)
    assert abs(float(frames[:, 2].float().mean()) - 60) < 3
    assert abs(float(frames[:, 15].float().mean()) - 150) < 3


@pytest.mark.parametrize("size", [0, (4, 0), -3])
def test_impossible_sizes_are_refused(tmp_path: Path, size: int | tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="size is"):
        read_frames(tmp_path / "a.mkv", start=0, duration=1, frame_rate=8, size=size)


def test_a_file_of_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        block = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        block.sample_rate = 8000
        container.mux([*stream.encode(block), *stream.encode(None)])
    with pytest.raises(MediaError, match="has no pictures in a known codec; read_sound reads its sound"):
        read_frames(path, start=0, duration=0.1, frame_rate=10)
