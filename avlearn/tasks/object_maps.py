"""What a model shows of each object of a scene when it hears the mixture alone, and what needs no hearing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64
from torch import Tensor

from avlearn.metrics.localization import object_heat
from avlearn.metrics.trivial import edge_energy
from avlearn.tasks.frozen import device_of
from avlearn.tasks.map_scores import Hunt
from avlearn.tasks.scene_scores import MAPS
from avlearn.types import AVBatch, Localizer, SourceFinder


@dataclass(frozen=True, eq=False, kw_only=True)
class ObjectMaps:
    """Heat maps of some scenes, and how hot each object is in them."""

    maps: Float[Tensor, "R #M H W"]
    """A map for each object, or one for all."""
    heat: Float64[Tensor, "R M"]
    """Mean heat of each object's map inside its mask; 0 for an object without pixels."""


def model_maps(model: Localizer, batch: AVBatch, hunt: Hunt) -> dict[str, ObjectMaps]:
    """The model's readouts, enlarged bilinearly to the size of the picture.

    `attention` and `similarity` are one map for all objects. `clusters`, of a model that has several, splits the
    attention by the clusters' shares; `sources`, of a model that tells sources apart, has a map for each of them. Of
    both, each object is shown by the one part that is hottest on it.

    Args:
        model: never sees the truth.
        batch: scenes.
        hunt: their objects.
    """
    heard = batch.without_truth().to(device_of(model))
    answer = model.localize(heard)
    shown = {name: _shared(_enlarged(getattr(answer, name)[:, None], hunt)[:, 0], hunt) for name in MAPS}
    if answer.clusters.shape[1] > 1:
        shown["clusters"] = part_maps(answer.attention[:, None] * answer.clusters, hunt)
    if isinstance(model, SourceFinder):
        shown["sources"] = part_maps(model.pairs(heard).heat, hunt)
    return shown


def part_maps(parts: Float[Tensor, "R P h w"], hunt: Hunt) -> ObjectMaps:
    """Each object shown by the one part that is hottest on it.

    Args:
        parts: several maps of each scene.
        hunt: the objects of each scene.
    """
    maps = _enlarged(parts, hunt)
    heat = torch.stack([object_heat(part, hunt.masks) for part in maps.unbind(1)], dim=2)
    hottest = heat.max(2)
    rows = torch.arange(len(maps))[:, None]
    return ObjectMaps(maps=maps[rows, hottest.indices], heat=hottest.values)


def edge_maps(batch: AVBatch, hunt: Hunt) -> ObjectMaps:
    """Contrast of the picture, whatever sounds; of a clip, the middle frame counts."""
    return _shared(edge_energy(batch.frames[:, :, batch.frames.shape[2] // 2]), hunt)


def all_objects(hunt: Hunt) -> ObjectMaps:
    """1 on everything that can be seen."""
    return _flat(hunt, hunt.seen)


def random_objects(hunt: Hunt, *, share: float, generator: torch.Generator) -> ObjectMaps:
    """1 on objects that are chosen by lot, each with this probability."""
    return _flat(hunt, hunt.seen & (torch.rand(hunt.seen.shape, generator=generator) < share))


def _shared(maps: Float[Tensor, "R H W"], hunt: Hunt) -> ObjectMaps:
    return ObjectMaps(maps=maps[:, None], heat=object_heat(maps, hunt.masks))


def _flat(hunt: Hunt, chosen: Tensor) -> ObjectMaps:
    maps = (hunt.masks & chosen[..., None, None]).any(1, keepdim=True).float()
    return ObjectMaps(maps=maps, heat=chosen.double())


def _enlarged(maps: Float[Tensor, "R K h w"], hunt: Hunt) -> Float[Tensor, "R K H W"]:
    return F.interpolate(maps.float().cpu(), hunt.size, mode="bilinear")
