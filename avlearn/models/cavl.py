"""CAVL, curriculum audiovisual learning (Hu et al., 2020; journal title: heterogeneous audiovisual scene analysis).

Soft-clustering detectors find the contents of picture and sound, and matched contents are the sources. The paper's
network was never released. Its detectors are taken from the authors' Simplified_DMC code, see
`avlearn.clustering.detectors`; the training from simple to complex scenes is `avlearn.training.Curriculum`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor

from avlearn.clustering import DetectorMatcher, Pairs
from avlearn.models.pair import PairConfig, PairModel
from avlearn.types import AVBatch


@dataclass(frozen=True, kw_only=True)
class CAVLConfig(PairConfig):
    """Everything that defines a model."""

    image_clusters: int = 16
    """Contents of the picture, background included."""
    audio_clusters: int = 8
    """Contents of the sound, silence included."""
    iterations: int = 4
    """Rounds of soft k-means."""
    sharpness: float = 10.0
    """beta of its assignments, per unit of distance between unit vectors."""


class CAVL(PairModel):
    """Two encoders and a detector of contents behind each.

    Args:
        config: see `CAVLConfig`.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> batch = World(DIFFICULTIES["multi"], seed=0).batch(range(4))
        >>> pairs = CAVL(CAVLConfig()).pairs(batch)
        >>> pairs.heat.shape, pairs.count().shape
        (torch.Size([4, 16, 12, 12]), torch.Size([4]))
    """

    config: CAVLConfig
    matcher: DetectorMatcher

    def __init__(self, config: CAVLConfig) -> None:
        super().__init__(config)

    def build_matcher(self, in_dim: int) -> DetectorMatcher:
        """Detectors with the config's numbers of clusters."""
        config = self.config
        return DetectorMatcher(
            in_dim, config.image_clusters, config.audio_clusters, config.iterations, config.sharpness
        )

    def pairs(self, batch: AVBatch, *, alike: float = 0.7) -> Pairs:
        """The sources of each scene, from its picture and the mixture: where each is seen, and what of the sound it is.

        Args:
            batch: scenes.
            alike: cosine from which visual contents that both got sound are one source.

        Raises:
            ValueError: as `localize`; or a cosine outside (0, 1].
        """
        return self.matcher.pairs(*self.encode(batch), alike=alike)

    def set_clusters(self, *, image: int | None = None, audio: int | None = None) -> None:
        """Find so many contents in pictures, and so many in sounds, from now on; the config tells the new numbers.

        Args:
            image: visual clusters; None leaves them.
            audio: clusters of the sound; None leaves them.

        Raises:
            ValueError: fewer than one.
        """
        config = self.config
        image = config.image_clusters if image is None else image
        audio = config.audio_clusters if audio is None else audio
        if image < 1 or audio < 1:
            raise ValueError(f"got {image} visual clusters and {audio} of the sound; give at least one of each")
        self.config = replace(config, image_clusters=image, audio_clusters=audio)
        self.matcher.image_clusters, self.matcher.audio_clusters = image, audio

    def distance(self, similarity: Float[Tensor, "B B"]) -> Float[Tensor, "B B"]:
        """Root of the mean squared distance of matched unit centres, contents weighted by mass: 0 to 2."""
        return (2 - 2 * similarity).clamp_min(1e-9).sqrt()
