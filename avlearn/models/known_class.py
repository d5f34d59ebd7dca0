"""A query that knows the class of the source: an upper bound that needs labels, to train beside the real ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from avlearn.types import AVBatch, SceneSource


class KnownClass(nn.Module):
    """A one-hot vector of the class of each scene's source, looked up by the number of the scene.

    Args:
        classes: class of each scene to train on.
        number: of classes.

    Raises:
        ValueError: a class that isn't among the number.

    Example:
        >>> query = KnownClass(torch.tensor([2, 0]), number=3)
        >>> query.of_classes(torch.tensor([2]))
        tensor([[0., 0., 1.]])
    """

    classes: Tensor

    def __init__(self, classes: Int[Tensor, " n"], *, number: int) -> None:
        super().__init__()
        if not len(classes) or int(classes.min()) < 0 or int(classes.max()) >= number:
            raise ValueError(f"got {len(classes)} classes for numbers 0 to {number - 1}; give one for each scene")
        self.out_dim = number
        self.register_buffer("classes", classes)

    @classmethod
    def of_scenes(cls, scenes: SceneSource, count: int, *, number: int, chunk: int = 256) -> KnownClass:
        """The classes of scenes 0 to count - 1, each with exactly one source.

        Raises:
            ValueError: scenes without truth, or with another number of sources.
        """
        found = [_single(scenes, range(start, min(start + chunk, count))) for start in range(0, count, chunk)]
        return cls(torch.cat(found), number=number)

    def forward(self, batch: AVBatch) -> Float[Tensor, "B D"]:
        """The vectors of these scenes."""
        return self.of_classes(self.classes[batch.index])

    def of_classes(self, classes: Int[Tensor, "*B"]) -> Float[Tensor, "*B D"]:
        """The vectors of these classes."""
        return F.one_hot(classes, self.out_dim).float()


def _single(scenes: SceneSource, numbers: Sequence[int]) -> Int[Tensor, " b"]:
    truth = scenes.batch(numbers, truth=True).truth
    if truth is None or bool((truth.sounds.sum(1) != 1).any()):
        raise ValueError("the class of the source is looked up in scenes with their truth and exactly one source each")
    return truth.classes[truth.sounds]
