"""Opening a media file: which tracks are read, where its time begins, and one clear error for all that may fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar, cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

FORMATS = (
    "mov,mp4,m4a,3gp,matroska,webm,avi,ogg,mpeg,mpegts,flv,asf,mpegvideo,m4v,h264,hevc,"
    "nut,mxf,wav,flac,mp3,aac,ac3,amr,aiff,w64,caf"
)
"""Containers that are opened, by the names of ffmpeg. Playlists are none of them: they would open other files."""
MAX_PIXELS = 2**26
"""Pictures with more pixels than this (8192 x 8192) are refused: a damaged header may ask for any size."""

Stream = TypeVar("Stream", VideoStream, AudioStream)


class MediaError(ValueError):
    """A file, or the span that is asked for, can't be read. The message names the file and the reason."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something that a reader should know of what was read."""

    kind: Literal["pictures_missing", "sound_missing", "black", "silent"]
    """What to count it as."""
    text: str
    """The same in words, with numbers."""


class MediaBytes(BytesIO):
    """The content of a media file in memory, with the name by which messages call it."""

    def __init__(self, content: bytes, *, name: str) -> None:
        super().__init__(content)
        self.name = name

    def __str__(self) -> str:
        return str(self.name)


MediaFile: TypeAlias = Path | str | MediaBytes
"""A media file by its path, or what it holds."""


@contextmanager
def open_media(file: MediaFile) -> Iterator[InputContainer]:
    """An open media file, whose tracks are decoded in this thread alone.

    Raises:
        FileNotFoundError: there is no such file.
        MediaError: it is no media file, or damaged from its start.
    """
    place = _place(file)
    try:
        # Tags in other encodings are no reason to fail
        container = av.open(
            place,
            mode="r",
            metadata_errors="replace",
            container_options={"format_whitelist": FORMATS, "protocol_whitelist": "file"},
        )
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise MediaError(f"{file} is no media file, or its header is damaged ({reason(error)})") from error
    with container:
        for stream in (*container.streams.video, *container.streams.audio):
            if stream.codec_context is not None:
                stream.codec_context.thread_count = 1
        if (pictures := video_track(container)) is not None:
            pictures.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        yield container


def video_track(container: InputContainer) -> VideoStream | None:
    """The first track of pictures in a known codec, or None. A cover, as music files have one, is none."""
    return _first([stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic])


def audio_track(container: InputContainer) -> AudioStream | None:
    """The first track of sound in a known codec, or None."""
    return _first(list(container.streams.audio))


def first_moment(container: InputContainer) -> float:
    """Time stamp, in seconds, of what this library calls the file's second 0: the first picture or the first sound.

    What lies before the container's own 0 is what a player doesn't show, such as the run-up of a sound codec.
    """
    tracks = (video_track(container), audio_track(container))
    starts = [start for track in tracks if track is not None and (start := track_start(track)) is not None]
    return max(0.0, min(starts, default=0.0))


def track_start(track: VideoStream | AudioStream) -> float | None:
    """First time stamp of a track by the header, in seconds; None if the header doesn't tell."""
    if track.start_time is None or track.time_base is None:
        return None
    return float(track.start_time * track.time_base)


def reason(error: BaseException) -> str:
    """What went wrong, in ffmpeg's words, without its numbers and names of functions."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _place(file: MediaFile) -> str | MediaBytes:
    if isinstance(file, MediaBytes):
        file.seek(0)
        return file
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file; give the path of a video")
    if path.stat().st_size == 0:
        raise MediaError(f"{path} is empty; fetch it again")
    # "file:" keeps a colon in the name from being read as a protocol
    return f"file:{path}"


def _first(tracks: list[Stream]) -> Stream | None:
    # Where the codec is unknown PyAV gives None, whatever its types say
    known = [track for track in tracks if cast("object", track.codec_context) is not None]
    return known[0] if known else None
