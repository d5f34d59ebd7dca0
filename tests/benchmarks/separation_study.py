"""Separators over several seeds, and what they are to be compared with: one JSON line for each run.

    python tests/benchmarks/separation_study.py --out runs/separation

Every run trains the recipe and, unless told otherwise, its upper bound: the same separator, but asked by the class of
each source instead of the picture. Both are tested on the same fresh mixtures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tyro

from avlearn import recipes, separator_recipe
from avlearn.data import CLASSES
from avlearn.models import Separator
from avlearn.models.known_class import KnownClass
from avlearn.separator_recipe import SeparatorRecipe
from avlearn.tasks import separate
from avlearn.training import FitResult, fit


@dataclass(frozen=True, kw_only=True)
class Study:
    """What to train and test."""

    out: Path
    """Folder that gets one run per seed."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Of weights, scenes and order."""
    profile: str = "book"
    """Profile of the recipe."""
    localizer: Path | None = None
    """Checkpoint that gives the queries; None takes the recipe's."""
    mixtures: int = 200
    """Fresh mixtures of each kind."""
    upper_bound: bool = True
    """Whether to train the separator that is told the class, too."""

    def run(self) -> None:
        """Train and test all, printing as it goes."""
        recipe = separator_recipe.get(self.profile, localizer=self.localizer)
        for seed in self.seeds:
            print(json.dumps(self.one(recipe, seed)), flush=True)

    def one(self, recipe: SeparatorRecipe, seed: int) -> dict[str, Any]:
        """Train with one seed, and test on fresh mixtures."""
        model, result = recipes.train(recipe, seed=seed, out=self.out / f"separator-{seed}", device="cpu")
        told, told_result = train_told(recipe, seed) if self.upper_bound else (None, None)
        test = separate.evaluate(
            model,
            recipe.fresh_scenes(seed),
            recipe.fresh_scenes_of_several(seed),
            count=self.mixtures,
            told=told,
            seed=seed,
        )
        seconds = {"model": result.seconds} | ({"class_with_labels": told_result.seconds} if told_result else {})
        return {"recipe": recipe.name, "localizer": str(recipe.localizer), "seed": seed, "steps": result.steps,
                "seconds": seconds, "test": test}  # fmt: skip


def train_told(recipe: SeparatorRecipe, seed: int) -> tuple[Separator, FitResult]:
    """The upper bound with labels: a separator of the same recipe that is told the class of each source."""
    settings, scenes = replace(recipe.training, seed=seed), recipe.scenes(seed)
    if settings.pool is None:
        raise ValueError("the classes are looked up in a pool of scenes; choose a profile with a pool")
    query = KnownClass.of_scenes(scenes, settings.pool, number=len(CLASSES))
    model = Separator(recipe.model, query)
    return model, fit(model, scenes, settings, device="cpu")


if __name__ == "__main__":
    tyro.cli(Study).run()
