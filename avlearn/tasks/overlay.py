"""Where a model sees what it hears in a video: its heat map over the moving picture, with the sound."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from avlearn.data.encodings import encoding_of, stored_rate
from avlearn.data.media import MediaError
from avlearn.data.probe import MediaInfo, PictureTrack, probe
from avlearn.data.video_streams import stream_frames, stream_sound
from avlearn.data.video_writing import stream_video
from avlearn.models import PairModel
from avlearn.models.pair import check_choice
from avlearn.tasks.frozen import device_of, evaluation_mode
from avlearn.tasks.moments import Pace, moments_of, picture_track, tiling_for
from avlearn.viz.overlays import paint_clusters, paint_heat

Shown = Literal["attention", "similarity", "clusters"]
"""attention: what each position adds to the score. similarity: cosine of what is seen there and what is heard.
clusters: the attention in the colours of the visual clusters."""
Progress = Callable[[float], None]
"""Is told what share of the work is done, 0 to 1."""

BRIGHTEST = 0.995
"""Share of all cells of a video that are not hotter than the brightest colour, unless that is given."""
_USUAL_RATE, _HIGHEST_RATE = 25.0, 120.0
"""Pictures a second where a header doesn't tell, and the most that are written."""


@dataclass(frozen=True, eq=False, kw_only=True)
class VideoHeat:
    """What a model sees of the sound at equally spaced moments of a video."""

    times: Float[Tensor, " N"]
    """Of the moments, in seconds from the first moment of the file."""
    heat: Float[Tensor, "N h w"]
    """Of the whole picture; 0 where nothing is heard, and in the place of what speaks against."""
    clusters: Float[Tensor, "N K h w"] | None
    """Shares of the visual clusters, where they were asked for."""
    silent: Bool[Tensor, " N"]
    """Moments about which nothing is heard."""

    @property
    def brightest(self) -> float:
        """A heat that few cells exceed."""
        highest = np.quantile(self.heat[~self.silent].flatten().numpy(), BRIGHTEST)
        return max(float(highest), 1e-6)

    def peaks(self) -> Float[Tensor, "N 2"]:
        """Middle of the hottest cell at each moment, x and y as fractions of the picture."""
        rows, columns = self.heat.shape[1:]
        top = self.heat.flatten(1).argmax(1)
        return torch.stack([(top % columns + 0.5) / columns, (top // columns + 0.5) / rows], 1)

    def at(self, time: float | int) -> tuple[Float[Tensor, "h w"], Float[Tensor, "K h w"] | None]:
        """Heat and clusters at any time, between two moments in proportion."""
        place = min(time * self._rate, len(self.times) - 1.0)
        before = int(place)
        after, share = min(before + 1, len(self.times) - 1), place - before
        heat = torch.lerp(self.heat[before].float(), self.heat[after].float(), share)
        if self.clusters is None:
            return heat, None
        return heat, torch.lerp(self.clusters[before].float(), self.clusters[after].float(), share)

    @property
    def _rate(self) -> float:
        return 1.0 if len(self.times) < 2 else float(1 / (self.times[1] - self.times[0]))


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """What was written."""

    out: str
    """The video."""
    shown: str
    """Kind of the map."""
    seconds: float
    """Length of the pictures."""
    size: tuple[int, int]
    """Height and width."""
    frame_rate: float
    """Pictures a second."""
    pictures: int
    moments: int
    """Moments at which the model looked."""
    silent_moments: int
    """Those among them about which nothing is heard; they show no heat."""
    hottest: float
    """Heat of the brightest colour."""
    mean_peak: tuple[float, float]
    """Where the hottest cell is on average, x and y as fractions of the picture."""


def video_heat(
    model: PairModel,
    video: Path | str,
    *,
    shown: Shown = "attention",
    pace: Pace | None = None,
    progress: Progress | None = None,
) -> VideoHeat:
    """Looks at a video and listens to it, moment by moment.

    The model sees squares that cover the whole picture, and hears the sound about each moment.

    Args:
        model: a trained localizer.
        video: a file with pictures and sound.
        shown: which of its maps.
        pace: how often and how long; by default four times a second, one second each.
        progress: is told what share of the video is done.

    Raises:
        FileNotFoundError: no such file.
        MediaError: a video without pictures or sound, one that is damaged, silent or too short.
        ValueError: an unknown map.
    """
    check_choice("shown", shown, get_args(Shown))
    pace, info = pace or Pace(), probe(video)
    tiling = tiling_for(model, picture_track(video))
    times, heats, clusters, silent = list[Tensor](), list[Tensor](), list[Tensor](), list[Tensor]()
    with evaluation_mode(model):
        for some in moments_of(video, tiling, pace, sample_rate=model.frontend.sample_rate):
            maps = model.localize(some.squares.to(device_of(model)))
            heat = tiling.join(maps.similarity if shown == "similarity" else maps.attention).float().cpu()
            heat = heat.clamp(min=0).masked_fill(some.silent[:, None, None], 0)
            times.append(some.times)
            heats.append(heat.half())  # so a second of maps is some kilobytes
            silent.append(some.silent)
            if shown == "clusters":
                clusters.append(tiling.join(maps.clusters).half().cpu())
            _tell(progress, float(some.times[-1]), info)
    if bool(torch.cat(silent).all()):
        raise MediaError(f"{video} is silent: there is nothing to localize")
    return VideoHeat(
        times=torch.cat(times),
        heat=torch.cat(heats),
        clusters=torch.cat(clusters) if clusters else None,
        silent=torch.cat(silent),
    )


def write_overlay(
    model: PairModel,
    video: Path | str,
    out: Path | str,
    *,
    shown: Shown = "attention",
    pace: Pace | None = None,
    hottest: float | int | None = None,
    progress: Progress | None = None,
) -> Overlay:
    """The video again, with the model's heat map as a glow over the grey picture, and its sound.

    Size and frame rate are the video's own, but for a line that is cut off where the codec stores even sizes only; one
    or two channels of the sound are kept, more become one. Between the moments at which the model looks the map is
    interpolated. Besides these maps, some kilobytes for each second, nothing of the video is held in memory.

    Args:
        model: a trained localizer.
        video: a file with pictures and sound.
        out: ends in `.mp4`, `.webm` or `.mkv`; what was there is replaced.
        shown: which of its maps, see `Shown`.
        pace: how often the model looks and how long it listens.
        hottest: heat of the brightest colour; by default so that one cell in 200 of this video is hotter. Fix it to
            compare videos.
        progress: is told what share of the work is done.

    Raises:
        FileNotFoundError: no such file, or no folder for the new one.
        MediaError: a video without pictures or sound, one that is damaged, silent or too short.
        ValueError: an unknown map or another suffix, or a heat that isn't positive.
        OSError: the file can't be written.

    Example:
        >>> import tempfile
        >>> from avlearn.data import write_video
        >>> from avlearn.models import CAVL, CAVLConfig
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     video, out = Path(folder) / "noise.mp4", Path(folder) / "overlay.mp4"
        ...     pictures = torch.zeros(3, 8, 64, 96, dtype=torch.uint8)
        ...     write_video(video, pictures, torch.rand(16_000) - 0.5, frame_rate=8, sample_rate=16_000)
        ...     write_overlay(CAVL(CAVLConfig()), video, out).size
        (64, 96)
    """
    encoding, out = encoding_of(Path(out)), Path(out)
    if out.exists() and Path(video).exists() and out.samefile(video):
        raise ValueError(f"{out} is the video itself; write to another file")
    if hottest is not None and not hottest > 0:
        raise ValueError(f"hottest is {hottest}; give a heat of more than 0")
    pictures, info = picture_track(video), probe(video)
    found = video_heat(model, video, shown=shown, pace=pace, progress=_part(progress, 0.0, 0.3))
    brightest = hottest or found.brightest
    rate, size = written_rate(pictures), written_size(pictures, even=encoding.even)
    assert info.audio is not None
    sample_rate = stored_rate(encoding, info.audio.sample_rate)
    painted = _Painted(found, brightest, rate, info, _part(progress, 0.3, 1.0))
    stream_video(
        out,
        painted.pictures(stream_frames(video, frame_rate=rate, size=size)),
        stream_sound(video, sample_rate=sample_rate, channels=min(2, info.audio.channels)),
        frame_rate=rate,
        sample_rate=sample_rate,
    )
    x, y = found.peaks()[~found.silent].mean(0).tolist()
    return Overlay(
        out=str(out),
        shown=shown,
        seconds=painted.count / rate,
        size=size,
        frame_rate=rate,
        pictures=painted.count,
        moments=len(found.times),
        silent_moments=int(found.silent.sum()),
        hottest=brightest,
        mean_peak=(x, y),
    )


def written_rate(pictures: PictureTrack) -> float:
    """Pictures a second of what is written about a video: its own, as far as that is known and usual."""
    rate = pictures.frame_rate
    return min(rate, _HIGHEST_RATE) if rate and math.isfinite(rate) else _USUAL_RATE


def written_size(pictures: PictureTrack, *, even: bool) -> tuple[int, int]:
    """Height and width of the same: the size in which the video is shown; an odd line is cut off where it must be."""
    height, width = pictures.height, pictures.width
    return (max(2, height - height % 2), max(2, width - width % 2)) if even else (height, width)


class _Painted:
    """Paints pictures one after the other, and counts them."""

    def __init__(
        self, found: VideoHeat, hottest: float, rate: float, info: MediaInfo, progress: Progress | None
    ) -> None:
        self.found, self.hottest, self.rate, self.info, self.progress = found, hottest, rate, info, progress
        self.count = 0

    def pictures(self, plain: Iterator[UInt8[np.ndarray, "H W 3"]]) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        """Each picture with the heat of its time."""
        for picture in plain:
            time = self.count / self.rate
            heat, clusters = self.found.at(time)
            self.count += 1
            _tell(self.progress, time, self.info)
            if clusters is None:
                yield paint_heat(picture, heat, hottest=self.hottest)
            else:
                yield paint_clusters(picture, heat, clusters, hottest=self.hottest)


def _tell(progress: Progress | None, time: float, info: MediaInfo) -> None:
    if progress is not None and info.duration:
        progress(min(1.0, time / info.duration))


def _part(progress: Progress | None, first: float, last: float) -> Progress | None:
    return None if progress is None else lambda share: progress(first + share * (last - first))
