"""The sources that are seen in a video: hills of the attention that look alike, at whatever moments they appear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from sklearn.cluster import AgglomerativeClustering
from torch import Tensor

from avlearn.data.media import MediaError
from avlearn.models import Sight, VisualCentre
from avlearn.tasks.frozen import device_of, evaluation_mode
from avlearn.tasks.moments import Moments, Pace, moments_of, picture_track, tiling_for
from avlearn.tasks.tiles import Tiling
from avlearn.types import HeatMaps

ALIKE = 0.7
"""Cosine from which two hills are one source: in clips of the embedded world 98 % of pairs of the same thing at two
times reach it, and 5 % of pairs of different things."""
SEEN = 0.1
"""Least share of the moments with sound at which a source is seen; rarer ones are taken for errors."""
COMPARED = 400
"""Hills that are compared with each other; of a long video, so many of them at equal distances."""
Told = Callable[[float], None]
"""Is told the time in seconds that was reached."""


@dataclass(frozen=True, eq=False, kw_only=True)
class VisualSource:
    """Something that is seen to sound."""

    query: Float[Tensor, " C"]
    """What it looks like, as a unit vector: the question to a separator."""
    places: Float[Tensor, "N 2"]
    """Where it is at each moment, x and y as fractions of the picture; NaN where it isn't seen."""
    rate: float
    """Moments a second."""

    @property
    def seen(self) -> float:
        """Share of the moments at which it is seen."""
        return float((~self.places[:, 0].isnan()).float().mean())

    def at(self, time: float | int) -> tuple[float, float] | None:
        """Where it is at any time, between two moments in proportion; None where it isn't seen."""
        place = min(time * self.rate, len(self.places) - 1.0)
        before, share = self.places[int(place)], place - int(place)
        after = self.places[min(int(place) + 1, len(self.places) - 1)]
        between = torch.lerp(before, after, share)
        if bool(between.isnan().any()):
            between = before if share < 0.5 else after
        x, y = between.tolist()
        return None if x != x else (x, y)


def find_sources(
    centre: VisualCentre,
    video: Path | str,
    *,
    most: int = 4,
    pace: Pace | None = None,
    told: Told | None = None,
) -> list[VisualSource]:
    """What is seen to sound in a video, the clearest first.

    At each moment the hills of the attention are what sounds. Hills that look alike, by the cosine of their visual
    centres, are one source throughout the video, wherever they are; so two things that look alike are one, too.

    Args:
        centre: of a separator.
        video: a file with pictures and sound.
        most: sources at most.
        pace: how often one looks.
        told: is told how far it is.

    Raises:
        FileNotFoundError: no such file.
        MediaError: a video without pictures or sound, one that is damaged, silent or too short, or in which nothing is
            seen to sound.
        ValueError: no sources are asked for.
    """
    if most < 1:
        raise ValueError(f"most is {most}; ask for at least 1 source")
    pace = pace or Pace()
    vectors, points, heights, heard = [], [], [], []
    for sight, some in _sights(centre, video, pace, told):
        hills = sight.hills()
        there = hills.there & ~some.silent[:, None].to(hills.there.device)
        vectors.append(sight.on(hills).half().cpu())
        points.append(hills.points.cpu())
        heights.append(hills.heights.masked_fill(~there, 0).cpu())
        heard.append(~some.silent)
    sources = _grouped(torch.cat(vectors).float(), torch.cat(points), torch.cat(heights), pace.rate)
    sounding = torch.cat(heard)
    kept = [one for one in sources if one.seen >= SEEN * float(sounding.float().mean())]
    if not kept:
        raise MediaError(f"nothing in {video} is seen to sound; say where by points")
    return kept[:most]


