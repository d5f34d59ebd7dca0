"""Memory over thousands of clips: `python tests/benchmarks/memory_study.py [--clips 5000] [--workers 2] [--data ...]`.

Draws clips as training does, batch by batch through the loader, and prints one JSON line every 250 clips: resident
memory of this process and of its workers, in MB. The last line tells by how much the mean of the last quarter lies
above that of the second. Without data it takes the clips of AVLEARN_REAL_DATA, or makes a video where there are none.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from bench_video import made_video

from avlearn.data import ClipFormat, open_data
from avlearn.training import TrainSettings
from avlearn.training.batches import StepBatches
from avlearn.training.prefetch import prefetched

EVERY, BATCH = 250, 10
FORMAT = ClipFormat(frames=8, frame_rate=8.0, size=112, seconds=1.0, sample_rate=16_000)
REAL = Path(os.environ.get("AVLEARN_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def main() -> None:
    """Run the study as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--data", type=str, default=None)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        data = arguments.data or str(REAL / "video" / "clips")
        if not Path(data).exists():
            data = str(made_video(Path(folder) / "made.mp4").parent)
        rows = list(study(data, clips=arguments.clips, workers=arguments.workers))
    quarter = len(rows) // 4
    second, last = (mean(row["all"] for row in part) for part in (rows[quarter : 2 * quarter], rows[-quarter:]))
    print(
        json.dumps({"clips": rows[-1]["clips"], "second_quarter": second, "last_quarter": last, "grown": last - second})
    )


def study(data: str, *, clips: int, workers: int) -> Iterator[dict[str, Any]]:
    """Draw so many clips of some data; a row with the memory every now and then."""
    steps = clips // BATCH
    batches = StepBatches(open_data(data, FORMAT), TrainSettings(steps=steps, batch_size=BATCH, pool=None))
    for step, _ in enumerate(prefetched(batches, range(steps), workers=workers), start=1):
        if step * BATCH % EVERY == 0:
            here = resident(os.getpid())
            there = sum(resident(worker.pid) for worker in multiprocessing.active_children() if worker.pid)
            row = {"clips": step * BATCH, "here": here, "workers": there, "all": here + there}
            print(json.dumps(row), flush=True)
            yield row


def resident(process: int) -> float:
    """Resident memory of a process in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
