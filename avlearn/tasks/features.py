"""What a frozen model makes of scenes, computed once and kept, and what there is to know about them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from avlearn.tasks.frozen import device_of, evaluation_mode, numbered
from avlearn.tasks.scene_scores import truth_of
from avlearn.types import AVBatch, Embedder, Matching, SceneSource, Truth


@dataclass(frozen=True, eq=False, kw_only=True)
class HeardScenes:
    """Scenes in which something is heard, as a model may see them, with the event of each."""

    batch: AVBatch
    """Without truth."""
    loudest: Int[Tensor, " N"]
    """The scene's event: class of the source with most energy, seen or not."""
    heard: Bool[Tensor, "N L"]
    """All classes that are heard."""

    def __len__(self) -> int:
        return len(self.loudest)


@dataclass(frozen=True, eq=False, kw_only=True)
class SceneFeatures:
    """What a model makes of `HeardScenes`: feature maps, with the event of each scene."""

    image: Float[Tensor, "N C h w"]
    """Of the pictures."""
    audio: Float[Tensor, "N D t f"]
    """Of the sounds."""
    loudest: Int[Tensor, " N"]
    """As in `HeardScenes`."""
    heard: Bool[Tensor, "N L"]
    """As in `HeardScenes`."""

    def __len__(self) -> int:
        return len(self.loudest)

    def pooled(self) -> dict[str, Float[Tensor, "N _"]]:
        """One vector a scene: mean and maximum over positions, of `audio`, of the `picture`, and of `both`."""
        audio, picture = _pooled(self.audio), _pooled(self.image)
        return {"audio": audio, "picture": picture, "both": torch.cat([audio, picture], dim=1)}


def heard_scenes(scenes: SceneSource, *, count: int, batch_size: int) -> HeardScenes:
    """Those of scenes 0 to count - 1 in which something is heard, made once for all models.

    Args:
        scenes: gives scenes with their truth.
        count: scenes to look at. A picture of 96 x 96 with 1 s of sound takes 92 kB.
        batch_size: scenes at once.

    Raises:
        ValueError: scenes without truth, or nothing is heard in any of them.
    """
    batches, loudest, heard = [], [], []
    for numbers in numbered(count, batch_size):
        batch = scenes.batch(numbers, truth=True)
        events, classes = _events(truth_of(batch))
        some = classes.any(1).nonzero()[:, 0]
        batches.append(batch.without_truth()[some])
        loudest.append(events[some])
        heard.append(classes[some])
    found = HeardScenes(batch=_joined(batches), loudest=torch.cat(loudest), heard=torch.cat(_equally_wide(heard)))
    if not len(found):
        raise ValueError(f"nothing is heard in any of the {count} scenes; look at more scenes or at another world")
    return found


def embed(model: Embedder, scenes: HeardScenes, *, batch_size: int) -> SceneFeatures:
    """Features of scenes.

    Args:
        model: never sees the truth, runs in evaluation mode and gets its mode back.
        scenes: a small encoder keeps about 0.1 MB of each.
        batch_size: scenes at once.
    """
    device, parts = device_of(model), []
    with evaluation_mode(model):
        for numbers in numbered(len(scenes), batch_size):
            features = model.encode(scenes.batch[torch.tensor(numbers)].to(device))
            parts.append([part.float().cpu() for part in features])
    image, audio = (torch.cat(column) for column in zip(*parts, strict=True))
    return SceneFeatures(image=image, audio=audio, loudest=scenes.loudest, heard=scenes.heard)


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


def _equally_wide(parts: list[Tensor]) -> list[Tensor]:
    # Batches need not know of the same highest class
    width = max(part.shape[1] for part in parts)
    return [torch.nn.functional.pad(part, (0, width - part.shape[1])) for part in parts]


def _joined(batches: list[AVBatch]) -> AVBatch:
    tensors = {name: torch.cat([getattr(batch, name) for batch in batches]) for name in ("frames", "waveform", "index")}
    return replace(batches[0], frames=tensors["frames"], waveform=tensors["waveform"], index=tensors["index"])


def _pooled(maps: Float[Tensor, "N C h w"]) -> Float[Tensor, "N E"]:
    return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)
