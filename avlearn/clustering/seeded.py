"""Sound-seeded co-clustering: this project's variant of DCC, not the paper's.

Two modalities that cluster independently need luck for cluster j to be the same thing in both. Here the sound is
clustered as published, and its centres start the picture's single routing step. A null cluster with a learned, constant
logit takes the background, and each cluster counts by the mass of sound it holds.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.types import HeatMaps

from .cocluster import (
    agreement,
    check_clusters,
    cocluster,
    contributions,
    glorot,
    position_cosines,
    squash,
    unit,
    vectors,
)


class SeededMatcher(nn.Module):
    """Similarity sum_j m_j cos(c_j^v, c_j^a), where the sound's centres decide what the picture's centres collect.

    Args:
        in_dim: C, channels of both feature maps.
        num_clusters: K; 1 is the one-vector control.
        dim: D of each cluster's space.
        iterations: T of the sound's clustering; the picture takes one step.
        sharpness: z of the assignments.
        null_logit: start of the learned agreement that a position must beat to be taken by a cluster.

    Raises:
        ValueError: no cluster, no iteration, or a sharpness that isn't positive.

    Example:
        >>> maps = SeededMatcher(128).explain(torch.randn(2, 128, 12, 12), torch.randn(2, 128, 8, 8))
        >>> maps.clusters.shape  # four clusters and the null cluster
        torch.Size([2, 5, 12, 12])
    """

    def __init__(
        self,
        in_dim: int,
        num_clusters: int = 4,
        dim: int = 32,
        iterations: int = 3,
        sharpness: float = 30.0,
        null_logit: float = 0.4,
    ) -> None:
        super().__init__()
        check_clusters(num_clusters, iterations, sharpness, least=1)
        self.iterations, self.sharpness = iterations, sharpness
        self.weight = nn.Parameter(glorot(num_clusters, in_dim, dim))
        self.null_logit = nn.Parameter(torch.tensor(null_logit))

    def forward(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Similarity in [-1, 1] of all pairs. Every sound routes every picture, which takes V A N K numbers."""
        with torch.autocast(image.device.type, enabled=False):
            seeds_AKD, mass_AK, _ = self._listen(audio)
            seeds_AKD = unit(seeds_AKD)
            u_VKND = torch.einsum("vnc,kcd->vknd", squash(vectors(image)), self.weight)
            s_VKAN = self._assign(torch.einsum("vknd,akd->vkan", u_VKND, seeds_AKD))
            return torch.einsum("vkad,akd,ak->va", unit(s_VKAN @ u_VKND), seeds_AKD, mass_AK)

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"]) -> HeatMaps:
        """Heat maps of picture i for sound i; attention sums to the score, and the last cluster is the null cluster."""
        with torch.autocast(image.device.type, enabled=False):
            u_BNC = squash(vectors(image))
            seeds_BKD, mass_BK, audio_s = self._listen(audio)
            s_BKN = self._assign(agreement(seeds_BKD, self.weight, u_BNC))
            share_BKN = mass_BK[..., None] * contributions(u_BNC, self.weight, s_BKN, seeds_BKD)
            null_B1N = (1 - s_BKN.sum(1, keepdim=True)).clamp_min(0)  # rounding may give a little less
            return HeatMaps(
                similarity=position_cosines(u_BNC, self.weight, seeds_BKD, mass_BK).unflatten(1, image.shape[2:]),
                attention=share_BKN.sum(1).unflatten(1, image.shape[2:]),
                clusters=torch.cat([s_BKN, null_B1N], dim=1).unflatten(2, image.shape[2:]),
                score=share_BKN.sum((1, 2)),
                sound_clusters=audio_s.unflatten(2, audio.shape[2:]),
            )

    def _listen(
        self, audio: Float[Tensor, "A C t f"]
    ) -> tuple[Float[Tensor, "A K D"], Float[Tensor, "A K"], Float[Tensor, "A K N"]]:
        c_AKD, s_AKN = cocluster(vectors(audio), self.weight, iterations=self.iterations, sharpness=self.sharpness)
        return c_AKD, s_AKN.mean(-1), s_AKN

    def _assign(self, b_BKx: Float[Tensor, "B K *x"]) -> Float[Tensor, "B K *x"]:
        # Softmax over the clusters and the null cluster, which is left out of the result
        null_B1x = self.null_logit.expand_as(b_BKx[:, :1])
        return torch.softmax(self.sharpness * torch.cat([b_BKx, null_B1x], dim=1), dim=1)[:, :-1]
