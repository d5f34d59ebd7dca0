"""The Euclidean sibling of co-clustering, as in the authors' later Simplified_DMC code, with an optional cure.

Each modality is clustered by soft k-means with its own number of clusters, and every centre of the sound is matched
with the nearest centre of the picture. `normalize=True` (vectors of length one) and `start="farthest"` are ours.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.types import HeatMaps

from .cocluster import vectors
from .soft import Start, distances, soft_kmeans


class SimplifiedMatcher(nn.Module):
    """Similarity -D, with D^2 = sum over the sound's centres of the squared distance to the nearest visual centre.

    Args:
        in_dim: C, channels of both feature maps; one linear map of this size per modality, as released.
        image_clusters: visual centres: object classes of the scene and one for the background.
        audio_clusters: centres of the sound: its number of sources. One centre is the mean.
        iterations: rounds of soft k-means; 4 as released.
        sharpness: beta per unit of distance; 30 as released.
        normalize: scale vectors to length one before clustering (ours).
        start: first centres, "strided" as released or "farthest" (ours).

    Raises:
        ValueError: from `soft_kmeans`, for settings that can't work.

    Example:
        >>> matcher = SimplifiedMatcher(128, image_clusters=3, audio_clusters=2, normalize=True)
        >>> bool((matcher(torch.randn(5, 128, 12, 12), torch.randn(6, 128, 8, 8)) <= 0).all())
        True
    """

    def __init__(
        self,
        in_dim: int,
        image_clusters: int = 2,
        audio_clusters: int = 1,
        iterations: int = 4,
        sharpness: float = 30.0,
        *,
        normalize: bool = False,
        start: Start = "strided",
    ) -> None:
        super().__init__()
        self.image_clusters, self.audio_clusters = image_clusters, audio_clusters
        self.iterations, self.sharpness, self.normalize, self.start = iterations, sharpness, normalize, start
        self.image_linear = nn.Linear(in_dim, in_dim)
        self.audio_linear = nn.Linear(in_dim, in_dim)

    def forward(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Similarity, at most 0, of every picture with every sound."""
        with torch.autocast(image.device.type, enabled=False):
            image_centres, _ = self._cluster(self._embed(self.image_linear, image), self.image_clusters)
            audio_centres, _ = self._cluster(self._embed(self.audio_linear, audio), self.audio_clusters)
            gaps = distances(image_centres.flatten(0, 1)[None], audio_centres.flatten(0, 1)[None])[0]
            gaps_VKAL = gaps.unflatten(0, image_centres.shape[:2]).unflatten(2, audio_centres.shape[:2])
            distance: Tensor = (gaps_VKAL.amin(1).square().sum(-1) + 1e-9).sqrt()
            return -distance

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"]) -> HeatMaps:
        """Heat maps of picture i for sound i; attention is a position's share in the sound's matched clusters."""
        with torch.autocast(image.device.type, enabled=False):
            u_BNC = self._embed(self.image_linear, image)
            image_centres, image_s = self._cluster(u_BNC, self.image_clusters)
            audio_centres, audio_s = self._cluster(self._embed(self.audio_linear, audio), self.audio_clusters)
            gaps_BKL = distances(image_centres, audio_centres)
            matched_BLN = image_s.gather(1, gaps_BKL.argmin(1)[..., None].expand(-1, -1, image_s.shape[-1]))
            cosines_BLN = F.normalize(audio_centres, dim=-1) @ F.normalize(u_BNC, dim=-1).mT
            return HeatMaps(
                similarity=cosines_BLN.mean(1).unflatten(1, image.shape[2:]),
                attention=matched_BLN.mean(1).unflatten(1, image.shape[2:]),
                clusters=image_s.unflatten(2, image.shape[2:]),
                score=-(gaps_BKL.amin(1).square().sum(-1) + 1e-9).sqrt(),
                sound_clusters=audio_s.unflatten(2, audio.shape[2:]),
            )

    def _embed(self, linear: nn.Linear, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B N C"]:
        x = linear(vectors(features))
        return F.normalize(x, dim=-1) if self.normalize else x

    def _cluster(
        self, x_BNC: Float[Tensor, "B N C"], num_clusters: int
    ) -> tuple[Float[Tensor, "B K C"], Float[Tensor, "B K N"]]:
        return soft_kmeans(x_BNC, num_clusters, iterations=self.iterations, sharpness=self.sharpness, start=self.start)
