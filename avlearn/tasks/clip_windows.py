"""Windows of a file: stretches of its sound, or the one picture that it is; see `video_windows` for those of a video.

Everything is read from the file when it is asked for, so a data set of any size passes through a few windows of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from avlearn.data.recordings import read_recording
from avlearn.tasks.descriptors import View


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Which stretches of a sound are described.

    Raises:
        ValueError: no windows, or a length or last start that isn't positive.
    """

    count: int
    """Windows of each sound, equally spaced."""
    seconds: float = 2.0
    """Length of each; where the sound ends sooner it is filled up with silence."""
    last_start: float | None = None
    """Where the last one begins; None lets it end with the sound."""

    def __post_init__(self) -> None:
        if self.count < 1 or not self.seconds > 0 or (self.last_start is not None and not self.last_start > 0):
            raise ValueError(f"need at least one window of positive length, got {self}")

    def starts(self, length: float) -> Float[np.ndarray, " W"]:
        """Where the windows of a sound begin, in seconds.

        >>> Windows(count=4).starts(5.0).tolist()
        [0.0, 1.0, 2.0, 3.0]
        """
        last = max(length - self.seconds, 0.0) if self.last_start is None else self.last_start
        return np.linspace(0.0, last, self.count)


WINDOWS = {
    "esc10": Windows(count=10),
    "esc50": Windows(count=10),
    "dcase2014": Windows(count=60, last_start=29.0),
}
"""`esc10`, `esc50`: 10 equally spaced windows of 2 s, as in the released code of CrissCross for the clips to test on;
here for those to learn from, too. `dcase2014`: 60 windows of 2 s that begin between 0 and 29 s, as in the loader of the
authors of GDT."""


def sound_windows(path: Path, windows: Windows | None, *, sample_rate: int) -> Float[Tensor, "W S"]:
    """Windows of a sound file, mixed to mono and resampled.

    Args:
        path: of the file.
        windows: which; None gives the whole sound as one.
        sample_rate: wanted Hz.

    Raises:
        ValueError: a sound without samples, or with samples that aren't finite.
        OSError, RuntimeError: a file that can't be read.
    """
    try:
        sound = torch.from_numpy(read_recording(path, sample_rate=sample_rate))
    except librosa.ParameterError as problem:
        raise ValueError(f"{path} has no sound that could be resampled: {problem}") from problem
    if not len(sound) or not torch.isfinite(sound).all():
        raise ValueError(f"{path} has {len(sound)} samples, or samples that aren't finite")
    return sound[None] if windows is None else cut(sound, windows, sample_rate=sample_rate)


def cut(sound: Float[Tensor, " R"], windows: Windows, *, sample_rate: int) -> Float[Tensor, "W S"]:
    """The windows of a sound.

    Args:
        sound: of R samples.
        windows: which.
        sample_rate: Hz.

    Example:
        >>> cut(torch.arange(10.0), Windows(count=3, seconds=4.0), sample_rate=1)[:, 0]
        tensor([0., 3., 6.])
    """
    samples = round(windows.seconds * sample_rate)
    starts = np.round(windows.starts(len(sound) / sample_rate) * sample_rate).astype(int).tolist()
    filled = torch.nn.functional.pad(sound, (0, max(0, starts[-1] + samples - len(sound))))
    return torch.stack([filled[start : start + samples] for start in starts])


def picture_window(path: Path, view: View) -> UInt8[Tensor, "1 3 1 H W"]:
    """The middle square of a picture file, resized.

    Args:
        path: of the file.
        view: gives the size.

    Raises:
        OSError: a file that can't be read.
    """
    with Image.open(path) as image:
        picture = image.convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    # Cut first: resizing a part of a picture mixes in what lies beside it
    square = picture.crop((left, top, left + side, top + side)).resize(
        (view.size, view.size), Image.Resampling.BILINEAR
    )
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)[None, :, None]