def sources_at(
    centre: VisualCentre,
    video: Path | str,
    points: Sequence[tuple[float | int, float | int]],
    *,
    pace: Pace | None = None,
    told: Told | None = None,
) -> list[VisualSource]:
    """What is seen about some points, on average over the moments with sound.

    Args:
        centre: of a separator.
        video: a file with pictures and sound.
        points: x to the right and y down, as fractions of the picture.
        pace: how often one looks.
        told: is told how far it is.

    Raises:
        FileNotFoundError: no such file.
        MediaError: a video without pictures or sound, one that is damaged, silent or too short.
        ValueError: no points, or some outside of the picture.
    """
    asked = torch.tensor([list(point) for point in points]).reshape(-1, 2)
    if not len(asked) or bool(((asked < 0) | (asked > 1)).any()):
        raise ValueError(f"points are {list(points)}; give one or more, x and y from 0 to 1")
    pace = pace or Pace()
    total, moments = torch.zeros(len(asked), centre.out_dim), 0
    for sight, some in _sights(centre, video, pace, told):
        here = asked.to(sight.features.device).expand(len(some.times), -1, -1)
        total += sight.at(here)[~some.silent].sum(0).cpu()
        moments += len(some.times)
    return [
        VisualSource(query=query, places=place.expand(moments, 2), rate=pace.rate)
        for query, place in zip(F.normalize(total, dim=1), asked, strict=True)
    ]


def _sights(centre: VisualCentre, video: Path | str, pace: Pace, told: Told | None) -> Iterator[tuple[Sight, Moments]]:
    tiling, silent = tiling_for(centre.localizer, picture_track(video)), True
    with evaluation_mode(centre):
        for some in moments_of(video, tiling, pace, sample_rate=centre.localizer.frontend.sample_rate):
            yield _whole(centre.look(some.squares.to(device_of(centre))), tiling), some
            silent = silent and bool(some.silent.all())
            if told is not None:
                told(float(some.times[-1]))
    if silent:
        raise MediaError(f"{video} is silent: there is nothing to separate")


def _whole(sight: Sight, tiling: Tiling) -> Sight:
    """What is seen of whole pictures, from what is seen of their squares."""
    maps = sight.maps
    joined = HeatMaps(
        similarity=tiling.join(maps.similarity),
        attention=tiling.join(maps.attention.float()),
        clusters=tiling.join(maps.clusters),
        score=maps.score.unflatten(0, (-1, len(tiling.corners))).amax(1),
    )
    return Sight(features=tiling.join(sight.features), maps=joined)


def _grouped(
    vectors: Float[Tensor, "N M C"], points: Float[Tensor, "N M 2"], heights: Float[Tensor, "N M"], rate: float
) -> list[VisualSource]:
    """The sources, by falling sum of the heights of their hills."""
    there = heights > 0
    queries = _typical(F.normalize(vectors[there], dim=1), heights[there])
    cosine = F.normalize(vectors, dim=2) @ queries.T
    nearest = cosine.max(2)
    groups = nearest.indices.masked_fill(~there | (nearest.values < ALIKE), -1)
    found = []
    for number, query in enumerate(queries):
        own = heights.masked_fill(groups != number, 0)
        top = own.max(1)
        places = points[torch.arange(len(points)), top.indices].masked_fill((top.values == 0)[:, None], torch.nan)
        found.append((float(own.sum()), VisualSource(query=query, places=places, rate=rate)))
    return [source for _, source in sorted(found, key=lambda one: -one[0])]


def _typical(vectors: Float[Tensor, "n C"], heights: Float[Tensor, " n"]) -> Float[Tensor, "K C"]:
    """Means of groups of vectors that are alike, weighted by height."""
    if len(vectors) < 2:
        return vectors
    some = torch.linspace(0, len(vectors) - 1, min(len(vectors), COMPARED)).round().long()
    grouping = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=1 - ALIKE
    )
    labels = torch.from_numpy(grouping.fit_predict(vectors[some].numpy()))
    weights = F.one_hot(labels).float() * heights[some, None]
    return F.normalize(weights.T @ vectors[some], dim=1)
