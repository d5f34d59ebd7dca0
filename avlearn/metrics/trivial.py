"""Heat maps that hear nothing: what every localization result must be compared with.

All but `edge_energy` don't even see the picture; they are one map (1, H, W) for all scenes.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor


def whole_image(size: tuple[int, int]) -> Float[Tensor, "1 H W"]:
    """1 everywhere.

    Raises:
        ValueError: a picture without pixels.
    """
    return torch.ones(1, *_checked_size(size))


def centre_box(size: tuple[int, int], *, side: float = 0.5) -> Float[Tensor, "1 H W"]:
    """1 inside a box around the centre.

    Args:
        size: height and width in pixels.
        side: its height and width as fractions of the picture's, in (0, 1].

    Raises:
        ValueError: a picture without pixels, or side outside (0, 1].

    Example:
        >>> centre_box((4, 4)).mean()
        tensor(0.2500)
    """
    _check_share("side", side)
    y, x = _offsets(size)
    return torch.maximum(y.abs(), x.abs()).le(side / 2).float()[None]


def centred_disc(size: tuple[int, int], *, area: float = 0.5) -> Float[Tensor, "1 H W"]:
    """1 inside a disc around the centre (an ellipse where the picture is not square).

    Args:
        size: height and width in pixels.
        area: its share of the picture, in (0, pi / 4].

    Raises:
        ValueError: a picture without pixels, or an area that doesn't fit.
    """
    if not 0 < area <= math.pi / 4:
        raise ValueError(f"area is {area}; a disc can have a share in (0, {math.pi / 4:.3f}] of its picture")
    y, x = _offsets(size)
    return (y.square() + x.square()).le(area / math.pi).float()[None]


def centred_gaussian(size: tuple[int, int], *, spread: float = 0.25) -> Float[Tensor, "1 H W"]:
    """A bell around the centre, 1 at its top: the disc for rules that rank pixels.

    Args:
        size: height and width in pixels.
        spread: standard deviation as a fraction of the picture's height and width, positive.

    Raises:
        ValueError: a picture without pixels, or a spread that is not positive.
    """
    if not spread > 0:
        raise ValueError(f"spread is {spread}; give a positive fraction of the picture, 0.25 for example")
    y, x = _offsets(size)
    return torch.exp(-(y.square() + x.square()) / (2 * spread**2))[None]


def edge_energy(pictures: UInt8[Tensor, "B C H W"], *, blur: float = 0.04) -> Float[Tensor, "B H W"]:
    """Blurred magnitude of the Sobel gradient: where the picture has most contrast, whatever sounds.

    Args:
        pictures: 0 to 255; channels are averaged first.
        blur: standard deviation of the Gaussian as a fraction of the picture's larger side, positive.

    Raises:
        ValueError: pictures of less than 2 x 2 pixels, or a blur that is not positive.
    """
    if min(pictures.shape[-2:]) < 2 or not blur > 0:
        raise ValueError(f"pictures are {tuple(pictures.shape)}, blur is {blur}; need 2 x 2 pixels and a positive blur")
    grey = pictures.float().mean(1) / 255
    return _blurred(_slopes(grey), blur * max(grey.shape[-2:]))


def _slopes(grey: Tensor) -> Tensor:
    # Sobel; the border is repeated outwards, so that it makes no edge of its own
    padded = F.pad(grey, (1, 1, 1, 1), mode="replicate")
    smooth, slope = grey.new_tensor([0.25, 0.5, 0.25]), grey.new_tensor([-0.5, 0.0, 0.5])
    across = padded.unfold(1, 3, 1) @ smooth, padded.unfold(2, 3, 1) @ smooth
    return ((across[0].unfold(2, 3, 1) @ slope).square() + (across[1].unfold(1, 3, 1) @ slope).square()).sqrt()


def _blurred(maps: Tensor, spread: float) -> Tensor:
    rows, columns = (_bells(length, spread).to(maps) for length in maps.shape[-2:])
    return rows @ maps @ columns.mT


def _bells(length: int, spread: float) -> Tensor:
    # Row i holds the weights of the pixels around i; they sum to 1 at the border too
    steps = torch.arange(length)
    bells = torch.exp(-(steps[:, None] - steps).square() / (2 * spread**2))
    return bells / bells.sum(1, keepdim=True)


def _offsets(size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    # Of pixel centres from the picture's centre, as fractions of its height and width
    height, width = _checked_size(size)
    y, x = (torch.arange(height) + 0.5) / height - 0.5, (torch.arange(width) + 0.5) / width - 0.5
    return y[:, None], x[None, :]


def _checked_size(size: tuple[int, int]) -> tuple[int, int]:
    if min(size) < 1:
        raise ValueError(f"size is {size}; give a height and a width of at least 1 pixel")
    return size


def _check_share(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{name} is {value}; give a fraction of the picture in (0, 1]")
