"""ResNet-18 trunk: published sizes, torchvision's keys, and the same function of the same weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.encoders import ResNet18, resnet18

STAGES = {"layer1": (64, 64, 1), "layer2": (64, 128, 2), "layer3": (128, 256, 2), "layer4": (256, 512, 2)}


def table(in_channels: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of torchvision's resnet18 without `fc.*`, by its rule."""
    shapes = {"conv1.weight": (64, in_channels, 7, 7), **batch_norm("bn1", 64)}
    for stage, (before, after, _) in STAGES.items():
        for block, inputs in (("0", before), ("1", after)):
            name = f"{stage}.{block}"
            shapes[f"{name}.conv1.weight"] = (after, inputs, 3, 3)
            shapes[f"{name}.conv2.weight"] = (after, after, 3, 3)
            shapes |= batch_norm(f"{name}.bn1", after) | batch_norm(f"{name}.bn2", after)
        if before != after:
            shapes[f"{stage}.0.downsample.0.weight"] = (after, before, 1, 1)
            shapes |= batch_norm(f"{stage}.0.downsample.1", after)
    return shapes


def batch_norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    vectors = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{vector}": (channels,) for vector in vectors} | {f"{name}.num_batches_tracked": ()}


@pytest.mark.parametrize("in_channels", [1, 3])
@pytest.mark.parametrize("last_stride", [1, 2])
def test_keys_and_shapes_are_those_of_torchvision(in_channels: int, last_stride: int) -> None:
    weights = resnet18(in_channels, last_stride=last_stride).state_dict()
    assert {key: tuple(value.shape) for key, value in weights.items()} == table(in_channels)
    assert len(weights) == 120


def test_parameter_totals() -> None:
    assert sum(parameter.numel() for parameter in resnet18().parameters()) == 11_176_512
    assert sum(parameter.numel() for parameter in resnet18(1).parameters()) == 11_176_512 - 2 * 64 * 49


@pytest.mark.parametrize(
    ("encoder", "size", "positions"),
    [
        (resnet18(), (3, 224, 224), (14, 14)),
        (resnet18(1), (1, 201, 64), (13, 4)),
        (resnet18(last_stride=2), (3, 224, 224), (7, 7)),
        (resnet18(stem="small"), (3, 32, 32), (8, 8)),
    ],
)
def test_published_sizes(encoder: ResNet18, size: tuple[int, int, int], positions: tuple[int, int]) -> None:
    assert encoder.to("meta")(torch.zeros(2, *size, device="meta")).shape == (2, 512, *positions)
    assert encoder.out_dim == 512
    assert tuple(-(-length // encoder.stride) for length in size[1:]) == positions


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("last_stride", [1, 2])
def test_equals_the_architecture_written_out(training: bool, last_stride: int) -> None:
    generator = torch.Generator().manual_seed(0)
    encoder = resnet18(1, last_stride=last_stride).double().train(training)
    for name, buffer in encoder.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 1.5, generator=generator)
    for parameter in encoder.parameters():
        if parameter.ndim == 1:
            torch.nn.init.uniform_(parameter, 0.5, 1.5, generator=generator)
    x = torch.randn(2, 1, 41, 64, dtype=torch.float64, generator=generator)
    weights = {key: value.clone() for key, value in encoder.state_dict().items()}
    expected = written_out(x, weights, training, last_stride)
    torch.testing.assert_close(encoder(x), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"in_channels": 0}, "in_channels is 0, expected 3"),
        ({"last_stride": 3}, "last_stride is 3, expected 1 or 2"),
    ],
)
def test_refuses_what_is_no_resnet18(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resnet18(**settings)


def written_out(x: Tensor, weights: dict[str, Tensor], training: bool, last_stride: int) -> Tensor:
    """Direct form: batch norm from its definition, blocks from the paper's figure."""

    def conv(x: Tensor, name: str, stride: int, padding: int) -> Tensor:
        return F.conv2d(x, weights[f"{name}.weight"], stride=stride, padding=padding)

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        if training:
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        scale = weights[f"{name}.weight"] / (variance + 1e-5).sqrt()
        return (x - mean[:, None, None]) * scale[:, None, None] + weights[f"{name}.bias"][:, None, None]

    def block(x: Tensor, name: str, stride: int) -> Tensor:
        y = norm(conv(x, f"{name}.conv1", stride, 1), f"{name}.bn1").clamp(min=0)
        y = norm(conv(y, f"{name}.conv2", 1, 1), f"{name}.bn2")
        if f"{name}.downsample.0.weight" in weights:
            x = norm(conv(x, f"{name}.downsample.0", stride, 0), f"{name}.downsample.1")
        return (x + y).clamp(min=0)

    x = norm(conv(x, "conv1", 2, 3), "bn1").clamp(min=0)
    x = F.unfold(F.pad(x, (1, 1, 1, 1)), 3, stride=2).unflatten(1, (64, 9)).amax(2).unflatten(2, (-1, 16))
    for stage, (_, _, stride) in STAGES.items():
        x = block(x, f"{stage}.0", last_stride if stage == "layer4" else stride)
        x = block(x, f"{stage}.1", 1)
    return x
