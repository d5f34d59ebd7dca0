"""Clips read by two workers while another process takes them, against two bare loops over PyAV."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench_video import DURATION, FRAME_RATE, SAMPLE_RATE, SIZE, bare_clip, made_video

from avlearn.data import ClipFormat, ClipSpan, VideoClips
from avlearn.training.prefetch import prefetched

WORKERS, BATCH, BATCHES, ROUNDS = 2, 8, 12, 3
FORMAT = ClipFormat(
    frames=round(DURATION * FRAME_RATE), frame_rate=FRAME_RATE, size=SIZE, seconds=DURATION, sample_rate=SAMPLE_RATE
)


def benchmarks() -> Iterator[dict[str, Any]]:
    """Seconds of the clock, each process in one thread; two cores must be free.

    `ours` is the loader that training has: batches made by two workers, sent to this process in order. `peer` are two
    processes that read the same clips by `bench_video`'s bare loop, half of them each, and send nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = made_video(Path(folder) / "made.mp4")
        starts = [number % 9 * 0.5 for number in range(BATCH * BATCHES)]
        clips = VideoClips([ClipSpan(path=path, start=start, duration=DURATION) for start in starts], FORMAT)
        runs: dict[str, Callable[[], object]] = {
            "ours": lambda: _loaded(clips),
            "peer": lambda: _bare_loops(path, starts),
        }
        clips.batch([0])  # imports what reading needs, as the first batch of a run does before there are workers
        bare_clip(path, starts[0])
        times = {run: float("inf") for run in runs}
        for _ in range(ROUNDS):
            for run, function in runs.items():
                begun = time.perf_counter()
                function()
                times[run] = min(times[run], time.perf_counter() - begun)
    yield {
        "name": f"loader with {WORKERS} workers, clips of a made video, 640 x 360",
        **times,
        "ratio": times["peer"] / times["ours"],
        "unit": "s",
        "clips_a_second": len(starts) / times["ours"],
        "threads": WORKERS,
    }


def _loaded(clips: VideoClips) -> int:
    def make(number: int) -> Any:
        return clips.batch(range(number * BATCH, (number + 1) * BATCH))

    return sum(len(batch) for batch in prefetched(make, range(BATCHES), workers=WORKERS))


def _bare_loops(path: Path, starts: list[float]) -> None:
    context = multiprocessing.get_context("fork")
    loops = [context.Process(target=_bare_loop, args=(path, starts[worker::WORKERS])) for worker in range(WORKERS)]
    for loop in loops:
        loop.start()
    for loop in loops:
        loop.join()
        if loop.exitcode:
            raise RuntimeError(f"a bare loop ended with status {loop.exitcode}")


def _bare_loop(path: Path, starts: list[float]) -> None:
    for start in starts:
        bare_clip(path, start)
