"""The small encoders: sizes, borders, precision."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from avlearn.encoders import SmallEncoder, small_audio, small_image


@pytest.mark.parametrize(
    ("encoder", "size", "positions"),
    [
        (small_image(), (3, 96, 96), (12, 12)),
        (small_audio(), (1, 64, 64), (8, 8)),
        (small_image(64, width=8), (3, 97, 41), (13, 6)),
    ],
)
def test_sizes(encoder: SmallEncoder, size: tuple[int, int, int], positions: tuple[int, int]) -> None:
    features = encoder(torch.zeros(2, *size))
    assert features.shape == (2, encoder.out_dim, *positions)
    assert tuple(-(-length // encoder.stride) for length in size[1:]) == positions


@pytest.mark.parametrize(("width", "channels"), [(16, (16, 48, 96, 96, 128)), (8, (8, 24, 48, 48, 128))])
def test_channels(width: int, channels: tuple[int, ...]) -> None:
    layers = [layer for layer in small_image(width=width).modules() if isinstance(layer, nn.Conv2d)]
    assert tuple(layer.out_channels for layer in layers) == channels
    assert [layer.stride for layer in layers] == [(2, 2)] * 3 + [(1, 1)] * 2


@pytest.mark.parametrize("training", [True, False])
def test_equals_its_layers_written_out(training: bool) -> None:
    encoder = small_audio(16, width=4).double().train(training)
    x = torch.randn(3, 1, 24, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = x
    for layer in range(4):
        weights = {key: value.clone() for key, value in encoder.layers[3 * layer + 1].state_dict().items()}
        before = 0 if layer == 2 else 1
        padded = F.pad(expected, (before, 2 - before, before, 2 - before), mode="reflect")
        expected = F.conv2d(padded, encoder.layers[3 * layer].weight, stride=2 if layer < 3 else 1)
        mean = expected.mean((0, 2, 3)) if training else weights["running_mean"]
        variance = expected.var((0, 2, 3), unbiased=False) if training else weights["running_var"]
        expected = ((expected - mean[:, None, None]) / (variance[:, None, None] + 1e-5).sqrt()).clamp(min=0)
    expected = F.conv2d(expected, encoder.layers[12].weight, encoder.layers[12].bias)
    torch.testing.assert_close(encoder(x), expected, rtol=1e-9, atol=1e-12)


def test_border_positions_are_like_all_others() -> None:
    """A picture of one colour looks the same everywhere; zeros at the border would set it apart."""
    torch.manual_seed(0)
    features = small_image().eval()(torch.full((1, 3, 96, 96), 0.7))
    assert features.abs().max() > 1e-3
    torch.testing.assert_close(features, features[:, :, 5:6, 5:6].expand_as(features))


def test_a_position_sees_what_lies_where_the_enlarged_map_shows_it() -> None:
    torch.manual_seed(0)
    picture = torch.randn(1, 3, 96, 96, requires_grad=True)
    small_image().eval()(picture)[0, :, 5, 6].sum().backward()
    assert picture.grad is not None
    seen = picture.grad[0].abs().sum(0).nonzero()
    centre = (seen.amin(0) + seen.amax(0)) / 2
    shown = 8 * torch.tensor([5, 6]) + 3.5
    assert (centre - shown).abs().max() <= 0.5


def test_a_step_of_8_pixels_moves_the_map_by_one_position() -> None:
    torch.manual_seed(0)
    encoder, picture = small_image().eval(), torch.randn(1, 3, 96, 96)
    moved = encoder(picture.roll((8, 16), (2, 3)))
    torch.testing.assert_close(moved[..., 4:10, 5:10], encoder(picture)[..., 3:9, 3:8], rtol=1e-4, atol=1e-5)


def test_bfloat16_with_channels_last_is_close_to_float32() -> None:
    torch.manual_seed(0)
    encoder, picture = small_image(), torch.randn(4, 3, 96, 96)
    expected = encoder(picture)
    encoder.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        features = encoder(picture)
    assert features.dtype == torch.bfloat16
    assert features.is_contiguous(memory_format=torch.channels_last)
    # bfloat16 has 8 bits: five layers of it stay within 3 % of the spread
    assert (features.float() - expected).std() < 0.03 * expected.std()


def test_every_parameter_learns() -> None:
    encoder = small_audio()
    encoder(torch.randn(2, 1, 64, 64)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in encoder.parameters())


@pytest.mark.parametrize("settings", [{"out_dim": 0}, {"width": 0}])
def test_refuses_no_channels(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"positive channels.*=0"):
        small_image(**settings)
