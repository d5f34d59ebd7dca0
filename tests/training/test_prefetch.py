import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from avlearn.training import prefetch
from avlearn.training.prefetch import available_workers, prefetched, workers_watched


@pytest.mark.parametrize("workers", [0, 2])
def test_all_in_order(scenes, workers):
    made = list(prefetched(lambda step: scenes.batch([step, 0], truth=False), range(3, 9), workers=workers))
    assert [batch.index.tolist() for batch in made] == [[step, 0] for step in range(3, 9)]
    expected = scenes.batch([5, 0], truth=False)
    assert torch.equal(made[2].frames, expected.frames)
    assert torch.equal(made[2].waveform, expected.waveform)
    assert (made[2].sample_rate, made[2].frame_rate) == (expected.sample_rate, expected.frame_rate)


@pytest.mark.skipif(available_workers() == 0, reason="workers are forked on Linux only")
def test_workers_are_other_processes(scenes):
    here = os.getpid()
    made = prefetched(lambda _: scenes.batch([int(os.getpid() != here)], truth=False), range(2), workers=2)
    assert [int(batch.index) for batch in made] == [1, 1]


def test_works_only_when_asked_without_workers(scenes):
    stream = prefetched(lambda step: scenes.batch([step], truth=False), range(9), workers=0)
    assert len(scenes.calls) == 0
    next(stream)
    assert len(scenes.calls) == 1


@pytest.mark.parametrize("workers", [0, 1])
def test_errors_reach_the_caller(workers):
    def make(step):
        raise ValueError(f"step {step} is broken")

    with pytest.raises(ValueError, match="step 0 is broken"):
        next(prefetched(make, range(2), workers=workers))
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(available_workers() == 0, reason="workers are forked on Linux only")
def test_a_worker_that_is_killed_is_told_of_in_plain_words():
    def work():
        with workers_watched():
            next(prefetched(lambda step: os.kill(os.getpid(), signal.SIGKILL), range(2), workers=1))

    with pytest.raises(ChildProcessError, match=r"has ended.*memory ran out.*start again with resume"):
        work()
    assert multiprocessing.active_children() == []


def test_other_errors_pass():
    def work():
        with workers_watched():
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        work()


@pytest.mark.skipif(available_workers() == 0, reason="workers are forked on Linux only")
def test_workers_that_are_told_to_end_disturb_nobody(scenes):
    stream = prefetched(lambda step: scenes.batch([step], truth=False), range(99), workers=1)
    next(stream)
    worker = multiprocessing.active_children()[0]
    os.kill(worker.pid, signal.SIGTERM)
    worker.join(timeout=60)
    assert worker.exitcode == 0
    stream.close()


@pytest.mark.parametrize("workers", [0, 1])
def test_workers_give_memory_back_after_each_batch(scenes, tmp_path, monkeypatch, workers):
    def note():
        with (tmp_path / "given").open("a") as file:
            file.write(f"{os.getpid()}\n")

    monkeypatch.setattr(prefetch, "give_memory_back", note)
    workers = min(workers, available_workers())
    list(prefetched(lambda step: scenes.batch([step], truth=False), range(3), workers=workers))
    given = (tmp_path / "given").read_text().split() if workers else []
    assert len(given) == 3 * workers
    assert str(os.getpid()) not in given


@pytest.mark.skipif(available_workers() == 0, reason="reads Linux's own count of its memory")
def test_memory_in_holes_is_given_back():
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    blocks = [bytearray(50_000) for _ in range(2000)]
    last = bytearray(50_000)  # keeps the heap from shrinking by itself
    full = resident()
    del blocks
    prefetch.give_memory_back()
    assert full - resident() > 50_000_000
    assert len(last) == 50_000


def test_flaws_travel_along(scenes):
    def make(step):
        return replace(scenes.batch([step, 0], truth=False), flaws=torch.tensor([step, 0], dtype=torch.uint8))

    made = list(prefetched(make, range(2), workers=1))
    assert [batch.flaws.tolist() for batch in made] == [[0, 0], [1, 0]]
    assert next(prefetched(lambda step: scenes.batch([step], truth=False), range(1), workers=0)).flaws is None


def test_workers_end_when_nobody_asks_any_more(scenes):
    stream = prefetched(lambda step: scenes.batch([step], truth=False), range(99), workers=2)
    next(stream)
    assert len(multiprocessing.active_children()) == (2 if available_workers() else 0)
    stream.close()
    assert multiprocessing.active_children() == []


def test_global_random_numbers_stay(scenes):
    before = torch.random.get_rng_state()
    list(prefetched(lambda step: scenes.batch([step], truth=False), range(2), workers=1))
    assert torch.equal(before, torch.random.get_rng_state())


def test_nothing_to_make(scenes):
    assert list(prefetched(lambda step: scenes.batch([step]), range(0), workers=2)) == []
