"""R(2+1)D-18 trunk for clips, with torchvision's state-dict keys and both published rules for its inner channels."""

from __future__ import annotations

from functools import partial
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import relu

OUT_DIM = 512

Midplanes = Literal["torchvision", "vmz"]

EPS: dict[str, float] = {"torchvision": 1e-5, "vmz": 1e-3}
"""Added to the variance by the batch norms of the released weights of either rule."""


class SpaceTimeConv(nn.Sequential):
    """A 3x3x3 convolution in two: 1x3x3 over space, batch norm, ReLU, then 3x1x1 over time (Tran et al., CVPR 2018).

    Args:
        in_channels: of the input.
        middle: channels between the two; see `middle_channels`.
        out_channels: of the output.
        stride: of both convolutions, along the axes that they see.
        norm: makes the batch norm of a number of channels.
    """

    def __init__(
        self, in_channels: int, middle: int, out_channels: int, *, stride: int, norm: partial[nn.BatchNorm3d]
    ) -> None:
        super().__init__(
            nn.Conv3d(in_channels, middle, (1, 3, 3), (1, stride, stride), padding=(0, 1, 1), bias=False),
            norm(middle),
            nn.ReLU(inplace=True),
            nn.Conv3d(middle, out_channels, (3, 1, 1), (stride, 1, 1), padding=(1, 0, 0), bias=False),
        )


class SpaceTimeBlock(nn.Module):
    """Two factorised convolutions beside a shortcut."""

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int, midplanes: Midplanes, norm: partial[nn.BatchNorm3d]
    ) -> None:
        super().__init__()
        first = middle_channels(in_channels, out_channels)
        second = first if midplanes == "torchvision" else middle_channels(out_channels, out_channels)
        self.conv1 = nn.Sequential(
            SpaceTimeConv(in_channels, first, out_channels, stride=stride, norm=norm), norm(out_channels), nn.ReLU(True)
        )
        self.conv2 = nn.Sequential(
            SpaceTimeConv(out_channels, second, out_channels, stride=1, norm=norm), norm(out_channels)
        )
        self.downsample = _shortcut(in_channels, out_channels, stride=stride, norm=norm)

    def forward(self, x: Float[Tensor, "B C T H W"]) -> Float[Tensor, "B D t h w"]:
        """Features of a batch."""
        return relu(self.conv2(self.conv1(x)) + self.downsample(x))


class R2Plus1D18(nn.Module):
    """R(2+1)D-18 up to its last feature map: no average pool, no classifier.

    Args:
        midplanes: `torchvision` or `vmz`, how the inner channels are counted.
        eps: of all batch norms; None takes that of the released weights of this rule.
        momentum: weight of the newest batch in the running statistics of all batch norms.

    Raises:
        ValueError: another `midplanes`; `eps` not positive; `momentum` not above 0 and at most 1.
    """

    stride = 16
    time_stride = 8

    def __init__(
        self, *, midplanes: Midplanes = "torchvision", eps: float | None = None, momentum: float = 0.1
    ) -> None:
        super().__init__()
        _check(midplanes, eps, momentum)
        norm = partial(nn.BatchNorm3d, eps=EPS[midplanes] if eps is None else eps, momentum=momentum)
        stage = partial(_stage, midplanes=midplanes, norm=norm)
        self.stem = nn.Sequential(
            nn.Conv3d(3, 45, (1, 7, 7), (1, 2, 2), padding=(0, 3, 3), bias=False),
            norm(45),
            nn.ReLU(inplace=True),
            nn.Conv3d(45, 64, (3, 1, 1), padding=(1, 0, 0), bias=False),
            norm(64),
            nn.ReLU(inplace=True),
        )
        self.layer1 = stage(64, 64, stride=1)
        self.layer2 = stage(64, 128, stride=2)
        self.layer3 = stage(128, 256, stride=2)
        self.layer4 = stage(256, OUT_DIM, stride=2)
        self.out_dim = OUT_DIM
        self.apply(_initialise)

    def forward(self, x: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B D t h w"]:
        """Feature map of a batch; time is divided by 8, height and width by 16, all rounded up."""
        features: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))
        return features


def r2plus1d_18(midplanes: Midplanes = "torchvision", *, eps: float | None = None, momentum: float = 0.1) -> R2Plus1D18:
    """R(2+1)D-18 trunk (Tran et al., CVPR 2018): (B, 3, T, H, W) to (B, 512, t, h, w), the video encoder of XDC.

    Keys are those of torchvision's `r2plus1d_18` without `fc.*`. 8 frames of 224x224 give 1x14x14 positions.

    Two networks bear this name. Each factorised convolution has inner channels, chosen so that it has about as many
    parameters as the whole 3x3x3 convolution: see `middle_channels`. Caffe2's video model zoo (VMZ), and with it the
    released weights of XDC (Alwassel et al., NeurIPS 2020), count them for every convolution; torchvision counts them
    for the first of a block and uses the number for the second too. So the second convolutions of layer2.0, layer3.0
    and layer4.0 have 230, 460 and 921 inner channels with `torchvision`, and 288, 576 and 1152 with `vmz`. The names
    agree and the shapes do not.

    Two settings of batch norm are in no file of weights. `eps` matters whenever features are computed: 1e-5 in
    torchvision, 1e-3 in VMZ and XDC. `momentum` matters in training only. The released code of XDC and VMZ sets 0.9
    after Caffe2, where it is the weight of the *old* statistic; in PyTorch it is the weight of the *new* one, so that
    Caffe2's 0.9 is 0.1 here. With 0.9 the running statistics follow almost only the last batch.

    >>> import torch
    >>> r2plus1d_18("vmz")(torch.zeros(1, 3, 8, 32, 32)).shape
    torch.Size([1, 512, 1, 2, 2])
    """
    return R2Plus1D18(midplanes=midplanes, eps=eps, momentum=momentum)


def middle_channels(in_channels: int, out_channels: int) -> int:
    """Inner channels that give 1x3x3 and 3x1x1 convolutions the parameters of one of 3x3x3, rounded down.

    From 27 i o = m (9 i + 3 o), Tran et al. (CVPR 2018), section 3.5.

    >>> middle_channels(64, 128), middle_channels(128, 128)
    (230, 288)
    """
    return 27 * in_channels * out_channels // (9 * in_channels + 3 * out_channels)


def _stage(
    in_channels: int, out_channels: int, *, stride: int, midplanes: Midplanes, norm: partial[nn.BatchNorm3d]
) -> nn.Sequential:
    block = partial(SpaceTimeBlock, midplanes=midplanes, norm=norm)
    return nn.Sequential(
        block(in_channels, out_channels, stride=stride),
        block(out_channels, out_channels, stride=1),
    )


def _shortcut(in_channels: int, out_channels: int, *, stride: int, norm: partial[nn.BatchNorm3d]) -> nn.Module:
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(nn.Conv3d(in_channels, out_channels, 1, stride, bias=False), norm(out_channels))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv3d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def _check(midplanes: str, eps: float | None, momentum: float) -> None:
    if midplanes not in EPS:
        raise ValueError(f"midplanes is {midplanes!r}, expected {' or '.join(map(repr, EPS))}")
    if eps is not None and eps <= 0:
        raise ValueError(f"eps is {eps}, expected above 0, or None for that of the released weights")
    if not 0 < momentum <= 1:
        raise ValueError(f"momentum is {momentum}, expected above 0 and at most 1: the weight of the newest batch")
