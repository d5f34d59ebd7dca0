"""Several helpers at a time: every result once, crashes and all."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from avlearn.data.isolated_pool import isolated_results
from avlearn.data.isolation import Isolated
from avlearn.data.media import MediaError


def crash_if_odd(number: int) -> tuple[int, int]:
    if number % 2:
        os.kill(os.getpid(), signal.SIGSEGV)
    return number, os.getpid()


def outcome(isolated: Isolated, number: int) -> tuple[int, int] | str:
    try:
        return isolated(crash_if_odd, number)
    except MediaError as error:
        return str(error)


def test_every_item_once_in_helpers_that_may_crash() -> None:
    found = dict(isolated_results(outcome, range(4), workers=2, timeout=120))
    assert sorted(found) == [0, 1, 2, 3]
    for number in (0, 2):
        answer = found[number]
        assert answer[0] == number
        assert answer[1] != os.getpid()
    for number in (1, 3):
        assert f"{number}: reading it killed the helper (SIGSEGV)" in str(found[number])


@pytest.mark.usefixtures("in_process")
def test_workers_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=60)
    results = isolated_results(
        lambda isolated, item: together.wait() >= 0 and isolated(pow, item, 2), range(6), workers=3
    )
    assert sorted(results) == [(item, item**2) for item in range(6)]


@pytest.mark.usefixtures("in_process")
def test_an_error_ends_all_and_leaves_no_thread() -> None:
    before = threading.active_count()

    def work(_: Isolated, item: int) -> int:
        if item == 3:
            raise OSError("No space left on device")
        return item

    with pytest.raises(OSError, match="No space left"):
        list(isolated_results(work, range(1000), workers=2))
    assert threading.active_count() == before


@pytest.mark.usefixtures("in_process")
def test_who_stops_listening_stops_the_work() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1_000_000):
            taken.append(item)
            yield item

    results = isolated_results(lambda _, item: item, items(), workers=2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(taken) < 1_000_000


@pytest.mark.usefixtures("in_process")
def test_an_error_of_the_items_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise ValueError("line 2 makes no sense")

    with pytest.raises(ValueError, match="line 2"):
        list(isolated_results(lambda _, item: item, items(), workers=2))


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="workers is 0"):
        list(isolated_results(outcome, [1], workers=0))
