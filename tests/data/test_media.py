"""What is opened, what is refused, and where a file's time begins."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from avlearn.data.media import MediaBytes, MediaError, audio_track, first_moment, open_media, video_track

from .conftest import write_blocks, write_pictures

PICTURE = np.full((16, 16, 3), 99, np.uint8)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a\.mp4 is no file"), open_media(tmp_path / "a.mp4"):
        pass


def test_content_in_memory_is_read_like_a_file(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a.mkv", [PICTURE] * 3, [0, 0.1, 0.2])
    content = MediaBytes((tmp_path / "a.mkv").read_bytes(), name="clip 3 of a shard")
    for _ in range(2):  # a second reader begins at the beginning
        with open_media(content) as container:
            assert len(list(container.decode(video=0))) == 3
    for damaged in (b"", b"no video at all"):
        with (
            pytest.raises(MediaError, match="clip 3 of a shard is no media file"),
            open_media(MediaBytes(damaged, name="clip 3 of a shard")),
        ):
            pass


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"no video at all", "is no media file"), (bytes(5000), "is no media file")],
)
def test_what_is_no_media_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=message), open_media(path):
        pass


def test_playlists_open_no_other_file(tmp_path: Path) -> None:
    other, path = tmp_path / "other.ts", tmp_path / "a.mp4"
    write_pictures(other, [PICTURE] * 3, [0, 0.1, 0.2], codec="libx264", pixel_format="yuv420p")
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{other}\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError, match="is no media file"), open_media(path):
        pass


def test_any_name_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "http: 50% ünë.mkv"
    write_pictures(path, [PICTURE], [0])
    with open_media(path) as container:
        assert video_track(container) is not None
        assert audio_track(container) is None


def test_tags_in_another_encoding_are_no_reason_to_fail(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.height = stream.width = 16
        stream.pix_fmt = "yuvj420p"
        container.metadata["title"] = "title__here"
        container.mux([*stream.encode(av.VideoFrame.from_ndarray(PICTURE, format="rgb24")), *stream.encode(None)])
    content = path.read_bytes()
    assert b"title__here" in content
    path.write_bytes(content.replace(b"title__here", b"\xe9\xff\xfe__there"))
    with open_media(path) as container:
        assert video_track(container) is not None


def test_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.height = cover.width = 16
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = container.add_stream("aac", rate=48_000, layout="mono")
        container.mux([*cover.encode(av.VideoFrame.from_ndarray(PICTURE, format="rgb24")), *cover.encode(None)])
        block = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), format="fltp", layout="mono")
        block.sample_rate, block.pts, block.time_base = 48_000, 0, Fraction(1, 48_000)
        container.mux([*sound.encode(block), *sound.encode(None)])
    with open_media(path) as container:
        assert len(container.streams.video) == 1
        assert video_track(container) is None
        assert audio_track(container) is not None


def test_time_begins_with_the_first_track(tmp_path: Path) -> None:
    late, early = tmp_path / "late.mkv", tmp_path / "early.wav"
    write_pictures(late, [PICTURE] * 2, [2.5, 2.6])
    write_blocks(early, [(0, np.zeros((1, 800)))], rate=8000, codec="pcm_s16le")
    with open_media(late) as container:
        assert first_moment(container) == pytest.approx(2.5)
    with open_media(early) as container:
        assert first_moment(container) == 0


def test_decoding_stays_in_one_thread(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_pictures(path, [PICTURE], [0])
    with open_media(path) as container:
        assert container.streams.video[0].codec_context.thread_count == 1


def test_a_track_in_an_unknown_codec_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_pictures(path, [PICTURE], [0])
    content = path.read_bytes()
    assert b"V_FFV1" in content
    path.write_bytes(content.replace(b"V_FFV1", b"V_NONE"))
    with open_media(path) as container:
        assert len(container.streams.video) == 1
        assert video_track(container) is None
