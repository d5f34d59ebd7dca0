"""R(2+1)D-18 trunk: both published shapes, torchvision's keys, and the same function of the same weights."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from avlearn.encoders import r2plus1d_18
from avlearn.encoders.r2plus1d import R2Plus1D18, _check, middle_channels

SECOND_OF_FIRST_BLOCKS = {"torchvision": (144, 230, 460, 921), "vmz": (144, 288, 576, 1152)}
"""Inner channels of conv2 in layer1.0 to layer4.0: the only place where the two rules differ."""
MIDDLE = {(64, 64): 144, (64, 128): 230, (128, 128): 288, (128, 256): 460, (256, 256): 576, (256, 512): 921}
MIDDLE[512, 512] = 1152
WIDTHS = (64, 64, 128, 256, 512)


def table(rule: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the published files without `fc.*`, from the numbers above."""
    shapes = {"stem.0.weight": (45, 3, 1, 7, 7), "stem.3.weight": (64, 45, 3, 1, 1)}
    shapes |= batch_norm("stem.1", 45) | batch_norm("stem.4", 64)
    for layer, (before, after) in enumerate(pairwise(WIDTHS), start=1):
        second = SECOND_OF_FIRST_BLOCKS[rule][layer - 1]
        shapes |= factorised(f"layer{layer}.0.conv1", before, MIDDLE[before, after], after)
        shapes |= factorised(f"layer{layer}.0.conv2", after, second, after)
        shapes |= factorised(f"layer{layer}.1.conv1", after, MIDDLE[after, after], after)
        shapes |= factorised(f"layer{layer}.1.conv2", after, MIDDLE[after, after], after)
        if before != after:
            shapes[f"layer{layer}.0.downsample.0.weight"] = (after, before, 1, 1, 1)
            shapes |= batch_norm(f"layer{layer}.0.downsample.1", after)
    return shapes


def factorised(name: str, before: int, middle: int, after: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.0.0.weight": (middle, before, 1, 3, 3),
        **batch_norm(f"{name}.0.1", middle),
        f"{name}.0.3.weight": (after, middle, 3, 1, 1),
        **batch_norm(f"{name}.1", after),
    }


def batch_norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    vectors = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{vector}": (channels,) for vector in vectors} | {f"{name}.num_batches_tracked": ()}


def on_meta(rule: str) -> R2Plus1D18:
    with torch.device("meta"):
        return r2plus1d_18(rule)


@pytest.mark.parametrize("rule", ["torchvision", "vmz"])
def test_keys_and_shapes_are_the_published_ones(rule: str) -> None:
    weights = on_meta(rule).state_dict()
    assert {key: tuple(value.shape) for key, value in weights.items()} == table(rule)
    # 37 convolutions and as many batch norms of 5 values each
    assert len(weights) == 37 * 6


@pytest.mark.parametrize(("rule", "total"), [("torchvision", 31_300_125), ("vmz", 33_165_639)])
def test_parameter_totals(rule: str, total: int) -> None:
    """torchvision publishes 31,505,325 with a classifier of 400 classes, which has 400 * (512 + 1) of them."""
    assert sum(parameter.numel() for parameter in on_meta(rule).parameters()) == total
    if rule == "torchvision":
        assert total + 400 * 513 == 31_505_325


@pytest.mark.parametrize("channels", MIDDLE)
def test_factorised_convolutions_have_the_parameters_of_whole_ones(channels: tuple[int, int]) -> None:
    """The largest number of inner channels that doesn't exceed 3x3x3."""
    inputs, outputs = channels
    each = 9 * inputs + 3 * outputs
    assert middle_channels(inputs, outputs) == MIDDLE[channels]
    assert MIDDLE[channels] * each <= 27 * inputs * outputs < (MIDDLE[channels] + 1) * each


