"""What the command line does with data of one's own: `avlearn train RECIPE --data WHERE`."""

from __future__ import annotations

from pathlib import Path

from avlearn.data import ClipSource, Collage, open_data
from avlearn.data.opening import is_collage, read_collage
from avlearn.deep_clustering_recipe import DeepClusteringRecipe
from avlearn.recipes import Recipe
from avlearn.separator_recipe import SeparatorRecipe
from avlearn.training import Curriculum
from avlearn.types import SceneSource

WORLD = "world"
"""Stands for the embedded world, where no data are given."""


def scenes_of(
    recipe: Recipe | SeparatorRecipe | DeepClusteringRecipe, data: str, *, seed: int
) -> SceneSource | Curriculum | None:
    """What to train a recipe on; None for its own scenes.

    Args:
        recipe: tells in which form clips are read, and what collages are like.
        data: a place, as `open_data` takes it; a collage; or `WORLD`.
        seed: of the run.

    Raises:
        ValueError: there is nothing of the kind, or no clips in it.
    """
    if data == WORLD:
        return None
    if not is_collage(data):
        return open_data(data, recipe.clip_format)
    banks = read_collage(Path(data), sample_rate=recipe.world.sample_rate)
    return recipe.scenes(seed, lambda settings, seed: Collage(settings, *banks, seed=seed))


def about(scenes: SceneSource | Curriculum | None) -> dict[str, int]:
    """What to tell of the data beside the results of a run."""
    return {"data/clips": len(scenes)} if isinstance(scenes, ClipSource) else {}
