"""Some scenes of a source, in an order of one's own."""

from __future__ import annotations

from collections.abc import Sequence, Sized

from jaxtyping import Int
from torch import Tensor

from avlearn.data.assembly import whole_number
from avlearn.types import AVBatch, SceneSource


class Subset:
    """A source of scenes whose scene i is scene `indices[i]` of another source.

    Batches keep the numbers that the scenes have in the other source.

    Args:
        scenes: where the scenes come from.
        indices: which of them, in which order; a scene may be named twice.

    Raises:
        ValueError: no indices, or one that the source doesn't have.

    >>> from avlearn.data import World, WorldSettings
    >>> simple = Subset(World(WorldSettings(), seed=0), [7, 3, 12])
    >>> len(simple), simple.batch([2, 0]).index
    (3, tensor([12,  7]))
    """

    def __init__(self, scenes: SceneSource, indices: Sequence[int] | Int[Tensor, " n"]) -> None:
        self.scenes = scenes
        self.indices = [whole_number(index, "index") for index in _listed(indices)]
        if not self.indices:
            raise ValueError("a subset of no scenes is empty; give at least one index")
        if isinstance(scenes, Sized) and max(self.indices) >= len(scenes):
            raise ValueError(f"the source has no scene {max(self.indices)}; use indices from 0 to {len(scenes) - 1}")

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, indices: Sequence[int] | Int[Tensor, " n"], *, truth: bool = True) -> AVBatch:
        """The scenes at these places of the subset.

        Args:
            indices: places from 0 to len - 1.
            truth: whether to tell the truth too, where the source knows it.

        Raises:
            ValueError: a place that the subset doesn't have.
        """
        places = [whole_number(place, "index") for place in _listed(indices)]
        if places and max(places) >= len(self):
            raise ValueError(f"the subset has no scene {max(places)}; use indices from 0 to {len(self) - 1}")
        return self.scenes.batch([self.indices[place] for place in places], truth=truth)


def _listed(indices: Sequence[int] | Tensor) -> Sequence[int]:
    listed: Sequence[int] = indices.tolist() if isinstance(indices, Tensor) else indices
    return listed
