"""Soft-clustering detectors in both modalities: how CAVL (Hu et al., 2020) finds what is seen and what is heard.

Each modality of a scene is clustered by itself, with as many clusters as there may be contents and background, and
every centre of the sound is matched with the nearest centre of the picture, so that a scene of several sources has
several matched pairs. Soft k-means and the matching are those of the authors' Simplified_DMC code. Ours are directions
in the place of vectors, first centres far from each other, and that each content counts by its mass.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.types import HeatMaps

from .cocluster import vectors
from .pairs import Contents, Pairs, arrivals, nearest, pair_up
from .soft import soft_kmeans


class DetectorMatcher(nn.Module):
    """Similarity: sum over the contents of the sound of mass times cosine with the nearest visual content.

    Args:
        in_dim: C, channels of both feature maps; one linear map of this size per modality, as in Simplified_DMC, which
            starts as the identity here.
        image_clusters: visual clusters. The background takes most of them, so there should be several times more than
            objects.
        audio_clusters: clusters of the sound, silence included. One is the one-centre control.
        iterations: rounds of soft k-means; 4 as released.
        sharpness: beta per unit of distance; unit vectors are at most 2 apart.

    Raises:
        ValueError: from `soft_kmeans`, for settings that can't work.

    Example:
        >>> matcher = DetectorMatcher(128)
        >>> image, audio = torch.randn(5, 128, 12, 12), torch.randn(5, 128, 8, 8)
        >>> matcher(image, audio).shape, matcher.pairs(image, audio).heat.shape
        (torch.Size([5, 5]), torch.Size([5, 16, 12, 12]))
    """

    def __init__(
        self,
        in_dim: int,
        image_clusters: int = 16,
        audio_clusters: int = 8,
        iterations: int = 4,
        sharpness: float = 10.0,
    ) -> None:
        super().__init__()
        self.image_clusters, self.audio_clusters = image_clusters, audio_clusters
        self.iterations, self.sharpness = iterations, sharpness
        self.image_linear, self.audio_linear = _identity(in_dim), _identity(in_dim)

    def forward(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Similarity in [-1, 1] of every picture with every sound."""
        with torch.autocast(image.device.type, enabled=False):
            seen, heard = self.see(image), self.hear(audio)
            cosines = seen.centres.flatten(0, 1) @ heard.centres.flatten(0, 1).mT
            cosines_VKAL = cosines.unflatten(0, seen.mass.shape).unflatten(2, heard.mass.shape)
            similarity: Tensor = (cosines_VKAL.amax(1) * heard.mass).sum(-1)
            return similarity

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"]) -> HeatMaps:
        """Heat maps of picture i for sound i; attention spreads what reaches a visual cluster over its positions."""
        with torch.autocast(image.device.type, enabled=False):
            seen, heard = self.see(image), self.hear(audio)
            directions_BNC = F.normalize(self.image_linear(vectors(image)), dim=-1)
            sound_BC = torch.einsum("bl,blc->bc", heard.mass, heard.centres)
            return HeatMaps(
                similarity=torch.einsum("bnc,bc->bn", directions_BNC, sound_BC).unflatten(1, image.shape[2:]),
                attention=torch.einsum("bk,bkhw->bhw", arrivals(seen, heard), seen.shares),
                clusters=seen.shares,
                score=(nearest(seen, heard)[1] * heard.mass).sum(-1),
                sound_clusters=heard.shares,
            )

    def pairs(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"], *, alike: float = 0.7) -> Pairs:
        """What is seen and heard, source by source; see `pair_up`."""
        with torch.autocast(image.device.type, enabled=False):
            return pair_up(self.see(image), self.hear(audio), alike=alike)

    def see(self, image: Float[Tensor, "B C h w"]) -> Contents:
        """What the pictures show."""
        return self._detect(self.image_linear, image, self.image_clusters)

    def hear(self, audio: Float[Tensor, "B C t f"]) -> Contents:
        """What the sounds hold."""
        return self._detect(self.audio_linear, audio, self.audio_clusters)

    def _detect(self, linear: nn.Linear, features: Float[Tensor, "B C y x"], num_clusters: int) -> Contents:
        x_BNC = linear(vectors(features))
        _, s_BKN = soft_kmeans(
            F.normalize(x_BNC, dim=-1),
            num_clusters,
            iterations=self.iterations,
            sharpness=self.sharpness,
            start="farthest",
        )
        length_BN = x_BNC.norm(dim=-1)
        total_B1 = length_BN.sum(1, keepdim=True).clamp_min(torch.finfo(x_BNC.dtype).tiny)
        return Contents(
            centres=F.normalize(s_BKN @ x_BNC, dim=-1),
            mass=torch.einsum("bkn,bn->bk", s_BKN, length_BN) / total_B1,
            shares=s_BKN.unflatten(2, features.shape[2:]),
        )


def _identity(size: int) -> nn.Linear:
    linear = nn.Linear(size, size)
    nn.init.eye_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
