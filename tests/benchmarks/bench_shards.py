"""Clips from shards, against the same clips from the videos that they were cut from."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from avlearn.data import ClipFormat, ClipList, ShardedClips, ShardSettings, VideoClips, write_shards, write_video
from avlearn.types import SceneSource

FORMAT = ClipFormat(frames=8, frame_rate=4.0, size=112, seconds=2.0, sample_rate=16_000)
BATCH, ROUNDS = 16, 3
REAL = Path(os.environ.get("AVLEARN_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "video"


def benchmarks() -> Iterator[dict[str, Any]]:
    """Processor seconds of one thread for every clip once, in random order; real clips only where they are."""
    with tempfile.TemporaryDirectory() as folder:
        videos = Path(folder) / "videos"
        videos.mkdir()
        for seed in range(4):
            _made(videos / f"{seed}.mp4", seed=seed)
        yield _compared("made videos, 640 x 360", videos, Path(folder) / "made")
        if (REAL / "clips").is_dir():
            yield _compared("real clips", REAL / "clips", Path(folder) / "real")


def _compared(name: str, videos: Path, out: Path) -> dict[str, Any]:
    clips = ClipList.of_folder(videos, seconds=FORMAT.seconds)
    start = time.perf_counter()
    index = write_shards(clips, out, ShardSettings(short_side=FORMAT.size, clips_per_shard=16))
    written = time.perf_counter() - start
    sources: dict[str, SceneSource] = {"ours": ShardedClips(out, FORMAT), "peer": VideoClips(clips, FORMAT)}
    times = dict.fromkeys(sources, float("inf"))
    for _ in range(ROUNDS):
        for source, scenes in sources.items():
            times[source] = min(times[source], _processor_seconds(scenes, len(clips)))
    return {
        "name": f"{len(clips)} clips of 2 s from shards against {name}",
        **times,
        "ratio": times["peer"] / times["ours"],
        "unit": "s",
        "clips_a_second": {source: len(clips) / seconds for source, seconds in times.items()},
        "bytes_a_clip": sum(shard.bytes for shard in index.shards) / len(clips),
        "seconds_to_write": written,
        "threads": 1,
    }


def _processor_seconds(scenes: SceneSource, count: int) -> float:
    order = torch.randperm(count, generator=torch.Generator().manual_seed(0)).tolist()
    start = time.process_time()
    for begin in range(0, count, BATCH):
        scenes.batch(order[begin : begin + BATCH])
    return time.process_time() - start


def _made(path: Path, *, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(3, 1, 45, 80, generator=generator).repeat(1, 200, 1, 1)
    moving = torch.stack([torch.roll(coarse[:, k], k, dims=-1) for k in range(coarse.shape[1])], dim=1)
    frames = (255 * moving).to(torch.uint8).repeat_interleave(8, dim=2).repeat_interleave(8, dim=3)
    sound = (0.1 * torch.randn(8 * 48_000, generator=generator)).clamp(-1, 1)
    write_video(path, frames, sound, frame_rate=25, sample_rate=48_000)
