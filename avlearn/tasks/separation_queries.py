"""The questions that a separator is asked in a test, for every way to ask them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from avlearn.models import Sight, VisualCentre
from avlearn.models.regions import at_points
from avlearn.tasks.mixtures import Mixtures

MOST = 4
"""Hills that are looked for in a picture."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Questions:
    """Queries for each part of some mixtures, and what the automatic ones found."""

    queries: dict[str, Float[Tensor, "B M D"]]
    """For each way to ask."""
    found: Bool[Tensor, "B M"]
    """Sources that the automatic query found; for the others there is no answer."""
    invented: Int[Tensor, " B"]
    """Hills that are on no source, or on one with a higher hill."""

    @classmethod
    def join(cls, parts: Sequence[Questions]) -> Questions:
        """The questions of all mixtures."""
        return cls(
            queries={name: torch.cat([part.queries[name] for part in parts]) for name in parts[0].queries},
            found=torch.cat([part.found for part in parts]),
            invented=torch.cat([part.invented for part in parts]),
        )


def ask(centre: VisualCentre, mixtures: Mixtures, *, device: torch.device | str = "cpu") -> Questions:
    """All queries, from pictures and mixtures.

    `point` and `box` are told where the source is, `cluster` which visual cluster has the largest share there;
    `automatic` is told nothing: each hill of the attention is a question, and its answer counts for the source whose
    box holds the top of the hill. A model with a single cluster has no query of that kind.

    Args:
        centre: of the separator.
        mixtures: boxes and points are read for `point`, `box` and `cluster`, and to see which source a hill is on.
        device: where the centre is; all that is returned is on the CPU.
    """
    sight = centre.look(mixtures.pictures.to(device))
    points, boxes = (mixtures.by_picture(places).to(device) for places in (mixtures.points, mixtures.boxes))
    automatic, found, invented = _automatic(sight, boxes)
    queries = {"point": sight.at(points), "box": sight.inside(boxes), "automatic": automatic}
    if sight.maps.clusters.shape[1] > 1:
        queries["cluster"] = _by_cluster(sight, points)
    shape = mixtures.parts.shape[:2]
    return Questions(
        queries={name: vectors.reshape(*shape, -1).cpu() for name, vectors in queries.items()},
        found=found.reshape(shape).cpu(),
        invented=invented.reshape(len(mixtures), -1).sum(1).cpu(),
    )


def _by_cluster(sight: Sight, points: Float[Tensor, "P R 2"]) -> Float[Tensor, "P R D"]:
    there = at_points(points, size=sight.size) * sight.heat[:, None]
    shares = torch.einsum("prhw,pkhw->prk", there, sight.maps.clusters.float())
    return _rows(sight.of_clusters(), shares.argmax(2))


def _automatic(
    sight: Sight, boxes: Float[Tensor, "P R 4"]
) -> tuple[Float[Tensor, "P R D"], Bool[Tensor, "P R"], Int[Tensor, " P"]]:
    hills = sight.hills(most=MOST)
    tops = hills.points[:, :, None]
    inside = ((tops >= boxes[:, None, :, :2]) & (tops <= boxes[:, None, :, 2:])).all(3) & hills.there[..., None]
    # Of several boxes that hold a top, the one with the nearest middle
    distance = (tops - (boxes[:, None, :, :2] + boxes[:, None, :, 2:]) / 2).norm(dim=3).masked_fill(~inside, torch.inf)
    on = torch.nn.functional.one_hot(distance.argmin(2), boxes.shape[1]).bool() & inside
    found = on.any(1)
    invented = hills.there.sum(1) - found.sum(1)
    return _rows(sight.on(hills), on.int().argmax(1)), found, invented


def _rows(vectors: Float[Tensor, "P K D"], which: Int[Tensor, "P R"]) -> Float[Tensor, "P R D"]:
    return vectors.gather(1, which[..., None].expand(-1, -1, vectors.shape[2]))
