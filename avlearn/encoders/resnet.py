"""ResNet-18 trunk for pictures and spectrograms, with torchvision's state-dict keys."""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import relu

OUT_DIM = 512


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al., CVPR 2016)."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = _shortcut(in_channels, out_channels, stride=stride)

    def forward(self, x: Float[Tensor, "B C height width"]) -> Float[Tensor, "B D h w"]:
        """Features of a batch."""
        residual = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(residual + self.downsample(x))


class ResNet18(nn.Module):
    """ResNet-18 up to its last feature map: no average pool, no classifier.

    Args:
        in_channels: 3 for pictures, 1 for spectrograms.
        last_stride: 2 as in the original; 1 keeps the positions of layer3, as in Simplified_DMC.
        stem: `imagenet`: 7x7 convolution of stride 2, then max pool of stride 2. `small`: 3x3 convolution of stride 1
            and no pool, for inputs of about 32x32.

    Raises:
        ValueError: another `in_channels`, `last_stride` or `stem`.
    """

    def __init__(
        self, *, in_channels: int = 3, last_stride: int = 1, stem: Literal["imagenet", "small"] = "imagenet"
    ) -> None:
        super().__init__()
        _check(in_channels, last_stride, stem)
        large = stem == "imagenet"
        self.conv1 = (
            nn.Conv2d(in_channels, 64, 7, 2, padding=3, bias=False)
            if large
            else nn.Conv2d(in_channels, 64, 3, padding=1, bias=False)
        )
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1) if large else nn.Identity()
        self.layer1 = _stage(64, 64, stride=1)
        self.layer2 = _stage(64, 128, stride=2)
        self.layer3 = _stage(128, 256, stride=2)
        self.layer4 = _stage(256, OUT_DIM, stride=last_stride)
        self.out_dim = OUT_DIM
        self.stride = (4 if large else 1) * 4 * last_stride
        self.apply(_initialise)

    def forward(self, x: Float[Tensor, "B C height width"]) -> Float[Tensor, "B D h w"]:
        """Feature map of a batch; each axis is divided by `stride` and rounded up."""
        x = self.maxpool(relu(self.bn1(self.conv1(x))))
        features: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return features


def resnet18(
    in_channels: int = 3, *, last_stride: int = 1, stem: Literal["imagenet", "small"] = "imagenet"
) -> ResNet18:
    """ResNet-18 trunk: (B, in_channels, height, width) to (B, 512, h, w).

    Keys are those of torchvision's `resnet18` without `fc.*`. With `last_stride=1`, as in Simplified_DMC, a 224x224
    picture gives 14x14 positions and a 201x64 spectrogram 13x4.

    >>> import torch
    >>> resnet18(1)(torch.zeros(1, 1, 201, 64)).shape
    torch.Size([1, 512, 13, 4])
    """
    return ResNet18(in_channels=in_channels, last_stride=last_stride, stem=stem)


def _shortcut(in_channels: int, out_channels: int, *, stride: int) -> nn.Module:
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


def _stage(in_channels: int, out_channels: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(
        BasicBlock(in_channels, out_channels, stride=stride),
        BasicBlock(out_channels, out_channels),
    )


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def _check(in_channels: int, last_stride: int, stem: str) -> None:
    if in_channels < 1:
        raise ValueError(f"in_channels is {in_channels}, expected 3 for pictures or 1 for spectrograms")
    if last_stride not in (1, 2):
        raise ValueError(f"last_stride is {last_stride}, expected 1 or 2")
    if stem not in ("imagenet", "small"):
        raise ValueError(f"stem is {stem!r}, expected 'imagenet' or 'small'")
