"""Thousands of damaged copies of real videos: `python tests/benchmarks/fuzz_videos.py FOLDER [--cases N] [--seed S]`.

FOLDER holds videos of any kind. Copies of them are cut, and their bytes flipped, overwritten, removed or repeated. A
copy is probed and read in a helper process. A case fails if the helper dies or hangs, if an error but `MediaError` is
raised, or if what is read breaks its contract. Prints one JSON line, and one for each failure; exits with 1 if any.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch

from avlearn.data import MediaError, probe, read_clip
from avlearn.data.isolation import Isolated

LARGEST = 2_000_000
"""Larger files are left out: they only make it slower."""
SIZE, DURATION, FRAME_RATE, SAMPLE_RATE = 48, 0.5, 8, 16_000


def main(arguments: list[str]) -> int:
    """Run the cases and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    counts: Counter[str] = Counter()
    for outcome in fuzz(options.folder, cases=options.cases, seed=options.seed):
        counts[outcome.split(":")[0]] += 1
        if outcome.startswith("failed"):
            print(json.dumps({"failure": outcome}), flush=True)
    seconds = round(time.perf_counter() - began, 1)
    print(json.dumps({"cases": options.cases, **counts, "seed": options.seed, "seconds": seconds}))
    return int(counts["failed"] > 0)


def fuzz(folder: Path, *, cases: int, seed: int, timeout: float = 60.0) -> Iterator[str]:
    """For each case `read`, `refused`, or `failed: ` and the reason."""
    files = [path for path in sorted(folder.rglob("*.*")) if 0 < path.stat().st_size <= LARGEST and _is_video(path)]
    if not files:
        raise ValueError(f"{folder} holds no videos of at most {LARGEST} bytes; give a folder with some")
    with Isolated(timeout=timeout) as isolated, tempfile.TemporaryDirectory() as scratch:
        for case in range(cases):
            rng = random.Random(f"{seed}/{case}")
            original = rng.choice(files)
            path = Path(scratch) / f"case{original.suffix}"
            path.write_bytes(damage(original.read_bytes(), rng))
            start = rng.choice((0.0, 0.3, 1.5, 3.0))
            outcome = _outcome(isolated, path, start)
            yield (
                outcome
                if outcome in ("read", "refused")
                else f"failed: case {case} of seed {seed}, {original.name}, {outcome}"
            )


def damage(content: bytes, rng: random.Random) -> bytes:
    """A damaged copy; half of all damage is done to the header, where it matters most."""
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        near = min(len(damaged), rng.choice((64, 1000, len(damaged), len(damaged))))
        place = rng.randrange(max(1, near))
        length = rng.choice((1, 1, 1, 4, 64, 4096))
        kind = rng.choice(("flip", "flip", "overwrite", "zero", "remove", "repeat", "cut"))
        piece = damaged[place : place + length]
        if kind == "flip":
            piece = bytearray(byte ^ (1 << rng.randrange(8)) for byte in piece)
        elif kind == "overwrite":
            piece = bytearray(rng.randbytes(len(piece)))
        elif kind == "zero":
            piece = bytearray(len(piece))
        elif kind == "repeat":
            piece = piece * 2
        elif kind == "remove":
            piece = bytearray()
        if kind == "cut" and rng.random() < 0.3:
            del damaged[place:]
        else:
            damaged[place : place + length] = piece
        if not damaged:
            return b""
    return bytes(damaged)


def _outcome(isolated: Isolated, path: Path, start: float) -> str:
    try:
        isolated(probe, path)
        clip = isolated(
            read_clip,
            path,
            start=start,
            duration=DURATION,
            frame_rate=FRAME_RATE,
            size=SIZE,
            sample_rate=SAMPLE_RATE,
        )
    except MediaError as error:
        return str(error) if "helper" in str(error) else "refused"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    shapes = (tuple(clip.frames.shape), tuple(clip.waveform.shape))
    if shapes != ((3, round(DURATION * FRAME_RATE), SIZE, SIZE), (round(DURATION * SAMPLE_RATE),)):
        return f"shapes {shapes}"
    if not (torch.isfinite(clip.waveform).all() and clip.waveform.abs().max() <= 1):
        return "samples that are not finite or beyond full scale"
    quiet, black = bool(clip.waveform.abs().max() == 0), bool(clip.frames.max() == 0)
    kinds = {remark.kind for remark in clip.remarks}
    if (quiet and "silent" not in kinds) or (black and "black" not in kinds):
        return f"silence or black without a remark: {kinds}"
    return "read"


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in {".mp4", ".webm", ".mov", ".ogv", ".mpg", ".mkv", ".avi", ".ts"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
