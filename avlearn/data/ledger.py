"""The books of a batch: arrays made once, into which scene after scene writes what is true of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int8
from numpy.typing import NDArray

from avlearn.data.mixing import Mixture
from avlearn.data.settings import WorldSettings
from avlearn.types import Truth

EMPTY = -1
"""Owner of the pixels that belong to no slot, and class of a slot that holds nothing."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Ledger:
    """Arrays of a batch of truths, written row by row. The fields are those of `Truth`."""

    classes: NDArray[np.int64]
    """(B, M)."""
    sounds: NDArray[np.bool_]
    """(B, M)."""
    visible: NDArray[np.bool_]
    """(B, M)."""
    boxes: NDArray[np.float32]
    """(B, M, T, 4)."""
    masks: NDArray[np.bool_]
    """(B, M, T, H, W)."""
    stems: NDArray[np.float32]
    """(B, M, S)."""
    ambience: NDArray[np.float32]
    """(B, S)."""

    @classmethod
    def blank(cls, scenes: int, *, settings: WorldSettings) -> Ledger:
        """Empty books for so many scenes."""
        slots, frames, size, samples = settings.slots, settings.frames, settings.size, settings.samples
        return cls(
            classes=np.full((scenes, slots), EMPTY, np.int64),
            sounds=np.zeros((scenes, slots), np.bool_),
            visible=np.zeros((scenes, slots), np.bool_),
            boxes=np.zeros((scenes, slots, frames, 4), np.float32),
            masks=np.zeros((scenes, slots, frames, size, size), np.bool_),
            stems=np.zeros((scenes, slots, samples), np.float32),
            ambience=np.zeros((scenes, samples), np.float32),
        )

    def write(self, row: int, labels: Sequence[int], owner: Int8[np.ndarray, "T H W"], mixture: Mixture) -> None:
        """The truth of one scene: the class of each filled slot, the slot that owns each pixel, and the parts."""
        filled = len(labels)
        self.classes[row, :filled] = labels
        for slot, stem in enumerate(mixture.stems):
            if stem is not None:
                self.sounds[row, slot] = True
                self.stems[row, slot] = stem
        masks = self.masks[row, :filled]
        np.equal(owner, np.arange(filled, dtype=np.int8)[:, None, None, None], out=masks)
        self.visible[row, :filled] = masks.any(axis=(1, 2, 3))
        self.boxes[row, :filled] = tight_boxes(masks)
        self.ambience[row] = mixture.ambience

    def truth(self) -> Truth:
        """The books as a truth of tensors that share their memory."""
        return Truth(
            classes=torch.from_numpy(self.classes),
            sounds=torch.from_numpy(self.sounds),
            visible=torch.from_numpy(self.visible),
            boxes=torch.from_numpy(self.boxes),
            masks=torch.from_numpy(self.masks),
            stems=torch.from_numpy(self.stems),
            ambience=torch.from_numpy(self.ambience),
        )


def tight_boxes(masks: Bool[np.ndarray, "*N H W"]) -> Float[np.ndarray, "*N 4"]:
    """x1, y1, x2, y2 as fractions of the picture around each mask; zeros around an empty one."""
    columns, rows = np.asarray(masks.any(axis=-2)), np.asarray(masks.any(axis=-1))
    left, right = _ends(columns)
    top, bottom = _ends(rows)
    boxes = np.stack([left, top, right, bottom], axis=-1).astype(np.float32)
    return np.where(columns.any(axis=-1, keepdims=True), boxes, np.float32(0))


def _ends(line: NDArray[np.bool_]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    length = line.shape[-1]
    first = line.argmax(axis=-1) / length
    last = 1 - line[..., ::-1].argmax(axis=-1) / length
    return first, last
