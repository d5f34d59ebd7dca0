"""Clips of videos, against a bare loop over PyAV that decodes, scales and resamples the same seconds."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch

from avlearn.data import MediaError, probe, read_clip, write_video

DURATION, FRAME_RATE, SIZE, SAMPLE_RATE = 2.0, 8, 112, 16_000
ROUNDS = 5
REAL = Path(os.environ.get("AVLEARN_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "video"


def benchmarks() -> Iterator[dict[str, Any]]:
    """Processor seconds, in one thread, for 2 s from the middle of each video; the real clips only where they are.

    `peer` seeks, decodes the frames from the key frame to the end of the clip, converts every one that is kept as it is
    by default, and has ffmpeg resample the sound; it checks nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = [made_video(Path(folder) / f"made{suffix}") for suffix in (".mp4", ".webm")]
        for path in made:
            yield _compared(f"read_clip of a made video, 640 x 360, {path.suffix[1:]}", [path])
    if (REAL / "clips").is_dir():
        clips = sorted((REAL / "clips").iterdir())
        yield _compared(f"read_clip of {len(clips)} real clips", clips)


def _compared(name: str, paths: list[Path]) -> dict[str, Any]:
    runs: dict[str, Callable[[], object]] = {
        "ours": lambda: [_ours(path, start) for path, start in spans],
        "peer": lambda: [bare_clip(path, start) for path, start in spans],
    }
    spans = [(path, max(0.0, ((probe(path).duration or 0) - DURATION) / 2)) for path in paths]
    times = {run: float("inf") for run in runs}
    for _ in range(ROUNDS):
        for run, function in runs.items():
            start = time.process_time()
            function()
            times[run] = min(times[run], time.process_time() - start)
    return {
        "name": name,
        **times,
        "ratio": times["peer"] / times["ours"],
        "unit": "s",
        "seconds_of_video_a_second": len(paths) * DURATION / times["ours"],
        "threads": 1,
    }


def _ours(path: Path, start: float) -> object:
    try:
        return read_clip(
            path, start=start, duration=DURATION, frame_rate=FRAME_RATE, size=SIZE, sample_rate=SAMPLE_RATE
        )
    except MediaError as error:
        raise RuntimeError(f"the benchmark needs whole files, but {error}") from error


def bare_clip(path: Path, start: float) -> object:
    """What `read_clip` gives, by PyAV alone and without any check."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        video.codec_context.thread_count = audio.codec_context.thread_count = 1
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        container.seek(int(start * 1_000_000))
        pictures, sounds, seen, heard = [], [], 0.0, 0.0
        shortest = min(video.width, video.height)
        size = {"width": video.width * SIZE // shortest, "height": video.height * SIZE // shortest}
        for packet in container.demux(video, audio):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    seen = frame.time
                    if seen >= start + len(pictures) / FRAME_RATE and len(pictures) < DURATION * FRAME_RATE:
                        pictures.append(frame.reformat(format="rgb24", **size, threads=1).to_ndarray())
                elif isinstance(frame, av.AudioFrame):
                    heard = frame.time
                    sounds += [block.to_ndarray() for block in resampler.resample(frame)]
            if min(seen, heard) > start + DURATION:
                break
    return torch.from_numpy(np.stack(pictures)), np.concatenate(sounds, axis=1)


def made_video(path: Path) -> Path:
    """Six seconds of moving blocks, 640 x 360, with noise."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(3, 1, 45, 80, generator=generator).repeat(1, 150, 1, 1)
    moving = torch.stack([torch.roll(coarse[:, k], k, dims=-1) for k in range(coarse.shape[1])], dim=1)
    frames = (255 * moving).to(torch.uint8).repeat_interleave(8, dim=2).repeat_interleave(8, dim=3)
    sound = 0.1 * torch.randn(6 * 48_000, generator=generator)
    write_video(path, frames, sound.clamp(-1, 1), frame_rate=25, sample_rate=48_000)
    return path
