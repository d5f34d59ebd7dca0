"""The question to a separator: what a localizer finds in the picture, as one vector for each thing to be heard.

CAVL lets matched visual centres guide its separation; how they are wired in is not public, so this is ours. A query is
the mean of the picture's features over a region, as a unit vector, whoever chose the region: the attention of the model
itself, when it hears the mixture; a point or a box that somebody marks; a cluster; or the hills of the attention, which
say by themselves how many things sound. No label and no clean sound has a part in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.audio.resample import resample
from avlearn.data import MixBatch
from avlearn.models.pair import PairModel
from avlearn.models.regions import REACH, SPREAD, Hills, at_points, hills, in_boxes, pool
from avlearn.types import AVBatch, HeatMaps

FLOOR = 1e-6
"""Least attention of a position: where nothing is seen of the sound, the query is the mean of the whole picture."""
LEAST = 0.03
"""Share of the highest hill that another must reach, for something to sound there; attention falls off steeply. Chosen
on validation scenes of two and three sources."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Sight:
    """Pictures as a localizer sees them while it hears a mixture, to be asked about any region."""

    features: Float[Tensor, "B C h w"]
    """Feature maps of the pictures."""
    maps: HeatMaps
    """What the localizer says of pictures and mixtures."""

    @property
    def size(self) -> tuple[int, int]:
        """h, w of the feature maps."""
        return self.features.shape[2], self.features.shape[3]

    @property
    def heat(self) -> Float[Tensor, "B h w"]:
        """The attention, nowhere below `FLOOR`."""
        return self.maps.attention.float().clamp(min=FLOOR)

    def heard(self) -> Float[Tensor, "B C"]:
        """Mean under the attention: what is heard of each picture, all of it together."""
        return pool(self.features, self.heat[:, None])[:, 0]

    def at(self, points: Float[Tensor, "B M 2"], *, spread: float = SPREAD) -> Float[Tensor, "B M C"]:
        """Mean under the attention about each point, x and y as fractions of the picture."""
        return pool(self.features, at_points(points, size=self.size, spread=spread) * self.heat[:, None])

    def inside(self, boxes: Float[Tensor, "B M 4"]) -> Float[Tensor, "B M C"]:
        """Mean under the attention inside of each box, x1, y1, x2, y2 as fractions of the picture."""
        return pool(self.features, in_boxes(boxes, size=self.size) * self.heat[:, None])

    def of_clusters(self) -> Float[Tensor, "B K C"]:
        """Mean under the attention of each visual cluster, by the shares that it has of the positions."""
        return pool(self.features, self.maps.clusters.float() * self.heat[:, None])

    def hills(self, *, most: int = 4, least: float = LEAST) -> Hills:
        """Where things sound, the clearest first; a picture in which nothing is seen of the sound has none."""
        found = hills(self.heat, most=most, least=least)
        return replace(found, there=found.there & (found.heights > FLOOR))

    def on(self, found: Hills) -> Float[Tensor, "B M C"]:
        """Mean under the attention about the top of each hill."""
        return pool(self.features, at_points(found.points, size=self.size, spread=REACH) * self.heat[:, None])


class VisualCentre(nn.Module):
    """Queries for a `Separator` from a trained localizer.

    Args:
        localizer: a trained `DCC` or another `PairModel`; it is used as it is, so freeze it where it must not change.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DCC, DCCConfig
        >>> batch = World(DIFFICULTIES["multi"], seed=0).batch(range(2))
        >>> centre = VisualCentre(DCC(DCCConfig())).eval()
        >>> sight = centre.look(batch)
        >>> centre(batch).shape, sight.at(torch.rand(2, 3, 2)).shape
        (torch.Size([2, 128]), torch.Size([2, 3, 128]))
    """

    def __init__(self, localizer: PairModel) -> None:
        super().__init__()
        self.localizer = localizer
        self.out_dim = localizer.image_encoder.out_dim

    def forward(self, batch: AVBatch) -> Float[Tensor, "B D"]:
        """What is heard of each picture, in whatever its sound is: the query of a separator that learns."""
        return self.look(batch).heard()

    def look(self, batch: AVBatch) -> Sight:
        """Each picture, seen while its sound is heard; the sound may have any rate.

        Raises:
            ValueError: pictures or sounds that the localizer refuses.
        """
        features, audio = self.localizer.encode(self._audible(batch))
        return Sight(features=features, maps=self.localizer.explain(features, audio))

    def of_mixtures(self, mixed: MixBatch) -> Float[Tensor, "B M D"]:
        """The same as asking about `mixed.questions()`, but every picture and every mixture is encoded only once."""
        rows, inverse = mixed.rows.flatten().unique(return_inverse=True)
        mixtures = len(mixed.waveform)
        if len(rows) < mixtures:
            return self(mixed.questions()).unflatten(0, tuple(mixed.rows.shape))  # type: ignore[no-any-return]
        questions = mixed.questions()
        place = torch.empty_like(rows).scatter_(0, inverse, torch.arange(len(inverse), device=rows.device))
        # A share of the mixtures of a batch shows a few more pictures than there are mixtures
        sounds = mixed.waveform[torch.arange(len(rows), device=rows.device).clamp(max=mixtures - 1)]
        once = replace(questions, frames=questions.frames[place], waveform=sounds, index=questions.index[place])
        features, audio = self.localizer.encode(self._audible(once))
        features, audio = features[inverse], audio[:mixtures].repeat_interleave(mixed.rows.shape[1], 0)
        sight = Sight(features=features, maps=self.localizer.explain(features, audio))
        heard: Tensor = sight.heard().unflatten(0, tuple(mixed.rows.shape))
        return heard

    def _audible(self, batch: AVBatch) -> AVBatch:
        # A separator may hear at another rate than its localizer
        rate = self.localizer.frontend.sample_rate
        return replace(
            batch, waveform=resample(batch.waveform, rate=batch.sample_rate, new_rate=rate), sample_rate=rate
        )
