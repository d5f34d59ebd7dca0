"""Many files that nobody vouches for, read by several helper processes at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import TypeVar

from avlearn.data.isolation import Isolated

T = TypeVar("T")
R = TypeVar("R")


def isolated_results(
    work: Callable[[Isolated, T], R], items: Iterable[T], *, workers: int, timeout: float | int = 60.0
) -> Iterator[tuple[T, R]]:
    """Every item with its result, as soon as it is there, whatever the order.

    Each worker is a thread with a helper process of its own, which `work` calls for what may crash or hang.

    Args:
        work: gets the helper and an item; whatever it raises ends all.
        items: taken one after the other.
        workers: helpers at a time, at least 1.
        timeout: seconds that one call of a helper may take.

    Example:
        >>> sorted(isolated_results(lambda isolated, number: isolated(pow, number, 2), [1, 2, 3], workers=1))
        [(1, 1), (2, 4), (3, 9)]
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}; give the number of helper processes, at least 1")
    stop, lock, waiting = threading.Event(), threading.Lock(), iter(items)
    done: SimpleQueue[tuple[T, R] | BaseException | None] = SimpleQueue()

    def take() -> Iterator[T]:
        while not stop.is_set():
            with lock:
                try:
                    item = next(waiting)
                except StopIteration:
                    return
            yield item

    def serve() -> None:
        try:
            with Isolated(timeout=timeout) as isolated:
                for item in take():
                    done.put((item, work(isolated, item)))
        except BaseException as error:
            done.put(error)
        else:
            done.put(None)

    threads = [threading.Thread(target=serve) for _ in range(workers)]
    try:
        for thread in threads:
            thread.start()
        yield from _until_all_end(done, workers)
    finally:
        # Whoever stops listening, for an error or an interrupt, waits for the calls under way and no longer
        stop.set()
        for thread in threads:
            thread.join()


def _until_all_end(done: SimpleQueue[tuple[T, R] | BaseException | None], workers: int) -> Iterator[tuple[T, R]]:
    while workers:
        result = done.get()
        if isinstance(result, BaseException):
            raise result
        if result is None:
            workers -= 1
        else:
            yield result
