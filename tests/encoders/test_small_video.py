"""The small encoder of clips: sizes, borders in space and time, precision."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avlearn.encoders import SmallVideoEncoder, small_image, small_video

MEMORY = [2**power for power in range(8, 22)]
"""Numbers in blocks of all sizes that the small encoder asks for."""


@pytest.mark.parametrize(
    ("encoder", "size", "positions"),
    [
        (small_video(), (8, 64, 64), (2, 8, 8)),
        (small_video(64, width=8), (3, 41, 17), (1, 6, 3)),
        (small_video(32, width=4), (9, 16, 64), (3, 2, 8)),
    ],
)
def test_sizes(encoder: SmallVideoEncoder, size: tuple[int, int, int], positions: tuple[int, int, int]) -> None:
    features = encoder(torch.zeros(2, 3, *size))
    assert features.shape == (2, encoder.out_dim, *positions)
    strides = (encoder.time_stride, encoder.stride, encoder.stride)
    assert tuple(-(-length // stride) for length, stride in zip(size, strides, strict=True)) == positions


@pytest.mark.parametrize("training", [True, False])
def test_equals_its_layers_written_out(training: bool) -> None:
    encoder = small_video(16, width=4).double().train(training)
    clip = torch.randn(3, 3, 7, 24, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = {key: value.clone() for key, value in encoder.state_dict().items()}
    torch.testing.assert_close(encoder(clip), written_out(clip, weights, training), rtol=1e-9, atol=1e-12)


def test_shares_the_design_of_the_encoder_of_pictures() -> None:
    pictures = [layer for layer in small_image().modules() if isinstance(layer, nn.Conv2d)]
    clips = [layer for layer in small_video().modules() if isinstance(layer, nn.Conv2d)]
    over_space = [layer for layer in clips if layer.kernel_size != (3, 1)]
    assert [layer.weight.shape for layer in over_space] == [layer.weight.shape for layer in pictures]
    assert [getattr(layer, "border", None) for layer in over_space] == [
        getattr(layer, "border", None) for layer in pictures
    ]
    assert len(clips) == len(pictures) + 2


def test_borders_are_like_all_else() -> None:
    """A clip of one colour looks the same everywhere and always; zeros at the borders would set them apart."""
    torch.manual_seed(0)
    features = small_video().eval()(torch.full((1, 3, 16, 64, 64), 0.7))
    assert features.abs().max() > 1e-3
    torch.testing.assert_close(features, features[:, :, 1:2, 3:4, 3:4].expand_as(features))


def test_a_position_sees_what_lies_where_the_enlarged_map_shows_it() -> None:
    torch.manual_seed(0)
    clip = torch.randn(1, 3, 24, 96, 96, requires_grad=True)
    small_video().eval()(clip)[0, :, 3, 5, 6].sum().backward()
    assert clip.grad is not None
    seen = clip.grad[0].abs().sum(0).nonzero()
    centre = (seen.amin(0) + seen.amax(0)) / 2
    shown = torch.tensor([4 * 3 + 1.5, 8 * 5 + 3.5, 8 * 6 + 3.5])
    assert (centre - shown).abs().max() <= 0.5


def test_a_step_of_4_frames_and_8_pixels_moves_the_map_by_one_position() -> None:
    torch.manual_seed(0)
    encoder, clip = small_video().eval(), torch.randn(1, 3, 24, 64, 64)
    moved = encoder(clip.roll((4, 8), (2, 4)))
    torch.testing.assert_close(moved[:, :, 2:5, 2:6, 3:6], encoder(clip)[:, :, 1:4, 2:6, 2:5], rtol=1e-4, atol=1e-5)


def test_order_in_time_matters() -> None:
    torch.manual_seed(0)
    encoder, clip = small_video().eval(), torch.randn(1, 3, 8, 32, 32)
    forward, backward = encoder(clip), encoder(clip.flip(2))
    assert (forward.mean((2, 3, 4)) - backward.mean((2, 3, 4))).abs().max() > 1e-3


@pytest.mark.parametrize("channels_last", [False, True])
def test_memory_layout_changes_nothing(channels_last: bool) -> None:
    torch.manual_seed(0)
    encoder, clip = small_video(width=4), torch.randn(2, 3, 8, 32, 32)
    expected = encoder(clip)
    if channels_last:
        encoder.to(memory_format=torch.channels_last)
        clip = clip.contiguous(memory_format=torch.channels_last_3d)
    features = encoder(clip.transpose(3, 4).contiguous().transpose(3, 4))
    assert features.is_contiguous(memory_format=torch.channels_last_3d)
    torch.testing.assert_close(features, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(8, 64, 64), (3, 16, 16)])
def test_bfloat16_is_close_to_float32(size: tuple[int, int, int]) -> None:
    """Also where memory is full of NaN before: some bfloat16 kernels for 3x3x3 windows read what they never wrote."""
    torch.manual_seed(0)
    encoder, clip = small_video(), torch.randn(2, 3, *size)
    expected = encoder(clip)
    leave_nan_in_memory(MEMORY)
    with torch.autocast("cpu", torch.bfloat16):
        features = encoder(clip)
    leave_nan_in_memory(MEMORY)
    features.float().square().mean().backward()
    assert features.dtype == torch.bfloat16
    # bfloat16 has 8 bits: seven layers of it stay within 3 % of the spread
    assert (features.float() - expected).std() < 0.03 * expected.std()
    assert all(torch.isfinite(parameter.grad).all() for parameter in encoder.parameters())


def test_every_parameter_learns() -> None:
    encoder = small_video()
    encoder(torch.randn(2, 3, 8, 64, 64)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in encoder.parameters())


@pytest.mark.parametrize("settings", [{"out_dim": 0}, {"width": 0}])
def test_refuses_no_channels(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"positive channels.*=0"):
        small_video(**settings)


def test_refuses_clips_that_cannot_be_reflected() -> None:
    encoder = small_video(width=4)
    assert torch.isfinite(encoder(torch.randn(1, 3, 3, 16, 16))).all()
    with pytest.raises(ValueError, match="clips have 2 frames, expected 3 or more"):
        encoder(torch.zeros(1, 3, 2, 16, 16))


def leave_nan_in_memory(sizes: list[int]) -> None:
    """Leaves NaN in the memory that the next tensors get."""
    for tensor in [torch.full((size,), torch.nan) for size in sizes]:
        del tensor


def written_out(x: Tensor, weights: dict[str, Tensor], training: bool) -> Tensor:
    """Frame by frame over space, then position by position over time."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        if training:
            mean, variance = x.mean((0, 2, 3, 4)), x.var((0, 2, 3, 4), unbiased=False)
        return ((x - mean.view(-1, 1, 1, 1)) / (variance.view(-1, 1, 1, 1) + 1e-5).sqrt()).clamp(min=0)

    def space(frame: Tensor, weight: Tensor, *, before: int, stride: int) -> Tensor:
        return F.conv2d(F.pad(frame, (before, 2 - before) * 2, mode="reflect"), weight, stride=stride)

    def time(x: Tensor, weight: Tensor, *, before: int) -> Tensor:
        last = x.shape[2] - 1
        steps = []
        for step in range(-(-x.shape[2] // 2)):
            taps = [abs(2 * step + tap - before) for tap in range(3)]
            taps = [min(frame, 2 * last - frame) for frame in taps]
            steps.append(sum(torch.einsum("oi,bihw->bohw", weight[:, :, k, 0], x[:, :, f]) for k, f in enumerate(taps)))
        return torch.stack(steps, 2)

    for layer, (before, stride) in enumerate([(1, 2), (1, 2), (0, 2), (1, 1)]):
        weight = weights[f"layers.{layer}.space.0.weight"]
        frames = [space(frame, weight, before=before, stride=stride) for frame in x.unbind(2)]
        x = norm(torch.stack(frames, 2), f"layers.{layer}.space.1")
        if layer < 2:
            x = norm(time(x, weights[f"layers.{layer}.time.0.weight"], before=1 - layer), f"layers.{layer}.time.1")
    point = weights["project.weight"][..., 0, 0]
    return torch.einsum("oi,bithw->bothw", point, x) + weights["project.bias"].view(-1, 1, 1, 1)
