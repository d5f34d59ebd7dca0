"""What a media file holds, and why it could not be used, from its header alone."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from avlearn.data.display_matrix import display_orientations
from avlearn.data.media import MAX_PIXELS, MediaError, audio_track, first_moment, open_media, track_start, video_track
from avlearn.data.orientation import Orientation, shown_size


@dataclass(frozen=True, kw_only=True)
class PictureTrack:
    """What the header says of a track of pictures."""

    codec: str
    width: int
    """As it is shown: upright, in square pixels."""
    height: int
    stored_width: int
    """As it is stored."""
    stored_height: int
    frame_rate: float | None
    """Mean number of pictures a second; None if the header doesn't tell."""
    orientation: Orientation
    """How the stored picture is turned and mirrored to be shown."""
    sample_aspect: Fraction
    """Width of a stored pixel over its height."""
    start: float | None
    """First picture, in seconds from the first moment of the file."""
    duration: float | None
    """Seconds."""


@dataclass(frozen=True, kw_only=True)
class HeardTrack:
    """What the header says of a track of sound."""

    codec: str
    sample_rate: int
    """Hz."""
    channels: int
    layout: str
    """Names of the channels, such as `stereo` or `5.1`."""
    start: float | None
    """First sample, in seconds from the first moment of the file."""
    duration: float | None
    """Seconds."""


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """What the header of a file says."""

    path: Path
    container: str
    """Name of the format, in ffmpeg's words; empty if the file can't be opened."""
    duration: float | None
    """Seconds from the first moment to the end; None if the header doesn't tell."""
    video: PictureTrack | None
    """The track of pictures that is read; None if there is none."""
    audio: HeardTrack | None
    """The track of sound that is read; None if there is none."""
    tracks: tuple[int, int, int]
    """Number of tracks of pictures, of sound, and of other things."""
    problems: tuple[str, ...]
    """Why no clip could be read; empty if, as far as a header tells, one can."""


def probe(path: Path | str) -> MediaInfo:
    """What a media file holds, without decoding it.

    How pictures are turned is known for MP4 and QuickTime files, where phones write it; others are taken as upright. A
    header may promise what the file doesn't hold: only reading shows whether a file was cut or damaged, or is silent.

    Args:
        path: of any file.

    Raises:
        FileNotFoundError: no such file. What is no media file is no error, but a problem of the result.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.mp4"
        ...     _ = path.write_bytes(b"")
        ...     [problem.removeprefix(folder) for problem in probe(path).problems]
        ['/a.mp4 is empty; fetch it again']
    """
    path = Path(path)
    try:
        with open_media(path) as container:
            return _info(path, container)
    except MediaError as error:
        return MediaInfo(
            path=path, container="", duration=None, video=None, audio=None, tracks=(0, 0, 0), problems=(str(error),)
        )


def _info(path: Path, container: InputContainer) -> MediaInfo:
    first = first_moment(container)
    video, audio = video_track(container), audio_track(container)
    problems: list[str] = []
    pictures = None if video is None else _pictures(path, video, first, problems)
    sound = None if audio is None else _sound(audio, first)
    problems += [] if pictures else ["the file has no pictures in a known codec"]
    problems += [] if sound else ["the file has no sound in a known codec"]
    if sound and not (sound.sample_rate and sound.channels):
        problems.append(f"its sound has {sound.sample_rate} Hz and {sound.channels} channels")
    counts = len(container.streams.video), len(container.streams.audio)
    return MediaInfo(
        path=path,
        container=container.format.name,
        duration=_duration(container, first),
        video=pictures,
        audio=sound,
        tracks=(*counts, len(container.streams) - sum(counts)),
        problems=tuple(problems),
    )


def _pictures(path: Path, stream: VideoStream, first: float, problems: list[str]) -> PictureTrack:
    context = stream.codec_context
    try:
        orientation = display_orientations(path).get(stream.index, Orientation())
    except MediaError as error:
        problems.append(str(error))
        orientation = Orientation()
    if not 0 < context.width * context.height <= MAX_PIXELS:
        problems.append(f"its pictures have {context.width} x {context.height} pixels")
    aspect = stream.sample_aspect_ratio or Fraction(1)
    height, width = shown_size(context.width, context.height, sample_aspect=aspect, orientation=orientation)
    return PictureTrack(
        codec=context.name,
        width=width,
        height=height,
        stored_width=context.width,
        stored_height=context.height,
        frame_rate=float(stream.average_rate) if stream.average_rate else None,
        orientation=orientation,
        sample_aspect=aspect,
        **_times(stream, first),
    )


def _sound(stream: AudioStream, first: float) -> HeardTrack:
    context = stream.codec_context
    return HeardTrack(
        codec=context.name,
        sample_rate=context.sample_rate,
        channels=context.layout.nb_channels,
        layout=context.layout.name,
        **_times(stream, first),
    )


def _times(stream: VideoStream | AudioStream, first: float) -> dict[str, float | None]:
    start = track_start(stream)
    duration = None if stream.duration is None or stream.time_base is None else stream.duration * stream.time_base
    return {
        "start": None if start is None else start - first,
        "duration": None if duration is None else float(duration),
    }


def _duration(container: InputContainer, first: float) -> float | None:
    if container.duration is None:
        return None
    if "matroska" in container.format.name:  # counts from 0, wherever the tracks begin
        return container.duration / av.time_base - first
    start = (container.start_time or 0) / av.time_base
    return start + container.duration / av.time_base - first
