"""Batches made by worker processes while others are trained on."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info

from avlearn.types import AVBatch


def available_workers() -> int:
    """Number of worker processes that this machine has cores for; 0 where processes can't share memory by forking."""
    if sys.platform != "linux":
        return 0
    return len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def prefetched(make: Callable[[int], AVBatch], numbers: range, *, workers: int) -> Iterator[AVBatch]:
    """`make(number)` for each number, in order, without truth.

    Args:
        make: a pure function; the workers are forked, so it may hold large data.
        numbers: what to call it with.
        workers: processes; 0 calls it here, when its turn has come.

    Example:
        >>> from avlearn.data import World, WorldSettings
        >>> world = World(WorldSettings(), seed=0)
        >>> [int(batch.index) for batch in prefetched(lambda step: world.batch([step]), range(3, 6), workers=0)]
        [3, 4, 5]
    """
    workers = min(workers, len(numbers))
    loader = DataLoader(
        _Made(make, numbers),
        batch_size=None,
        num_workers=workers,
        collate_fn=_identity,
        multiprocessing_context="fork" if workers else None,
        worker_init_fn=_end_quietly if workers else None,
        generator=torch.Generator(),  # else it draws from the global one
    )
    with warnings.catch_warnings():
        # Python 3.12 and later warn of locks that a forked process may find taken; these only compute
        warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
        made = iter(loader)
    for arrays in iter(partial(_next, made), None):
        yield AVBatch(
            frames=torch.from_numpy(arrays["frames"]),
            waveform=torch.from_numpy(arrays["waveform"]),
            index=torch.from_numpy(arrays["index"]),
            flaws=torch.from_numpy(arrays["flaws"]) if "flaws" in arrays else None,
            sample_rate=arrays["sample_rate"],
            frame_rate=arrays["frame_rate"],
        )


@contextmanager
def workers_watched() -> Iterator[None]:
    """Say in plain words that a worker process has ended, where torch says it in its own.

    Torch does so as soon as it happens, wherever the block is then.

    Raises:
        ChildProcessError: a worker process has ended.
    """
    try:
        yield
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise ChildProcessError(
            "a process that made scenes has ended: most often the system has killed it because memory ran out, or a "
            "damaged file has crashed it. What was saved is intact: start again with resume, and if it was for memory "
            f"with smaller batches (torch says: {str(error).splitlines()[0].strip()})"
        ) from error


class _Made(Dataset[dict[str, Any]]):
    """NumPy arrays, because tensors would go through shared memory, of which containers have little."""

    def __init__(self, make: Callable[[int], AVBatch], numbers: range) -> None:
        self.make, self.numbers = make, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, place: int) -> dict[str, Any]:
        if place >= len(self):
            raise IndexError(place)
        batch = self.make(self.numbers[place])
        names = ("frames", "waveform", "index", *(() if batch.flaws is None else ("flaws",)))
        arrays = {name: getattr(batch, name).numpy() for name in names}
        if get_worker_info() is not None:
            give_memory_back()
        return {**arrays, "sample_rate": batch.sample_rate, "frame_rate": batch.frame_rate}


def _next(made: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return next(made, None)
    except Exception as error:
        # The loader is part of the traceback; without it the workers end now, else when Python collects its garbage
        raise error.with_traceback(None) from None


def give_memory_back() -> None:
    """Hand what is free of this process's memory to the system.

    Videos of many sizes leave holes between what is in use, and the C library of Linux keeps them: without this a
    worker grows by tens of megabytes over thousands of clips, though nothing is lost.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # other C libraries have none
        trim(0)


def _end_quietly(worker: int) -> None:
    # A scheduler sends SIGTERM to all processes of a run. The first one then saves and ends the others; torch, which
    # sees them end by a signal, would take that for a mishap and disturb it
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def _identity(made: Any) -> Any:
    return made
