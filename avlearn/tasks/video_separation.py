"""A video taken apart: a sound file and a video for each of its sources."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from avlearn.data.drafts import draft
from avlearn.data.encodings import ENCODINGS
from avlearn.data.probe import PictureTrack, probe
from avlearn.data.video_streams import stream_frames, stream_sound
from avlearn.data.video_writing import stream_video
from avlearn.models import Separator, VisualCentre
from avlearn.tasks.moments import Pace, picture_track
from avlearn.tasks.overlay import written_rate, written_size
from avlearn.tasks.stems import WINDOW, stream_parts
from avlearn.tasks.visual_sources import VisualSource, find_sources, sources_at
from avlearn.viz.overlays import paint_ring
from avlearn.viz.palette import SERIES, cycle

Progress = Callable[[float], None]
"""Is told what share of the work is done, 0 to 1."""
_SUFFIX = ".mp4"


@dataclass(frozen=True, kw_only=True)
class Stem:
    """A source of a video."""

    sound: str
    """Its sound file."""
    video: str
    """The video with its sound alone and a ring about it."""
    energy: float
    """Its energy over that of the mixture."""
    seen: float
    """Share of the moments at which it is seen."""
    place: tuple[float, float]
    """Where it is on average, x and y as fractions of the picture."""


@dataclass(frozen=True, kw_only=True)
class SeparatedVideo:
    """What was written."""

    mixture: str
    """Sound file of what the separator heard."""
    rest: str
    """Sound file of what no source asked for. Together with the stems it is the mixture."""
    rest_energy: float
    """Its energy over that of the mixture."""
    sample_rate: int
    """Hz of all sound files: the separator's."""
    seconds: float
    """Length of the sound."""
    sources: tuple[Stem, ...]
    """The clearest first, or as asked for."""


def separate_video(
    separator: Separator,
    video: Path | str,
    out: Path | str,
    *,
    points: Sequence[tuple[float | int, float | int]] = (),
    most: int = 4,
    pace: Pace | None = None,
    window: float | int = WINDOW,
    progress: Progress | None = None,
) -> SeparatedVideo:
    """A stem for each source of a video, and the rest.

    In the folder there are then `source_1.wav`, `source_1.mp4` and so on, `rest.wav` and `mixture.wav`. Sound files are
    mono at the separator's rate; a video has its stem for its sound and a ring about the source, where it is seen. Each
    file appears when it is whole. But for some kilobytes a second nothing of the video is held in memory.

    Args:
        separator: its query is a `VisualCentre`.
        video: a file with pictures and sound.
        out: folder; made where it is missing.
        points: where the sources are, x to the right and y down, as fractions of the picture; none lets the localizer
            look for them.
        most: sources at most that are looked for.
        pace: how often one looks.
        window: seconds of sound that are taken apart at once.
        progress: is told what share of the work is done.

    Raises:
        FileNotFoundError: no such file.
        MediaError: a video without pictures or sound, one that is damaged, silent or too short, or in which nothing is
            seen to sound.
        ValueError: a folder that holds stems already, another query than a `VisualCentre`, points outside of the
            picture, or settings that make no sense.
        OSError: the folder can't be written.

    Example:
        >>> import tempfile
        >>> from avlearn.data import write_video
        >>> from avlearn.models import DCC, DCCConfig, SeparatorConfig
        >>> separator = Separator(SeparatorConfig(levels=2, width=2), VisualCentre(DCC(DCCConfig())))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     pictures, noise = torch.zeros(3, 8, 32, 48, dtype=torch.uint8), torch.rand(16_000) - 0.5
        ...     write_video(Path(folder) / "noise.mp4", pictures, noise, frame_rate=8, sample_rate=16_000)
        ...     _ = separate_video(separator, Path(folder) / "noise.mp4", Path(folder) / "parts", points=[(0.3, 0.5)])
        ...     sorted(path.name for path in (Path(folder) / "parts").iterdir())
        ['mixture.wav', 'rest.wav', 'source_1.mp4', 'source_1.wav']
    """
    out = Path(out)
    _check(separator, out)
    assert isinstance(separator.query, VisualCentre)
    pictures = picture_track(video)
    duration = probe(video).duration or 0.0

    def told(first: float, last: float) -> Callable[[float], None]:
        return lambda time: _tell(progress, first, last, time, duration)

    if points:
        found = sources_at(separator.query, video, points, pace=pace, told=told(0.0, 0.2))
    else:
        found = find_sources(separator.query, video, most=most, pace=pace, told=told(0.0, 0.2))
    out.mkdir(parents=True, exist_ok=True)
    sounds = [out / f"source_{number}.wav" for number in range(1, len(found) + 1)]
    others = [out / "rest.wav", out / "mixture.wav"]
    queries = torch.stack([source.query for source in found])
    energies, samples = _write_sounds(separator, video, queries, [*sounds, *others], window, told(0.2, 0.4))
    for number, (source, sound) in enumerate(zip(found, sounds, strict=True)):
        first = 0.4 + 0.6 * number / len(found)
        marked = _Marked(source, cycle(SERIES, number), written_rate(pictures), told(first, first + 0.6 / len(found)))
        _write_video(video, sound, marked, pictures)
    return SeparatedVideo(
        mixture=str(others[1]),
        rest=str(others[0]),
        rest_energy=energies[-2],
        sample_rate=separator.stft.sample_rate,
        seconds=samples / separator.stft.sample_rate,
        sources=tuple(
            Stem(
                sound=str(sound),
                video=str(sound.with_suffix(_SUFFIX)),
                energy=energy,
                seen=source.seen,
                place=_mean_place(source),
            )
            for source, sound, energy in zip(found, sounds, energies[:-2], strict=True)
        ),
    )


