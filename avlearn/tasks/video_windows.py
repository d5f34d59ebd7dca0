"""Clips of a video file: equally spaced ones to test on, or one from any time to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from avlearn.data.probe import probe
from avlearn.data.video_frames import read_frames
from avlearn.tasks.descriptors import View

CLIPS_PER_VIDEO = 10
"""Clips of a video, equally spaced. Ours: how many XDC took isn't settled."""


def video_windows(path: Path, view: View, count: int) -> UInt8[Tensor, "W 3 T H W2"]:
    """Equally spaced clips of a video file; of one that is shorter than a clip, all are the same.

    Args:
        path: of the file.
        view: size, frames and frame rate of a clip.
        count: clips.

    Raises:
        ValueError: a file that can't be read.
    """
    last = latest_start(path, view)
    return torch.stack([video_clip(path, start, view) for start in np.linspace(0.0, last, count).tolist()])


def video_clip(path: Path, start: float, view: View) -> UInt8[Tensor, "3 T H W"]:
    """One clip of a video file: the middle square of its frames.

    Args:
        path: of the file.
        start: where it begins, in seconds.
        view: size, frames and frame rate.

    Raises:
        ValueError: a file that can't be read.
    """
    return read_frames(path, start=start, duration=view.seconds, frame_rate=view.frame_rate, size=view.size).frames


def latest_start(path: Path, view: View) -> float:
    """Where the last clip of a video begins, in seconds; 0 if it is shorter than a clip, or doesn't tell its length.

    Raises:
        ValueError: a file that can't be read.
    """
    duration = probe(path).duration
    return 0.0 if duration is None else max(duration - view.seconds, 0.0)
