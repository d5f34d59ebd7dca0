"""VGG trunks: published sizes, published keys, and the same function of the same weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.encoders import vgg16, vggish

# Place of each convolution in `features`, and its channels, as in torchvision and in harritaylor/torchvggish
VGG16 = {
    **{0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256)},
    **{17: (256, 512), 19: (512, 512), 21: (512, 512), 24: (512, 512), 26: (512, 512), 28: (512, 512)},
}
VGGISH = {0: (1, 64), 3: (64, 128), 6: (128, 256), 8: (256, 256), 11: (256, 512), 13: (512, 512)}
POOLED_AFTER = {"vgg16": {2, 7, 14, 21, 28}, "vggish": {0, 3, 8, 13}}


def table(convolutions: dict[int, tuple[int, int]]) -> dict[str, tuple[int, ...]]:
    weights = {f"features.{place}.weight": (after, before, 3, 3) for place, (before, after) in convolutions.items()}
    biases = {f"features.{place}.bias": (after,) for place, (_, after) in convolutions.items()}
    return weights | biases


@pytest.mark.parametrize("last_pool", [True, False])
@pytest.mark.parametrize(("make", "convolutions"), [(vgg16, VGG16), (vggish, VGGISH)])
def test_keys_and_shapes_are_the_published_ones(make, convolutions, last_pool) -> None:
    shapes = {key: tuple(value.shape) for key, value in make(last_pool).state_dict().items()}
    assert shapes == table(convolutions)


def test_parameter_totals() -> None:
    assert sum(parameter.numel() for parameter in vgg16().parameters()) == 14_714_688
    assert sum(parameter.numel() for parameter in vggish().parameters()) == 4_499_712


@pytest.mark.parametrize(
    ("make", "size", "positions", "positions_without_pool"),
    [(vgg16, (3, 256, 256), (8, 8), (16, 16)), (vggish, (1, 496, 64), (31, 4), (62, 8))],
)
def test_published_sizes(make, size, positions, positions_without_pool) -> None:
    for last_pool, expected in ((True, positions), (False, positions_without_pool)):
        encoder = make(last_pool).to("meta")
        assert encoder(torch.zeros(2, *size, device="meta")).shape == (2, 512, *expected)
        assert encoder.out_dim == 512
        assert (size[1] // encoder.stride, size[2] // encoder.stride) == expected


@pytest.mark.parametrize(("make", "convolutions"), [(vgg16, VGG16), (vggish, VGGISH)])
@pytest.mark.parametrize("last_pool", [True, False])
def test_equals_the_architecture_written_out(make, convolutions, last_pool) -> None:
    encoder = make(last_pool).double()
    x = torch.randn(2, convolutions[0][0], 33, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = written_out(x, encoder.state_dict(), convolutions, POOLED_AFTER[make.__name__], last_pool)
    computed = encoder(x)
    assert computed.std() > 1e-3
    torch.testing.assert_close(computed, expected, rtol=1e-9, atol=1e-12)


def test_signal_survives_the_depth_of_untrained_weights() -> None:
    torch.manual_seed(0)
    assert vgg16()(torch.randn(1, 3, 64, 64)).std() > 0.05


def written_out(x: Tensor, weights: dict[str, Tensor], places: dict, pooled_after: set[int], last_pool: bool) -> Tensor:
    """Direct form: convolution as a sum over the nine shifted pictures, pool as a maximum over four."""
    for place in places:
        kernel, bias = weights[f"features.{place}.weight"], weights[f"features.{place}.bias"]
        height, width = x.shape[-2:]
        padded = F.pad(x, (1, 1, 1, 1))
        x = sum(
            torch.einsum("oc,bchw->bohw", kernel[:, :, i, j], padded[:, :, i : i + height, j : j + width])
            for i in range(3)
            for j in range(3)
        )
        x = (x + bias[:, None, None]).clamp(min=0)
        if place in pooled_after and (last_pool or place != max(places)):
            x = x[..., : height // 2 * 2, : width // 2 * 2].unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2)).amax((-3, -1))
    return x