def _check(separator: Separator, out: Path) -> None:
    if not isinstance(separator.query, VisualCentre):
        raise ValueError(f"the separator asks by {type(separator.query).__name__}; this task needs a VisualCentre")
    old = sorted(path.name for path in out.glob("source_*")) if out.is_dir() else []
    if old:
        raise ValueError(f"{out} holds {old[0]} already; give a new folder, or remove what is in it")


def _write_sounds(
    separator: Separator,
    video: Path | str,
    queries: Float[Tensor, "M C"],
    paths: Sequence[Path],
    window: float,
    told: Callable[[float], None],
) -> tuple[list[float], int]:
    """Writes stems, rest and mixture; gives their energies over that of the mixture, and the number of samples."""
    rate, written = separator.stft.sample_rate, 0
    energies = np.zeros(len(paths))
    with ExitStack() as stack:
        files = [
            stack.enter_context(soundfile.SoundFile(stack.enter_context(draft(path)), "w", rate, 1, subtype="PCM_16"))
            for path in paths
        ]
        for parts in stream_parts(separator, stream_sound(video, sample_rate=rate), queries, window=window):
            sounds = np.concatenate([parts, parts.sum(0, keepdims=True)])
            energies += np.square(sounds, dtype=np.float64).sum(1)
            for file, sound in zip(files, sounds, strict=True):
                file.write(np.clip(sound, -1, 1))
            written += parts.shape[1]
            told(written / rate)
    return (energies / max(energies[-1], 1e-12)).tolist(), written


def _write_video(video: Path | str, sound: Path, marked: _Marked, pictures: PictureTrack) -> None:
    info = soundfile.info(sound)
    blocks = (block.T for block in soundfile.blocks(sound, info.samplerate, dtype="float32", always_2d=True))
    out = sound.with_suffix(_SUFFIX)
    size = written_size(pictures, even=ENCODINGS[_SUFFIX].even)
    plain = stream_frames(video, frame_rate=marked.rate, size=size)
    stream_video(out, marked.pictures(plain), blocks, frame_rate=marked.rate, sample_rate=info.samplerate)


@dataclass(frozen=True, eq=False)
class _Marked:
    """Marks a source in pictures, one after the other."""

    source: VisualSource
    colour: str
    rate: float
    told: Callable[[float], None]

    def pictures(self, plain: Iterator[UInt8[np.ndarray, "H W 3"]]) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        for number, picture in enumerate(plain):
            time = number / self.rate
            place = self.source.at(time)
            self.told(time)
            yield picture if place is None else paint_ring(picture, place, colour=self.colour)


def _mean_place(source: VisualSource) -> tuple[float, float]:
    x, y = source.places.nanmean(0).tolist()
    return x, y


def _tell(progress: Progress | None, first: float, last: float, time: float, duration: float) -> None:
    if progress is not None and duration > 0:
        progress(first + (last - first) * min(1.0, time / duration))
