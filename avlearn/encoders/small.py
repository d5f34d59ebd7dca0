"""Small convolutional encoders that learn on a processor in minutes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class ReflectConv2d(nn.Conv2d):
    """3x3 convolution that reflects its input at the border; no bias, which the batch norm after it would remove.

    Args:
        in_channels: of the input.
        out_channels: of the output.
        stride: 1 or 2; an axis of 2n or 2n - 1 cells becomes n cells at stride 2.
        before: rows and columns added at the top and left, 0 to 2; at the bottom and right it is the rest to 2.
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: int, before: int = 1) -> None:
        super().__init__(in_channels, out_channels, 3, stride, padding=1, bias=False, padding_mode="reflect")
        self.border = (before, 2 - before, before, 2 - before)

    def forward(self, input: Float[Tensor, "B C height width"]) -> Float[Tensor, "B D h w"]:
        """Feature map of a batch."""
        # Autocast would pad in float32 and convert to and fro: a third of the time of the whole encoder
        with torch.autocast(input.device.type, enabled=False):
            padded = F.pad(input, self.border, mode="reflect")
        return F.conv2d(padded, self.weight, stride=self.stride)


class SmallEncoder(nn.Module):
    """Three 3x3 convolutions of stride 2, one of stride 1, and a 1x1 projection: 8 cells of input per position.

    At stride 2 a 3x3 window is half a cell off the middle of the two cells it stands for, and these shifts add up to
    almost half a position. So the third convolution leans the other way: the window of position i is centred on cell
    8 i + 4 of the input, next to 8 i + 3.5, where the position lands when the map is enlarged.

    Borders are reflected: zeros would make border positions unlike all others, and a clustering that starts from points
    far apart would pick them first. Faster on a CPU after `.to(memory_format=torch.channels_last)`, which training does
    where it helps.

    Args:
        in_channels: 3 for pictures, 1 for spectrograms.
        out_dim: channels of the feature map.
        width: channels of the first layer, which has the largest map; the others have 3 and 6 times as many.

    Raises:
        ValueError: no channels.
    """

    stride = 8

    def __init__(self, in_channels: int, *, out_dim: int = 128, width: int = 16) -> None:
        super().__init__()
        if min(in_channels, out_dim, width) < 1:
            raise ValueError(f"need positive channels, got in_channels={in_channels}, {out_dim=}, {width=}")
        self.out_dim = out_dim
        self.layers = nn.Sequential(
            *_layer(in_channels, width, stride=2),
            *_layer(width, 3 * width, stride=2),
            *_layer(3 * width, 6 * width, stride=2, before=0),
            *_layer(6 * width, 6 * width, stride=1),
            nn.Conv2d(6 * width, out_dim, 1),
        )

    def forward(self, x: Float[Tensor, "B C height width"]) -> Float[Tensor, "B D h w"]:
        """Feature map of a batch; each axis is divided by 8 and rounded up."""
        features: Tensor = self.layers(x)
        return features


def small_image(out_dim: int = 128, *, width: int = 16) -> SmallEncoder:
    """Encoder of pictures: (B, 3, 96, 96) to (B, out_dim, 12, 12).

    >>> import torch
    >>> small_image()(torch.zeros(2, 3, 96, 96)).shape
    torch.Size([2, 128, 12, 12])
    """
    return SmallEncoder(3, out_dim=out_dim, width=width)


def small_audio(out_dim: int = 128, *, width: int = 16) -> SmallEncoder:
    """Encoder of log-mel spectrograms: (B, 1, 64, 64) to (B, out_dim, 8, 8).

    >>> import torch
    >>> small_audio()(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 128, 8, 8])
    """
    return SmallEncoder(1, out_dim=out_dim, width=width)


def _layer(in_channels: int, out_channels: int, *, stride: int, before: int = 1) -> list[nn.Module]:
    return [
        ReflectConv2d(in_channels, out_channels, stride=stride, before=before),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    ]
