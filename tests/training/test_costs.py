"""Known values, limits and bad input of the estimate of costs; the ring against one that is really gone around."""

from __future__ import annotations

import math

import pytest

from avlearn.training.costs import WEIGHT_BYTES, ClipCosts, Fleet, run_seconds, step_time


def test_one_process_that_reads_ahead_waits_for_the_slower_of_reading_and_learning():
    slow = step_time(ClipCosts(read=0.5, learn=0.125), Fleet(workers=2), batch_size=8, weights=10)
    assert (slow.reading, slow.learning, slow.all_reduce, slow.seconds, slow.limit) == (2.0, 1.0, 0.0, 2.0, "reading")
    fast = step_time(ClipCosts(read=0.5, learn=0.125), Fleet(workers=8), batch_size=8, weights=10)
    assert (fast.seconds, fast.limit) == (1.0, "learning")


def test_processes_share_the_batch_and_agree_on_the_gradient():
    fleet = Fleet(processes=4, workers=2, bandwidth=100.0)
    time = step_time(ClipCosts(read=0.25, learn=0.5), fleet, batch_size=16, weights=400)
    assert (time.reading, time.learning) == (0.5, 2.0)
    assert time.all_reduce == pytest.approx(2 * 3 / 4 * 1600 / 100)
    assert (time.seconds, time.limit) == (pytest.approx(26.0), "all_reduce")


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_a_ring_that_is_gone_around_sends_as_many_bytes(processes):
    # Each gradient is cut into as many parts; first sums go around, then the finished sums
    weights, sent = 60, [0] * processes
    parts = [[float(process)] * processes for process in range(processes)]
    for finished in (False, True):
        for turn in range(processes - 1):
            moved = []
            for process in range(processes):
                part = (process - turn + (1 if finished else 0)) % processes
                sent[process] += WEIGHT_BYTES * weights // processes
                moved.append(((process + 1) % processes, part, parts[process][part]))
            for process, part, value in moved:
                parts[process][part] = value if finished else parts[process][part] + value
    assert all(value == sum(range(processes)) for own in parts for value in own)
    fleet = Fleet(processes=processes, bandwidth=1.0)
    costs = ClipCosts(read=0.0, learn=0.0)
    assert [step_time(costs, fleet, batch_size=processes, weights=weights).all_reduce] * processes == sent


def test_a_run_is_its_steps_and_its_rounds():
    costs, fleet = ClipCosts(read=0.125, learn=0.25, describe=0.0625, cluster=0.5), Fleet(processes=2, workers=1)
    steps = run_seconds(costs, fleet, clips=64, epochs=3, batch_size=8, weights=0)
    assert steps == 3 * 8 * 4 * 0.25
    both = run_seconds(costs, fleet, clips=64, epochs=3, batch_size=8, weights=0, rounds=2)
    assert both - steps == 2 * 64 * (0.125 + 0.5) / 2  # readers are slower than the encoder here


def test_twice_the_processes_take_half_the_time_where_nothing_travels():
    costs = ClipCosts(read=0.01, learn=0.03, describe=0.01, cluster=0.001)
    one, two = (
        run_seconds(costs, Fleet(processes=n, workers=2), clips=1000, epochs=4, batch_size=20, weights=9, rounds=3)
        for n in (1, 2)
    )
    assert one == pytest.approx(2 * two)


def test_bad_input():
    with pytest.raises(ValueError, match=r"learn is -1; give at least 0"):
        ClipCosts(read=0.1, learn=-1)
    with pytest.raises(ValueError, match="read is nan"):
        ClipCosts(read=math.nan, learn=0.1)
    with pytest.raises(ValueError, match="processes is 0; give at least 1"):
        Fleet(processes=0)
    with pytest.raises(ValueError, match="bandwidth is 0"):
        Fleet(bandwidth=0)
    with pytest.raises(ValueError, match="a batch of 10 can't be shared by 3 processes"):
        step_time(ClipCosts(read=0, learn=0), Fleet(processes=3), batch_size=10, weights=1)
