"""Sizes of the U-Net, published and small, and what passes through it."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from avlearn.models.unet import UNet


def parameters(net: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def test_published_size() -> None:
    net = UNet(1, 32, levels=7, width=64).eval()
    maps = net.down(torch.zeros(1, 1, 256, 256))
    assert [tuple(level.shape[1:]) for level in maps] == [
        (64, 128, 128),
        (128, 64, 64),
        (256, 32, 32),
        (512, 16, 16),
        (512, 8, 8),
        (512, 4, 4),
        (512, 2, 2),
    ]
    with torch.no_grad():
        assert net.up(maps, size=(256, 256)).shape == (1, 32, 256, 256)


def test_published_number_of_weights() -> None:
    """Counted from the layers of Zhao et al.'s release: 4x4 down, 3x3 up, norms between, one at the input."""
    down = [1, 64, 128, 256, 512, 512, 512, 512]
    up = [(512, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64), (128, 32)]
    kernels = sum(16 * a * b for a, b in pairwise(down)) + sum(9 * a * b for a, b in up)
    norms = 2 * (1 + sum(down[2:-1]) + sum(b for _, b in up[:-1]))
    assert parameters(UNet(1, 32, levels=7, width=64)) == kernels + norms + 32


@pytest.mark.parametrize("size", [(16, 16), (17, 9), (1, 5), (128, 63)])
@pytest.mark.parametrize("levels", [1, 2, 4])
def test_output_has_the_size_of_the_input(size: tuple[int, int], levels: int) -> None:
    net = UNet(1, 3, levels=levels, width=2).eval()
    assert net(torch.randn(2, 1, *size)).shape == (2, 3, *size)


def test_padding_leaves_what_needs_none_alone() -> None:
    net = UNet(1, 1, levels=2, width=2).eval()
    x = torch.randn(1, 1, 8, 8)
    assert torch.equal(net(x), net.up(net.down(x), size=(8, 8)))


def test_every_weight_learns_and_every_cell_counts() -> None:
    net = UNet(1, 2, levels=3, width=2).train()
    x = torch.randn(4, 1, 16, 16, requires_grad=True)
    net(x).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in net.parameters())
    assert (x.grad != 0).all()


def test_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="levels=0"):
        UNet(1, 1, levels=0, width=4)
