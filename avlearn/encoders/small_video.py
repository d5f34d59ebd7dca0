"""A small encoder of clips that learns on a processor in minutes: factorised over space and time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.encoders.small import ReflectConv2d

SHORTEST = 3
"""Frames of the shortest clip: a border can only be reflected by less than its length."""


class ReflectTimeConv(nn.Conv2d):
    """Convolution over 3 time steps at each position that reflects its input at both ends of the clip; no bias.

    It sees a clip as a picture of time steps by positions: with reflected borders, 2D convolutions are faster on a
    processor than 3D ones.

    Args:
        channels: of the input and of the output.
        before: time steps added at the beginning, 0 or 1; 2n or 2n - 1 time steps become n.
    """

    def __init__(self, channels: int, *, before: int = 1) -> None:
        super().__init__(channels, channels, (3, 1), (2, 1), padding=(1, 0), bias=False, padding_mode="reflect")
        self.before = before

    def forward(self, input: Float[Tensor, "B C T N"]) -> Float[Tensor, "B C t N"]:
        """Features of a batch."""
        steps = input.shape[2]
        after = 2 * (-(-steps // 2)) + 1 - self.before - steps
        # As in ReflectConv2d: autocast would pad in float32
        with torch.autocast(input.device.type, enabled=False):
            padded = F.pad(input, (0, 0, self.before, after), mode="reflect")
        return F.conv2d(padded, self.weight, stride=self.stride)


class SpaceTimeLayer(nn.Module):
    """A 3x3 convolution over space, then one of 3 over time, each with batch norm and ReLU; or that over space only."""

    def __init__(self, space: ReflectConv2d, time: ReflectTimeConv | None = None) -> None:
        super().__init__()
        self.space = _normed(space)
        self.time = None if time is None else _normed(time)

    def forward(self, x: Float[Tensor, "B C T H W"]) -> Float[Tensor, "B D t h w"]:
        """Features of a batch."""
        x = per_frame(self.space, x)
        if self.time is None:
            return x
        steps: Tensor = self.time(x.flatten(3)).unflatten(3, x.shape[3:])
        return steps


class SmallVideoEncoder(nn.Module):
    """`SmallEncoder` for clips, in the manner of R(2+1)D (Tran et al., CVPR 2018): space first, then time.

    Four convolutions over space as those of `SmallEncoder`; the first two are followed by one over time of stride 2,
    where a clip has all its motion left. A position stands for 8x8 pixels of 4 frames. The window of the second step
    in time leans forward, so that position i is centred on frame 4 i + 2, next to the middle of its 4 frames.

    Borders are reflected in space and time: zeros would make them unlike all else. Frames are convolved as a batch of
    pictures and time as the rows of one, with channels last, so that moving between the two copies nothing.

    Args:
        out_dim: channels of the feature map.
        width: channels of the first layer, which has the largest map; the others have 3 and 6 times as many.

    Raises:
        ValueError: no channels; or a clip of less than 3 frames.
    """

    stride = 8
    time_stride = 4

    def __init__(self, *, out_dim: int = 128, width: int = 16) -> None:
        super().__init__()
        if min(out_dim, width) < 1:
            raise ValueError(f"need positive channels, got {out_dim=}, {width=}")
        self.out_dim = out_dim
        self.layers = nn.Sequential(
            SpaceTimeLayer(ReflectConv2d(3, width, stride=2), ReflectTimeConv(width)),
            SpaceTimeLayer(ReflectConv2d(width, 3 * width, stride=2), ReflectTimeConv(3 * width, before=0)),
            SpaceTimeLayer(ReflectConv2d(3 * width, 6 * width, stride=2, before=0)),
            SpaceTimeLayer(ReflectConv2d(6 * width, 6 * width, stride=1)),
        )
        self.project = nn.Conv2d(6 * width, out_dim, 1)

    def forward(self, x: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B D t h w"]:
        """Feature map of a batch; time is divided by 4, height and width by 8, all rounded up."""
        if x.shape[2] < SHORTEST:
            raise ValueError(
                f"clips have {x.shape[2]} frames, expected {SHORTEST} or more: repeat those of a short one"
            )
        return per_frame(self.project, self.layers(x.contiguous(memory_format=torch.channels_last_3d)))


def small_video(out_dim: int = 128, *, width: int = 16) -> SmallVideoEncoder:
    """Encoder of clips: (B, 3, 8, 64, 64) to (B, out_dim, 2, 8, 8).

    >>> import torch
    >>> small_video()(torch.zeros(2, 3, 8, 64, 64)).shape
    torch.Size([2, 128, 2, 8, 8])
    """
    return SmallVideoEncoder(out_dim=out_dim, width=width)


def per_frame(pictures: nn.Module, x: Float[Tensor, "B C T H W"]) -> Float[Tensor, "B D T h w"]:
    """What a network of pictures gives for every frame of a clip."""
    frames: Tensor = pictures(x.transpose(1, 2).flatten(0, 1)).unflatten(0, (len(x), -1))
    return frames.transpose(1, 2)


def _normed(convolution: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU(inplace=True))
