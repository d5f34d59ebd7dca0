"""U-Net on spectrograms (Ronneberger et al., 2015), as Sound of Pixels uses it: what to hear at every cell."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

WIDEST = 8
"""No layer has more than this many times the channels of the first."""


class UNet(nn.Module):
    """Halves the map `levels` times, then doubles it back, each time with the map of the way down beside it.

    Down: 4x4 convolution of stride 2, batch norm, leaky ReLU. Up: bilinear, 3x3 convolution, batch norm, ReLU; the last
    has no norm. Maps of any size are padded by their border to a multiple of 2^levels, and cut back.

    `down` and `up` can be called apart, to ask one sound several questions at the bottleneck.

    Args:
        in_channels: of the input.
        out_channels: of the output.
        levels: halvings; 7 as published, 4 for a processor.
        width: channels of the first level; each further level has twice as many, up to 8 times.

    Raises:
        ValueError: no levels or no channels.

    Example:
        >>> UNet(1, 5, levels=3, width=4)(torch.zeros(2, 1, 32, 21)).shape
        torch.Size([2, 5, 32, 21])
    """

    def __init__(self, in_channels: int, out_channels: int, *, levels: int, width: int) -> None:
        super().__init__()
        if min(in_channels, out_channels, levels, width) < 1:
            raise ValueError(f"need positive numbers, got {in_channels=}, {out_channels=}, {levels=}, {width=}")
        widths = [min(2**level, WIDEST) * width for level in range(levels)]
        self.levels, self.deepest = levels, widths[-1]
        self.norm = nn.BatchNorm2d(in_channels)
        self.halvings = nn.ModuleList(
            _halve(before, after, norm=0 < level < levels - 1)
            for level, (before, after) in enumerate(pairwise([in_channels, *widths]))
        )
        targets = [out_channels, *widths]
        self.doublings = nn.ModuleList(
            _double(widths[level] * (1 if level == levels - 1 else 2), targets[level], last=level == 0)
            for level in reversed(range(levels))
        )

    def forward(self, x: Float[Tensor, "B C height width"]) -> Float[Tensor, "B D height width"]:
        """Output for every cell."""
        maps = self.down(x)
        return self.up(maps, size=(x.shape[2], x.shape[3]))

    def down(self, x: Float[Tensor, "B C height width"]) -> list[Tensor]:
        """Maps of all levels, the coarsest last."""
        multiple = 2**self.levels
        height, width = x.shape[2:]
        x = F.pad(self.norm(x), (0, -width % multiple, 0, -height % multiple), mode="replicate")
        maps = []
        for layer in self.halvings:
            x = layer(x)
            maps.append(x)
        return maps

    def up(self, maps: list[Tensor], *, size: tuple[int, int]) -> Float[Tensor, "B D height width"]:
        """Output from the maps of all levels, cut to a size."""
        x = maps[-1]
        for layer, beside in zip(self.doublings, [*maps[-2::-1], None], strict=True):
            x = layer(x)
            if beside is not None:
                x = torch.cat([beside, x], 1)
        return x[..., : size[0], : size[1]]


def _halve(before: int, after: int, *, norm: bool) -> nn.Sequential:
    # As published, neither the first nor the last level has a norm
    layers: list[nn.Module] = [nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False)]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(after)] if norm else []), nn.LeakyReLU(0.2))


def _double(before: int, after: int, *, last: bool) -> nn.Sequential:
    enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=last)
    return nn.Sequential(enlarge, convolution, *([] if last else [nn.BatchNorm2d(after), nn.ReLU()]))
