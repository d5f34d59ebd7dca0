"""What a frozen model makes of scenes, computed once and kept, and what there is to know about them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from avlearn.tasks.frozen import device_of, evaluation_mode, numbered
from avlearn.tasks.scene_scores import truth_of
from avlearn.types import Embedder, Matching, SceneSource, Truth


@dataclass(frozen=True, eq=False, kw_only=True)
class SceneFeatures:
    """Feature maps of scenes in which something is heard, with the event of each."""

    image: Float[Tensor, "N C h w"]
    """Of the pictures."""
    audio: Float[Tensor, "N D t f"]
    """Of the sounds."""
    loudest: Int[Tensor, " N"]
    """The scene's event: class of the source with most energy, seen or not."""
    heard: Bool[Tensor, "N L"]
    """All classes that are heard."""

    def __len__(self) -> int:
        return len(self.loudest)

    def pooled(self) -> dict[str, Float[Tensor, "N _"]]:
        """One vector a scene: mean and maximum over positions, of `audio`, of the `picture`, and of `both`."""
        audio, picture = _pooled(self.audio), _pooled(self.image)
        return {"audio": audio, "picture": picture, "both": torch.cat([audio, picture], dim=1)}


def embed(model: Embedder, scenes: SceneSource, *, count: int, batch_size: int) -> SceneFeatures:
    """Features of those of scenes 0 to count - 1 in which something is heard.

    Args:
        model: never sees the truth, runs in evaluation mode and gets its mode back.
        scenes: gives scenes with their truth.
        count: scenes to look at. A small encoder keeps about 0.1 MB of each.
        batch_size: scenes at once.

    Raises:
        ValueError: scenes without truth, or nothing is heard in any of them.
    """
    device, parts = device_of(model), []
    with evaluation_mode(model):
        for numbers in numbered(count, batch_size):
            batch = scenes.batch(numbers, truth=True)
            loudest, heard = _events(truth_of(batch))
            image, audio = (part.float().cpu() for part in model.encode(batch.without_truth().to(device)))
            some = heard.any(1)
            parts.append((image[some], audio[some], loudest[some], heard[some]))
    names = [field.name for field in fields(SceneFeatures)]
    found = SceneFeatures(**{name: torch.cat(tensors) for name, tensors in zip(names, _columns(parts), strict=True)})
    if not len(found):
        raise ValueError(f"nothing is heard in any of the {count} scenes; look at more scenes or at another world")
    return found


def all_pairs(model: Matching, features: SceneFeatures, *, block: int) -> Float[Tensor, "N N"]:
    """Similarity of every picture (row) with every sound (column), by blocks of at most `block` x `block` pairs."""
    device, rows = device_of(model), []
    with evaluation_mode(model):
        for image in features.image.split(block):
            here = image.to(device)
            row = [model.match(here, audio.to(device)).float().cpu() for audio in features.audio.split(block)]
            rows.append(torch.cat(row, dim=1))
    return torch.cat(rows)


def attended(model: Matching, features: SceneFeatures, *, block: int) -> Float[Tensor, "N C"]:
    """One vector a picture: the mean of its map, each position weighted by the attention that the scene's sound gives.

    Positions of negative attention don't count; where there is no other, all count alike.
    """
    device, parts = device_of(model), []
    with evaluation_mode(model):
        for image, audio in zip(features.image.split(block), features.audio.split(block), strict=True):
            heat = model.explain(image.to(device), audio.to(device)).attention.float().cpu().clamp_min(0).flatten(1)
            heat = torch.where(heat.sum(1, keepdim=True) > 0, heat, torch.ones_like(heat))
            parts.append(torch.einsum("bcn,bn->bc", image.flatten(2), heat / heat.sum(1, keepdim=True)))
    return torch.cat(parts)


def sound_clusters(model: Matching, features: SceneFeatures, *, block: int) -> Int[Tensor, " N"] | None:
    """The cluster of the model that holds most of each scene's sound; None for a model without several."""
    device, parts = device_of(model), []
    with evaluation_mode(model):
        for image, audio in zip(features.image.split(block), features.audio.split(block), strict=True):
            clusters = model.explain(image.to(device), audio.to(device)).sound_clusters
            if clusters is None or clusters.shape[1] < 2:
                return None
            parts.append(clusters.float().cpu().mean((2, 3)).argmax(1))
    return torch.cat(parts)


def _events(truth: Truth) -> tuple[Tensor, Tensor]:
    energy = truth.stems.double().square().sum(-1).masked_fill(~truth.sounds, -1)
    loudest = truth.classes.gather(1, energy.argmax(1, keepdim=True))[:, 0]
    classes = torch.arange(int(truth.classes.max()) + 1)
    return loudest, ((truth.classes[..., None] == classes) & truth.sounds[..., None]).any(1)


def _columns(parts: list[tuple[Tensor, Tensor, Tensor, Tensor]]) -> list[list[Tensor]]:
    # Batches need not know of the same highest class
    image, audio, loudest, heard = (list(column) for column in zip(*parts, strict=True))
    width = max(part.shape[1] for part in heard)
    return [image, audio, loudest, [torch.nn.functional.pad(part, (0, width - part.shape[1])) for part in heard]]


def _pooled(maps: Float[Tensor, "N C h w"]) -> Float[Tensor, "N E"]:
    return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)
