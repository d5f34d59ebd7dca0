"""Similarities without clusters: the baselines that every clustering has to be compared with."""

from __future__ import annotations

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.types import HeatMaps

from .cocluster import vectors

Pooling = Literal["max", "frame_max", "average"]
"""max: the best position for the sound's mean vector. frame_max: the best position for each moment of the sound,
averaged over moments (MISA of Harwath et al., 2018). average: the picture's mean vector with the sound's."""


class PooledMatcher(nn.Module):
    """Cosines of every position with the sound, pooled to one number per pair. It has no parameters.

    Args:
        pooling: see `Pooling`.
        sharpness: of the soft maximum that turns cosines into the attention map.

    Raises:
        ValueError: unknown pooling.

    Example:
        >>> features = torch.randn(3, 128, 8, 8)
        >>> PooledMatcher("frame_max")(features, features).shape
        torch.Size([3, 3])
    """

    def __init__(self, pooling: Pooling = "max", sharpness: float = 10.0) -> None:
        super().__init__()
        if pooling not in get_args(Pooling):
            raise ValueError(f"pooling is {pooling!r}; choose one of {', '.join(get_args(Pooling))}")
        self.pooling, self.sharpness = pooling, sharpness

    def forward(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Similarity in [-1, 1] of every picture with every sound."""
        with torch.autocast(image.device.type, enabled=False):
            if self.pooling == "average":
                return F.normalize(vectors(image).mean(1), dim=-1) @ F.normalize(vectors(audio).mean(1), dim=-1).mT
            cosines_VNAT = torch.einsum("vnc,atc->vnat", F.normalize(vectors(image), dim=-1), self._moments(audio))
            return cosines_VNAT.amax(1).mean(-1)

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"]) -> HeatMaps:
        """Heat maps of picture i for sound i; the attention map is the cosine weighted by its own soft maximum."""
        with torch.autocast(image.device.type, enabled=False):
            cosines_BNT = F.normalize(vectors(image), dim=-1) @ self._moments(audio).mT
            weights_BNT = torch.softmax(self.sharpness * cosines_BNT, dim=1)
            return HeatMaps(
                similarity=cosines_BNT.mean(-1).unflatten(1, image.shape[2:]),
                attention=(weights_BNT * cosines_BNT).mean(-1).unflatten(1, image.shape[2:]),
                clusters=torch.ones_like(image[:, :1], dtype=torch.float32),
                score=cosines_BNT.amax(1).mean(-1) if self.pooling != "average" else self(image, audio).diagonal(),
            )

    def _moments(self, audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "A T C"]:
        x_ACT = audio.float().mean(-1)
        if self.pooling != "frame_max":
            x_ACT = x_ACT.mean(-1, keepdim=True)
        return F.normalize(x_ACT.mT, dim=-1)
