"""Mixtures whose parts are known, to test separation on: of scenes mixed together, and as scenes of several sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from avlearn.tasks.frozen import numbered
from avlearn.tasks.scene_scores import truth_of
from avlearn.types import AVBatch, SceneSource, Truth


@dataclass(frozen=True, eq=False, kw_only=True)
class Mixtures:
    """Mixtures of `M` parts each, with their pictures.

    `P` counts pictures: one for each part where scenes were mixed, one for all parts of a scene with several sources.
    """

    waveform: Float[Tensor, "B S"]
    """The mixtures."""
    parts: Float[Tensor, "B M S"]
    """What has to be restored."""
    pictures: AVBatch
    """P pictures, those of a mixture in a row, each with the mixture as its sound and without truth."""
    boxes: Float[Tensor, "B M 4"]
    """Where the source of each part is in its picture, as fractions of it."""
    points: Float[Tensor, "B M 2"]
    """The middle of its visible pixels, x and y as fractions of the picture."""
    classes: Int[Tensor, "B M"]
    """What it is."""

    def __len__(self) -> int:
        return len(self.waveform)

    @property
    def each(self) -> int:
        """Pictures of a mixture."""
        return len(self.pictures) // len(self)

    def __getitem__(self, rows: slice) -> Mixtures:
        """Some of the mixtures, which lie in a row."""
        some = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "pictures"}
        start, stop, _ = rows.indices(len(self))
        return Mixtures(pictures=self.pictures[slice(start * self.each, stop * self.each)], **some)

    def by_picture(self, values: Float[Tensor, "B M X"]) -> Float[Tensor, "P R X"]:
        """What belongs to each part, sorted by pictures."""
        return values.reshape(len(self.pictures), -1, values.shape[-1])


def mixed_scenes(scenes: SceneSource, *, count: int, sources: int, batch_size: int) -> tuple[Mixtures, int]:
    """Scenes with a single source, mixed in the order of their numbers, each part divided by their number.

    Args:
        scenes: with their truth.
        count: mixtures to make; `sources` times as many scenes are asked for.
        sources: scenes in a mixture.
        batch_size: scenes at once.

    Returns:
        The mixtures; and how many were skipped, because not all of their scenes have exactly one source that is seen
        and heard, and nothing else that is heard.

    Raises:
        ValueError: scenes without truth, or no mixture that could be made.
    """
    made, skipped = [], 0
    for numbers in numbered(count, max(1, batch_size // sources)):
        batch = scenes.batch(range(numbers[0] * sources, (numbers[-1] + 1) * sources), truth=True)
        truth = truth_of(batch)
        alone = (truth.sounding.sum(1) == 1) & (truth.sounds.sum(1) == 1) & batch.waveform.any(1)
        kept = alone.unflatten(0, (-1, sources)).all(1)
        skipped += int((~kept).sum())
        if kept.any():
            made.append(_mixed(batch[kept.repeat_interleave(sources).nonzero().squeeze(1)], sources))
    if not made:
        raise ValueError(f"none of {count} mixtures of {sources} scenes has one source in each, seen and heard alone; "
                         "use scenes with sources=(1, 1)")  # fmt: skip
    return _join(made), skipped


def scenes_of_several(scenes: SceneSource, *, count: int, batch_size: int) -> tuple[dict[int, Mixtures], int]:
    """Scenes in which several things are seen and heard, by the number of these.

    What is heard without being seen, and background noise, stay in the mixture and can't be asked for.

    Args:
        scenes: with their truth.
        count: scenes to ask for.
        batch_size: scenes at once.

    Returns:
        The mixtures by their number of parts; and how many scenes were skipped, because they have less than two.

    Raises:
        ValueError: scenes without truth, or none with several sources.
    """
    made: dict[int, list[Mixtures]] = {}
    skipped = 0
    for numbers in numbered(count, batch_size):
        batch = scenes.batch(numbers, truth=True)
        truth = truth_of(batch)
        found = (truth.sounding & truth.stems.any(2)).sum(1)
        skipped += int((found < 2).sum())
        for number in range(2, int(found.max()) + 1):
            rows = (found == number).nonzero().squeeze(1)
            if len(rows):
                made.setdefault(number, []).append(_several(batch[rows], number))
    if not made:
        raise ValueError(f"none of {count} scenes has two things that are seen and heard; use sources=(2, 3), say")
    return {number: _join(made[number]) for number in sorted(made)}, skipped


def _mixed(batch: AVBatch, sources: int) -> Mixtures:
    truth = truth_of(batch)
    boxes, points, classes, _ = _sources(truth, truth.sounding, 1)
    parts = batch.waveform.unflatten(0, (-1, sources)) / sources
    waveform = parts.sum(1)
    pictures = replace(batch.without_truth(), waveform=waveform.repeat_interleave(sources, 0))
    shape = parts.shape[:2]
    return Mixtures(
        waveform=waveform,
        parts=parts,
        pictures=pictures,
        boxes=boxes.reshape(*shape, 4),
        points=points.reshape(*shape, 2),
        classes=classes.reshape(*shape),
    )


def _several(batch: AVBatch, number: int) -> Mixtures:
    truth = truth_of(batch)
    boxes, points, classes, stems = _sources(truth, truth.sounding & truth.stems.any(2), number)
    return Mixtures(
        waveform=batch.waveform,
        parts=stems,
        pictures=batch.without_truth(),
        boxes=boxes,
        points=points,
        classes=classes,
    )


def _sources(truth: Truth, wanted: Bool[Tensor, "B M"], number: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    # Box, middle, class and stem of the wanted slots, of which every row has this many
    middle = truth.masks.shape[2] // 2
    rows, slots = wanted.nonzero(as_tuple=True)
    places = truth.boxes[rows, slots, middle], _middles(truth.masks[rows, slots, middle])
    found = *places, truth.classes[rows, slots], truth.stems[rows, slots]
    boxes, points, classes, stems = (values.unflatten(0, (-1, number)) for values in found)
    return boxes, points, classes, stems


def _middles(masks: Bool[Tensor, "R H W"]) -> Float[Tensor, "R 2"]:
    share = masks.float() / masks.float().sum((1, 2), keepdim=True).clamp(min=1)
    down, across = ((torch.arange(cells, device=masks.device) + 0.5) / cells for cells in masks.shape[1:])
    return torch.stack([(share.sum(1) * across).sum(1), (share.sum(2) * down).sum(1)], 1)


def _join(parts: list[Mixtures]) -> Mixtures:
    names = [field.name for field in fields(Mixtures) if field.name != "pictures"]
    frames, waveform, index = (
        torch.cat([getattr(part.pictures, name) for part in parts]) for name in ("frames", "waveform", "index")
    )
    return Mixtures(
        pictures=replace(parts[0].pictures, frames=frames, waveform=waveform, index=index),
        **{name: torch.cat([getattr(part, name) for part in parts]) for name in names},
    )


def blocks(mixtures: Mixtures, size: int) -> Iterator[Mixtures]:
    """The mixtures in blocks of at most this many."""
    for start in range(0, len(mixtures), size):
        yield mixtures[start : start + size]
