"""What a model is shown of a video: pictures at equal times, each with the sound about it, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from avlearn.data.media import MediaError
from avlearn.data.probe import PictureTrack, probe
from avlearn.data.video_streams import stream_frames, stream_sound
from avlearn.models import PairModel
from avlearn.tasks.tiles import Tiling
from avlearn.types import AVBatch

SILENCE = 2.0**-15
"""A stretch of sound without a larger sample than this, the step of 16 bit, is digital silence."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often one looks, and how long one listens.

    Raises:
        ValueError: a value that isn't positive.
    """

    rate: float | int = 4.0
    """Moments a second."""
    window: float | int = 1.0
    """Seconds of sound about each moment; the shipped models learnt from 1."""
    batch_size: int = 16
    """Moments at once."""

    def __post_init__(self) -> None:
        if not (self.rate > 0 and self.window > 0 and self.batch_size > 0):
            raise ValueError(f"rate, window and batch_size must be more than 0, got {self}")


@dataclass(frozen=True, eq=False, kw_only=True)
class Moments:
    """Some moments of a video."""

    times: Float[Tensor, " B"]
    """In seconds from the first moment of the file."""
    squares: AVBatch
    """All squares of each picture, each with the sound about the moment; moment by moment."""
    silent: Bool[Tensor, " B"]
    """Whether nothing is heard about the moment."""


def picture_track(path: Path | str) -> PictureTrack:
    """What the header says of the pictures of a video that also has sound.

    Raises:
        FileNotFoundError: no such file.
        MediaError: pictures or sound are missing, or it is no media file.
    """
    info = probe(path)
    if info.video is None or info.audio is None or info.problems:
        raise MediaError(f"{path}: {'; '.join(info.problems)}")
    return info.video


def tiling_for(model: PairModel, pictures: PictureTrack) -> Tiling:
    """Squares that cover the pictures of a video, as a model sees them."""
    return Tiling.over(
        pictures.height, pictures.width, image_size=model.config.image_size, cell=model.image_encoder.stride
    )


def moments_of(path: Path | str, tiling: Tiling, pace: Pace, *, sample_rate: int) -> Iterator[Moments]:
    """The moments of a video, batch by batch; memory doesn't grow with its length.

    Args:
        path: of the video.
        tiling: squares that the pictures are cut into.
        pace: times and lengths.
        sample_rate: Hz of the sound that is wanted.

    Raises:
        MediaError: the video is damaged, or its sound is shorter than half a window.
    """
    pictures = stream_frames(path, frame_rate=pace.rate, size=tiling.size)
    sound = stream_sound(path, sample_rate=sample_rate)
    with closing(pictures), closing(sound):  # type: ignore[type-var]
        pairs = zip(pictures, centred_windows(sound, pace, sample_rate=sample_rate), strict=False)
        first = 0
        while some := list(islice(pairs, pace.batch_size)):
            shown, heard = (torch.from_numpy(np.stack(items)) for items in zip(*some, strict=True))
            squares = tiling.cut(shown.permute(0, 3, 1, 2))
            batch = AVBatch(
                frames=squares[:, :, None],
                waveform=heard.repeat_interleave(len(tiling.corners), 0),
                sample_rate=sample_rate,
                frame_rate=float(pace.rate),
                index=torch.arange(len(squares)),
            )
            times = (first + torch.arange(len(some))) / pace.rate
            yield Moments(times=times, squares=batch, silent=heard.abs().amax(1) <= SILENCE)
            first += len(some)


def centred_windows(
    blocks: Iterator[Float[np.ndarray, "1 samples"]], pace: Pace, *, sample_rate: int
) -> Iterator[Float[np.ndarray, " S"]]:
    """The sound about the times `k / rate`, without end: after the sound there is silence.

    At its two ends the window stays within the sound, so that the model hears as much as elsewhere.

    Args:
        blocks: of the sound, from its beginning.
        pace: rate and length of the windows.
        sample_rate: Hz of the blocks.

    Raises:
        MediaError: the sound is shorter than half a window.

    Example:
        >>> windows = centred_windows(iter([np.arange(6.0)[None]]), Pace(rate=1, window=4), sample_rate=1)
        >>> [window.tolist() for window in islice(windows, 4)]
        [[0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]]
    """
    samples = max(1, round(pace.window * sample_rate))
    held, before, ended, number = np.zeros(0, np.float32), 0, False, 0
    while True:
        moment = number * sample_rate / pace.rate
        begin = max(0, round(moment - samples / 2))
        while before + len(held) < begin + samples and not ended:
            block = next(blocks, None)
            ended = block is None
            held = held if block is None else np.concatenate([held, block[0]])
        end = before + len(held)
        if ended and end < samples / 2:
            raise MediaError(f"its sound lasts {end / sample_rate:.2f} s; half of {pace.window} s is the least")
        if ended and moment <= end:
            begin = max(0, min(begin, end - samples))
        held, before = held[max(0, begin - before) :], max(before, begin)
        window = held[:samples]
        yield np.pad(window, (0, samples - len(window)))
        number += 1
