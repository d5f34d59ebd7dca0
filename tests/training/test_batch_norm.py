"""The shared batch norm is torch's own, over more rows; `tests/distributed` looks at two processes."""

from __future__ import annotations

import contextlib
import copy

import pytest
import torch
from torch import nn

from avlearn.training import batch_norm
from avlearn.training.batch_norm import SharedBatchNorm, shared_batch_norms

CPU = torch.device("cpu")
KINDS = {nn.BatchNorm1d: (6, 3), nn.BatchNorm2d: (6, 3, 4, 5), nn.BatchNorm3d: (6, 3, 2, 4, 5)}


def inputs(shape, *, seed=0, dtype=torch.float64):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    return 3 * x + 100  # a mean much larger than the deviation


def filled(norm):
    generator = torch.Generator().manual_seed(1)
    for tensor in norm.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return norm.double()


def assert_alike(norm, x, weight):
    """Output, gradients and statistics of the shared norm equal torch's, in training and after it."""
    own = copy.deepcopy(norm)
    one, other = (x.clone().requires_grad_() for _ in range(2))
    model = nn.Sequential(norm)
    with shared_batch_norms(model, CPU):
        assert isinstance(model[0], SharedBatchNorm)
        shared = model(one)
        (shared * weight).sum().backward()
        after = model.eval()(x)
        model.train()
    expected = own(other)
    (expected * weight).sum().backward()
    torch.testing.assert_close(shared, expected)
    torch.testing.assert_close(one.grad, other.grad)
    torch.testing.assert_close(dict(norm.named_buffers()), dict(own.named_buffers()))
    torch.testing.assert_close(after, own.eval()(x))
    for shared_parameter, parameter in zip(norm.parameters(), own.parameters(), strict=True):
        torch.testing.assert_close(shared_parameter.grad, parameter.grad)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [{}, {"affine": False}, {"momentum": None}, {"momentum": 0.9, "eps": 1e-3}, {"track_running_stats": False}],
)
def test_equals_torch_s_own(kind, options):
    assert_alike(filled(kind(3, **options)), inputs(KINDS[kind]), inputs(KINDS[kind], seed=2))


def test_keeps_the_precision_of_its_input():
    norm = SharedBatchNorm(3)
    assert norm(inputs((4, 3, 2, 2), dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert norm.running_mean.dtype == torch.float32


def test_sees_the_rows_of_all_processes(monkeypatch):
    mine, theirs = inputs((2, 3, 4, 4)), inputs((2, 3, 4, 4), seed=1) + 7
    whole = filled(nn.BatchNorm2d(3))
    shared = copy.deepcopy(whole)

    def with_theirs(statistics):
        spread, centre = torch.var_mean(theirs, (0, 2, 3), correction=0)
        return torch.cat([statistics, torch.stack([centre, spread])[None]])

    monkeypatch.setattr(batch_norm, "whole", with_theirs)
    monkeypatch.setattr(batch_norm, "sharers", lambda: 2)
    model = nn.Sequential(shared)
    with shared_batch_norms(model, CPU):
        mapped = model(mine)
    torch.testing.assert_close(mapped, whole(torch.cat([mine, theirs]))[:2])
    torch.testing.assert_close(dict(shared.named_buffers()), dict(whole.named_buffers()))


def test_a_model_gets_its_own_norms_back_whatever_happens():
    model = nn.ModuleDict({"a": nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)), "b": nn.BatchNorm1d(2)})
    own, keys, parameters = list(model.modules()), list(model.state_dict()), list(model.parameters())
    with contextlib.suppress(KeyError), shared_batch_norms(model, CPU):
        assert list(model.state_dict()) == keys
        assert all(one is other for one, other in zip(model.parameters(), parameters, strict=True))
        model.double().eval()
        model["a"][1].running_mean += 1
        raise KeyError
    assert all(one is other for one, other in zip(model.modules(), own, strict=True))
    assert not model["a"][1].training
    assert torch.equal(model["a"][1].running_mean, torch.ones(3, dtype=torch.float64))


def test_on_a_gpu_it_is_torch_s_own():
    model = nn.Sequential(nn.BatchNorm2d(3, eps=1e-3, momentum=0.2))
    with shared_batch_norms(model, torch.device("cuda")):
        assert isinstance(model[0], nn.SyncBatchNorm)
        assert (model[0].eps, model[0].momentum, model[0].num_features) == (1e-3, 0.2, 3)
        assert model[0].weight is next(iter(model.parameters()))
    assert type(model[0]) is nn.BatchNorm2d
