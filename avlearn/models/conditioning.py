"""How a query takes part in a separator: the layers between a visual centre and the maps of a sound."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.models.unet import UNet

Conditioning = Literal["mixer", "synthesizer", "film"]
"""mixer: the net gives some maps of the sound once, and a small network turns each query into a weight of either sign
for each map, and a bias. synthesizer: as published, a positive weight for each map from one layer, a learnt scale for
each map, one bias. film: the query scales and shifts the channels of the bottleneck (Perez et al., 2018), and the rest
of the net runs once for each query."""


def conditioner(name: Conditioning, dim: int, *, unet: UNet, maps: int, hidden: int) -> Mixer | Synthesizer | FiLM:
    """The layers of this name.

    Args:
        name: see `Conditioning`.
        dim: length of the queries.
        unet: what hears the sound.
        maps: that it gives, for mixer and synthesizer.
        hidden: width of the network that reads the query, for mixer.
    """
    if name == "film":
        return FiLM(dim, unet.deepest)
    return Synthesizer(dim, maps) if name == "synthesizer" else Mixer(dim, maps, hidden)


class Directions(nn.Module):
    """Unit vectors, less what all of them share: the centres of one localizer may be nearly parallel."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(dim, affine=False)

    def forward(self, query: Float[Tensor, "B D"]) -> Float[Tensor, "B D"]:
        """Directions, of mean 0 and variance 1 over a batch in training."""
        centred: Tensor = self.norm(F.normalize(query.float(), dim=-1))
        return centred


class Mixer(nn.Module):
    """Weighs maps of the sound by what a small network reads from the query; see `Conditioning`."""

    def __init__(self, dim: int, maps: int, hidden: int) -> None:
        super().__init__()
        self.weights = nn.Sequential(Directions(dim), nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, maps + 1))

    def forward(self, maps: Float[Tensor, "B C h w"], queries: Float[Tensor, "B M D"]) -> Float[Tensor, "B M h w"]:
        """Answers of the maps to each query."""
        weights = self.weights(queries.flatten(0, 1)).unflatten(0, tuple(queries.shape[:2]))
        mixed: Tensor = torch.einsum("bmc,bchw->bmhw", weights[..., :-1], maps) + weights[..., -1, None, None]
        return mixed


class FiLM(nn.Module):
    """Scales and shifts channels by what one layer reads from the query."""

    def __init__(self, dim: int, channels: int) -> None:
        super().__init__()
        self.modulation = nn.Sequential(Directions(dim), nn.Linear(dim, 2 * channels))

    def forward(self, x: Float[Tensor, "B C h w"], query: Float[Tensor, "B D"]) -> Float[Tensor, "B C h w"]:
        """The map as its query wants it."""
        scale, shift = self.modulation(query)[..., None, None].chunk(2, 1)
        modulated: Tensor = x * (1 + scale) + shift
        return modulated


class Synthesizer(nn.Module):
    """Weighs maps of the sound as published."""

    def __init__(self, dim: int, maps: int) -> None:
        super().__init__()
        # Published encoders of pictures end in as many channels as there are maps; a frozen one is projected to them
        self.shares = nn.Sequential(Directions(dim), nn.Linear(dim, maps), nn.Sigmoid())
        self.scale = nn.Parameter(torch.ones(maps))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, maps: Float[Tensor, "B C h w"], queries: Float[Tensor, "B M D"]) -> Float[Tensor, "B M h w"]:
        """Answers of the maps to each query."""
        shares = self.shares(queries.flatten(0, 1)).unflatten(0, tuple(queries.shape[:2]))
        return torch.einsum("bmc,bchw->bmhw", shares * self.scale, maps) + self.bias
