"""The convolutional trunks of VGG-16 and VGGish, with the state-dict keys of their public PyTorch versions."""

from __future__ import annotations

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

VGG16_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
VGGISH_BLOCKS = ((64,), (128,), (256, 256), (512, 512))


class VGG(nn.Module):
    """Blocks of 3x3 convolutions with ReLU, a 2x2 max pool after each; no batch norm.

    Args:
        blocks: output channels of the convolutions of each block.
        in_channels: 3 for pictures, 1 for spectrograms.
        last_pool: False leaves out the pool after the last block, for twice as many positions along each axis.
    """

    def __init__(self, blocks: tuple[tuple[int, ...], ...], *, in_channels: int, last_pool: bool = True) -> None:
        super().__init__()
        layers = [layer for block in _with_inputs(blocks, in_channels) for layer in _block(block)]
        self.features = nn.Sequential(*layers) if last_pool else nn.Sequential(*layers[:-1])
        self.out_dim = blocks[-1][-1]
        self.stride = 2 ** (len(blocks) if last_pool else len(blocks) - 1)
        self.apply(_initialise)

    def forward(self, x: Float[Tensor, "B C height width"]) -> Float[Tensor, "B D h w"]:
        """Feature map of a batch; each axis is divided by `stride` and rounded down."""
        features: Tensor = self.features(x)
        return features


def vgg16(last_pool: bool = True) -> VGG:
    """The 13 convolutions of VGG-16: the image encoder of DCC (Hu, Nie and Li, CVPR 2019).

    Keys are those of torchvision's `vgg16` without `classifier.*`. With the last pool, as in the paper, 256x256 gives
    8x8 positions of 512 channels; without, as in the authors' released code, 16x16.

    >>> import torch
    >>> vgg16()(torch.zeros(1, 3, 64, 64)).shape
    torch.Size([1, 512, 2, 2])
    """
    return VGG(VGG16_BLOCKS, in_channels=3, last_pool=last_pool)


def vggish(last_pool: bool = True) -> VGG:
    """The 6 convolutions of VGGish: the audio encoder of DCC (Hu, Nie and Li, CVPR 2019).

    Keys are those of the public PyTorch port (harritaylor/torchvggish) without `embeddings.*`. With the last pool, as
    in the paper, 496x64 log-mel cells give 31x4 positions of 512 channels; without, as in the authors' released code,
    62x8.

    >>> import torch
    >>> vggish()(torch.zeros(1, 1, 96, 64)).shape
    torch.Size([1, 512, 6, 4])
    """
    return VGG(VGGISH_BLOCKS, in_channels=1, last_pool=last_pool)


def _with_inputs(blocks: tuple[tuple[int, ...], ...], in_channels: int) -> list[tuple[int, ...]]:
    inputs = (in_channels, *(block[-1] for block in blocks[:-1]))
    return [(channels, *block) for channels, block in zip(inputs, blocks, strict=True)]


def _block(channels: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)]
    return [*layers, nn.MaxPool2d(2, 2)]


def _initialise(module: nn.Module) -> None:
    # Without batch norm the default start shrinks the signal layer by layer, to 1e-4 of its size after 13 layers
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        assert module.bias is not None
        nn.init.zeros_(module.bias)
