import multiprocessing
import os
import signal
from dataclasses import replace

import pytest
import torch

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
