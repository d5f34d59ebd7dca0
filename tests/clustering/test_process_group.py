"""A process by itself; groups are under `tests/distributed`."""

from __future__ import annotations

import pytest
import torch

from avlearn.clustering.process_group import Ranks


def test_alone_everything_is_an_identity():
    ranks, x = Ranks(None, torch.device("cpu")), torch.randn(3)
    assert (ranks.rank, ranks.size) == (0, 1)
    for same in (ranks.sum(x), ranks.max(x), ranks.gather(x)[0], ranks.first(x)):
        assert torch.equal(same, x)


def test_a_group_needs_torch_distributed():
    with pytest.raises(ValueError, match="run under torchrun"):
        Ranks("world", torch.device("cpu"))
