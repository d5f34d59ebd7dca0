"""DCC, deep co-clustering (Hu, Nie & Li, CVPR 2019; later called DMC), its variants and its baselines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from avlearn.clustering import CoClusteringMatcher, PooledMatcher, SeededMatcher, SimplifiedMatcher
from avlearn.clustering.soft import Start
from avlearn.models.pair import PairConfig, PairModel, check_choice

MatcherName = Literal["co_clustering", "seeded", "simplified", "max", "frame_max", "average"]


@dataclass(frozen=True, kw_only=True)
class DCCConfig(PairConfig):
    """Everything that defines a model; the defaults are the published co-clustering on small encoders."""

    matcher: MatcherName = "co_clustering"
    """How sets of vectors are compared; max, frame_max and average are baselines without clusters."""
    num_clusters: int = 10
    """K; for simplified, the visual centres."""
    audio_clusters: int = 1
    """Centres of the sound, for simplified only."""
    dim: int = 16
    """D of each cluster's space."""
    iterations: int = 3
    """T of the soft assignment."""
    sharpness: float = 1.0
    """z of the assignments; beta of the Euclidean ones."""
    normalize: bool = False
    """Unit vectors before clustering, for simplified only."""
    start: Start = "strided"
    """First centres, for simplified only."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("matcher", self.matcher, get_args(MatcherName))


class DCC(PairModel):
    """Two encoders, a matcher and an objective.

    Args:
        config: see `DCCConfig`.

    Example:
        >>> from avlearn.data import World, DIFFICULTIES
        >>> batch = World(DIFFICULTIES["big"], seed=0).batch(range(4))
        >>> model = DCC(DCCConfig())
        >>> model.step(batch).logs["chance/accuracy"]
        0.25
    """

    config: DCCConfig

    def __init__(self, config: DCCConfig) -> None:
        super().__init__(config)

    def build_matcher(self, in_dim: int) -> CoClusteringMatcher | SeededMatcher | SimplifiedMatcher | PooledMatcher:
        """The matcher of the config's name."""
        config = self.config
        if config.matcher == "co_clustering":
            return CoClusteringMatcher(in_dim, config.num_clusters, config.dim, config.iterations, config.sharpness)
        if config.matcher == "seeded":
            return SeededMatcher(in_dim, config.num_clusters, config.dim, config.iterations, config.sharpness)
        if config.matcher == "simplified":
            return SimplifiedMatcher(
                in_dim,
                config.num_clusters,
                config.audio_clusters,
                config.iterations,
                config.sharpness,
                normalize=config.normalize,
                start=config.start,
            )
        return PooledMatcher(config.matcher)

    def set_clusters(self, *, image: int | None = None, audio: int | None = None) -> None:
        """Use so many visual clusters, and so many of the sound, from now on; the config tells the new numbers.

        Args:
            image: visual clusters; None leaves them.
            audio: clusters of the sound; None leaves them.

        Raises:
            ValueError: fewer than one, or a matcher other than simplified, whose clusters have weights of their own.
        """
        matcher, config = self.matcher, self.config
        if not isinstance(matcher, SimplifiedMatcher):
            raise ValueError(f"the matcher {config.matcher!r} can't change its number of clusters; use 'simplified'")
        image = config.num_clusters if image is None else image
        audio = config.audio_clusters if audio is None else audio
        if image < 1 or audio < 1:
            raise ValueError(f"got {image} visual clusters and {audio} of the sound; give at least one of each")
        self.config = replace(config, num_clusters=image, audio_clusters=audio)
        matcher.image_clusters, matcher.audio_clusters = image, audio
