"""From the bytes of a picture to what a set of weights was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Normalization:
    """Mean and spread of each colour, for values in [0, 1]."""

    mean: tuple[float, float, float]
    """Subtracted from red, green and blue."""
    std: tuple[float, float, float]
    """Divides what is left."""

    def __post_init__(self) -> None:
        if min(self.std) <= 0:
            raise ValueError(f"std must be positive, got {self.std}")


NORMALIZATIONS = {
    "imagenet": Normalization(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    "kinetics": Normalization(mean=(0.43216, 0.394666, 0.37645), std=(0.22803, 0.22145, 0.216989)),
    "tf": Normalization(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
    "small": Normalization(mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)),
}
"""`imagenet`: torchvision's weights for pictures. `kinetics`: those for clips, and XDC's. `tf`: [-1, 1], as in the
authors' code of DCC. `small`: about unit variance."""


class ImageNormalize(nn.Module):
    """uint8 RGB to normalised float32 of the same shape: (B, 3, H, W), or (B, 3, T, H, W) for clips.

    Args:
        normalization: a name in `NORMALIZATIONS`, or a `Normalization`, for instance of a `WeightsCard`.

    Raises:
        ValueError: an unknown name; or frames that are not uint8 with 3 colours on the second axis.

    >>> ImageNormalize("tf")(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)).max()
    tensor(1.)
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, normalization: str | Normalization) -> None:
        super().__init__()
        chosen = _normalization(normalization)
        mean, std = torch.tensor(chosen.mean, dtype=torch.float64), torch.tensor(chosen.std, dtype=torch.float64)
        self.register_buffer("scale", (1.0 / (255.0 * std)).float(), persistent=False)
        self.register_buffer("shift", (-mean / std).float(), persistent=False)

    # Any tensor may come in: refusing it with a readable message is the duty of _check.
    def forward(self, frames: Tensor) -> Float[Tensor, "B 3 *T H W"]:
        """Normalised copy."""
        _check(frames)
        colours = (3,) + (1,) * (frames.ndim - 2)
        return frames.to(self.scale.dtype) * self.scale.view(colours) + self.shift.view(colours)


class SubtractBackground(nn.Module):
    """Clips without their mean picture, float (B, C, T, H, W): what stands still is 0.

    The mean over time is the simplest model of a background; a camera that moves defeats it.

    >>> SubtractBackground()(torch.ones(1, 3, 2, 4, 4)).abs().max()
    tensor(0.)
    """

    def forward(self, clips: Float[Tensor, "B C T H W"]) -> Float[Tensor, "B C T H W"]:
        """What differs from the mean of all frames."""
        return clips - clips.mean(2, keepdim=True)


def _normalization(normalization: str | Normalization) -> Normalization:
    if isinstance(normalization, Normalization):
        return normalization
    if normalization not in NORMALIZATIONS:
        raise ValueError(f"unknown normalization {normalization!r}; choose one of {', '.join(NORMALIZATIONS)}")
    return NORMALIZATIONS[normalization]


def _check(frames: Tensor) -> None:
    if frames.dtype != torch.uint8:
        raise ValueError(f"frames are {frames.dtype}, expected uint8 from 0 to 255: models normalise by themselves")
    if frames.ndim not in (4, 5) or frames.shape[1] != 3:
        raise ValueError(f"frames have shape {tuple(frames.shape)}, expected (B, 3, H, W) or (B, 3, T, H, W)")
