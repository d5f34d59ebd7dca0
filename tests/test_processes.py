"""What processes tell each other, in one process; `tests/distributed` looks at two."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import distributed

from avlearn import processes
from avlearn.data import World, WorldSettings
from avlearn.processes import (
    answered,
    first_generator,
    from_first,
    in_first,
    is_first,
    own_rows,
    sharers,
    sharing_batches,
    total,
    whole,
    whole_batch,
)


@pytest.fixture
def group():
    """A group that this process has for itself, so that everything really travels."""
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.fixture
def second_of_three(monkeypatch):
    """A group of three, seen by the second, all of whom have the same rows."""
    monkeypatch.setattr(processes, "_grouped", lambda: True)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 3)
    monkeypatch.setattr(distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(distributed, "all_gather", lambda rows, x: [row.copy_(x) for row in rows])
    monkeypatch.setattr(distributed, "all_reduce", lambda x: x.mul_(3))


@pytest.fixture
def batch():
    return World(WorldSettings(size=16), seed=0).batch(range(4), truth=False)


def test_one_process_has_everything_as_it_is(batch):
    x = torch.randn(4, 2, requires_grad=True)
    with sharing_batches():
        assert (sharers(), is_first(), own_rows(4)) == (1, True, slice(0, 4))
        assert whole(x) is x
        assert total(x) is x
        assert whole_batch(batch) is batch
        assert first_generator() is torch.default_generator
    assert from_first(x) is x
    assert in_first(lambda: x) is x


def test_batches_are_shared_where_that_is_said(second_of_three):
    assert sharers() == 1
    with sharing_batches():
        assert sharers() == 3
        with sharing_batches():
            assert sharers() == 3
        assert sharers() == 3
        assert own_rows(6) == slice(2, 4)
    assert sharers() == 1
    assert own_rows(6) == slice(0, 6)


def test_a_whole_has_the_rows_of_all_and_its_gradient_the_sum_of_all(second_of_three):
    x = torch.tensor([[1.0], [2.0]], requires_grad=True)
    with sharing_batches():
        rows = whole(x)
        assert rows.flatten().tolist() == [1, 2, 1, 2, 1, 2]
        (rows * torch.arange(6.0)[:, None]).sum().backward()
        assert total(torch.tensor(2.0)) == 6
    assert x.grad.flatten().tolist() == [6, 9]  # three times what rows 2 and 3 weigh


def test_a_gradient_that_is_shared_by_others_stays_as_it_is(second_of_three):
    x, weight = torch.ones(2, 1, requires_grad=True), torch.ones(6, 1)
    with sharing_batches():
        whole(x).backward(weight)
    assert torch.equal(weight, torch.ones(6, 1))


def test_a_whole_batch_has_the_scenes_of_all_and_no_truth(second_of_three, batch):
    with sharing_batches():
        shared = whole_batch(batch)
        assert shared.index.tolist() == [0, 1, 2, 3] * 3
        assert torch.equal(shared.frames[4:8], batch.frames)
        assert torch.equal(shared.waveform[8:], batch.waveform)
        told = World(WorldSettings(size=16), seed=0).batch(range(4))
        with pytest.raises(ValueError, match=r"without truth; call without_truth\(\) first"):
            whole_batch(replace(batch, truth=told.truth))


def test_a_group_passes_on_objects_results_and_errors(group):
    assert is_first()
    assert from_first({"step": 3, "weights": torch.ones(2)})["step"] == 3
    assert in_first(lambda: 5) == 5

    def fail():
        raise OSError(28, "No space left on device", "state.pt")

    with pytest.raises(OSError, match=r"\[Errno 28\] No space left on device: 'state.pt'"):
        in_first(fail)


def test_the_first_generator_draws_as_the_first_process_would(group, monkeypatch):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    monkeypatch.setattr(processes, "sharers", lambda: 2)
    assert torch.equal(torch.rand(2, generator=first_generator()), expected)


def test_a_lost_process_is_named_and_other_errors_stay(group):
    with (
        pytest.raises(ConnectionError, match=r"process 0 of 1: another one has ended or hangs.*start all"),
        answered(),
    ):
        raise RuntimeError("[gloo/transport/tcp/pair.cc:553] Connection closed by peer [127.0.0.1]:5011\nmore")
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), answered():
        raise RuntimeError("shapes cannot be multiplied")


def test_without_a_group_no_process_can_be_lost():
    with pytest.raises(RuntimeError, match="Connection closed by peer"), answered():
        raise RuntimeError("Connection closed by peer")