@pytest.mark.parametrize(
    ("size", "positions"),
    [((8, 224, 224), (1, 14, 14)), ((32, 112, 112), (4, 7, 7)), ((16, 112, 112), (2, 7, 7)), ((9, 65, 33), (2, 5, 3))],
)
def test_published_sizes(size: tuple[int, ...], positions: tuple[int, ...]) -> None:
    encoder = on_meta("vmz")
    assert encoder(torch.zeros(2, 3, *size, device="meta")).shape == (2, 512, *positions)
    assert encoder.out_dim == 512
    strides = (encoder.time_stride, encoder.stride, encoder.stride)
    assert tuple(-(-length // stride) for length, stride in zip(size, strides, strict=True)) == positions


@pytest.mark.parametrize(
    ("settings", "eps", "momentum"),
    [
        ({"midplanes": "torchvision"}, 1e-5, 0.1),
        ({"midplanes": "vmz"}, 1e-3, 0.1),
        ({"midplanes": "vmz", "eps": 1e-4, "momentum": 0.01}, 1e-4, 0.01),
    ],
)
def test_batch_norm_settings_reach_every_batch_norm(settings, eps: float, momentum: float) -> None:
    with torch.device("meta"):
        norms = [module for module in r2plus1d_18(**settings).modules() if isinstance(module, nn.BatchNorm3d)]
    assert len(norms) == 37
    assert {(norm.eps, norm.momentum) for norm in norms} == {(eps, momentum)}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rule", ["torchvision", "vmz"])
def test_equals_the_architecture_written_out(rule: str, training: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    encoder = r2plus1d_18(rule).double().train(training)
    for name, value in encoder.state_dict().items():
        if value.ndim == 1:
            value.uniform_(0.5 if "bias" not in name else -0.5, 1.5, generator=generator)
    clip = torch.randn(2, 3, 5, 20, 28, dtype=torch.float64, generator=generator)
    weights = {key: value.clone() for key, value in encoder.state_dict().items()}
    with torch.no_grad():
        expected = written_out(clip, weights, training, {"torchvision": 1e-5, "vmz": 1e-3}[rule])
        torch.testing.assert_close(encoder(clip), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"eps": 0.0}, r"eps is 0\.0, expected above 0"),
        ({"momentum": 0.0}, r"momentum is 0\.0, expected above 0 and at most 1"),
        ({"momentum": 1.5}, r"momentum is 1\.5"),
    ],
)
def test_refuses_what_is_no_r2plus1d(settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        r2plus1d_18(**settings)


def test_refuses_an_unknown_rule() -> None:
    with pytest.raises(ValueError, match=r"midplanes is 'caffe2', expected 'torchvision' or 'vmz'"):
        _check("caffe2", None, 0.1)


def written_out(x: Tensor, weights: dict[str, Tensor], training: bool, eps: float) -> Tensor:
    """Direct form: convolutions as sums over their taps, batch norm from its definition, blocks from the paper."""

    def space(x: Tensor, name: str, stride: int) -> Tensor:
        weight = weights[f"{name}.weight"][:, :, 0]
        reach = weight.shape[-1] // 2
        frames = nn.functional.pad(x, (reach, reach, reach, reach)).transpose(1, 2).flatten(0, 1)
        columns = nn.functional.unfold(frames, weight.shape[-1], stride=stride)
        maps = (weight.flatten(1) @ columns).unflatten(0, (len(x), -1)).transpose(1, 2)
        height, width = (-(-length // stride) for length in x.shape[3:])
        return maps.unflatten(3, (height, width))

    def time(x: Tensor, name: str, stride: int) -> Tensor:
        padded = nn.functional.pad(x, (0, 0, 0, 0, 1, 1))
        taps = weights[f"{name}.weight"][..., 0, 0]
        steps = -(-x.shape[2] // stride)
        shifted = [padded[:, :, tap:][:, :, : stride * steps : stride][:, :, :steps] for tap in range(3)]
        return sum(torch.einsum("oi,bithw->bothw", taps[..., tap], shifted[tap]) for tap in range(3))

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        if training:
            mean, variance = x.mean((0, 2, 3, 4)), x.var((0, 2, 3, 4), unbiased=False)
        scale = weights[f"{name}.weight"] / (variance + eps).sqrt()
        shift = weights[f"{name}.bias"] - mean * scale
        return x * scale.view(-1, 1, 1, 1) + shift.view(-1, 1, 1, 1)

    def conv(x: Tensor, name: str, stride: int) -> Tensor:
        middle = norm(space(x, f"{name}.0.0", stride), f"{name}.0.1").clamp(min=0)
        return norm(time(middle, f"{name}.0.3", stride), f"{name}.1")

    def block(x: Tensor, name: str, stride: int) -> Tensor:
        residual = conv(conv(x, f"{name}.conv1", stride).clamp(min=0), f"{name}.conv2", 1)
        if stride > 1:
            point = weights[f"{name}.downsample.0.weight"][..., 0, 0, 0]
            thinned = torch.einsum("oi,bithw->bothw", point, x[:, :, ::stride, ::stride, ::stride])
            x = norm(thinned, f"{name}.downsample.1")
        return (residual + x).clamp(min=0)

    x = norm(space(x, "stem.0", 2), "stem.1").clamp(min=0)
    x = norm(time(x, "stem.3", 1), "stem.4").clamp(min=0)
    for layer in range(1, 5):
        x = block(block(x, f"layer{layer}.0", 1 if layer == 1 else 2), f"layer{layer}.1", 1)
    return x
