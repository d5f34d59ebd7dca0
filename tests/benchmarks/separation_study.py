"""Separators over several seeds, and what they are to be compared with: one JSON line for each run.

    python tests/benchmarks/separation_study.py --out runs/separation --localizer runs/cavl-{seed}
    python tests/benchmarks/separation_study.py --out runs/digits --digits DATA --localizer runs/cavl-digits-{seed}

Every run trains the recipe and, unless told otherwise, its upper bound: the same separator, but asked by the class of
each source instead of the picture. Both are tested on the same fresh mixtures; of digits, on held-out pictures with
held-out takes, and with a speaker who was never heard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import tyro
from study import keep_run

from avlearn import recipes, separator_recipe
from avlearn.data import Collage, World, digits
from avlearn.models import Separator
from avlearn.models.known_class import KnownClass
from avlearn.recipes import MakeScenes
from avlearn.separator_recipe import SeparatorRecipe
from avlearn.tasks import separate
from avlearn.training import FitResult, fit

Split = Literal["train", "test", "new_speaker"]


@dataclass(frozen=True, kw_only=True)
class Study:
    """What to train and test."""

    out: Path
    """Folder that gets one run per seed, separator-0 and so on."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Of weights, scenes and order."""
    profile: str = "book"
    """Profile of the recipe."""
    localizer: str | None = None
    """Checkpoint that gives the queries, with `{seed}` where the seed of the run belongs; None takes the recipe's, of
    which there is none for digits."""
    digits: Path | None = None
    """Train and test on real digits instead of the embedded world: a folder with images/mnist_*.npz and fsdd/."""
    mixtures: int = 200
    """Fresh mixtures of each kind."""
    upper_bound: bool = True
    """Whether to train the separator that is told the class, too."""

    def run(self) -> None:
        """Train and test all, printing as it goes."""
        makers = self.makers()
        for seed in self.seeds:
            keep_run(None, self.one(seed, makers))

    def one(self, seed: int, makers: dict[Split, MakeScenes]) -> dict[str, Any]:
        """Train with one seed, and test on fresh mixtures of each split."""
        recipe, make = self.recipe(seed), makers["train"]
        scenes = recipe.scenes(seed, make)
        model, result = recipes.train(
            recipe, seed=seed, scenes=scenes, out=self.out / f"separator-{seed}", device="cpu"
        )
        told, told_result = train_told(recipe, seed, make) if self.upper_bound else (None, None)
        tests = {
            split: self.test(model, told, recipe, seed, make) for split, make in makers.items() if split != "train"
        }
        seconds = {"model": result.seconds} | ({"class_with_labels": told_result.seconds} if told_result else {})
        return {"recipe": recipe.name, "localizer": str(recipe.localizer), "digits": self.digits is not None,
                "seed": seed, "steps": result.steps, "seconds": seconds, **tests}  # fmt: skip

    def test(
        self, model: Separator, told: Separator | None, recipe: SeparatorRecipe, seed: int, make: MakeScenes
    ) -> dict[str, Any]:
        """The record of the separation task on scenes of this kind."""
        scenes, several = recipe.fresh_scenes(seed, make), recipe.fresh_scenes_of_several(seed, make)
        return separate.evaluate(model, scenes, several, count=self.mixtures, told=told, seed=seed)

    def recipe(self, seed: int) -> SeparatorRecipe:
        """What is trained with this seed."""
        localizer = None if self.localizer is None else self.localizer.format(seed=seed)
        recipe = separator_recipe.get(self.profile, localizer=localizer)
        if self.digits is None:
            return recipe
        if localizer is None:
            raise ValueError(
                "no shipped localizer knows digits; train some, and give --localizer runs/cavl-{seed}, say"
            )
        return separator_recipe.on_digits(recipe, localizer=localizer)

    def makers(self) -> dict[Split, MakeScenes]:
        """How scenes are made, to train on and of each split to test on."""
        if self.digits is None:
            return {"train": World, "test": World}
        return {split: self._of_digits(split) for split in ("train", "test", "new_speaker")}

    def _of_digits(self, split: Split) -> MakeScenes:
        pictures, recordings = digits(self.digits, split=split)
        return lambda settings, seed: Collage(settings, pictures, recordings, seed=seed)


def train_told(recipe: SeparatorRecipe, seed: int, make: MakeScenes = World) -> tuple[Separator, FitResult]:
    """The upper bound with labels: a separator of the same recipe that is told the class of each source."""
    settings, scenes = replace(recipe.training, seed=seed), recipe.scenes(seed, make)
    if settings.pool is None:
        raise ValueError("the classes are looked up in a pool of scenes; choose a profile with a pool")
    query = KnownClass.of_scenes(scenes, settings.pool, number=len(make(recipe.world, 2 * seed).classes))
    model = Separator(recipe.model, query)
    return model, fit(model, scenes, settings, device="cpu")


if __name__ == "__main__":
    tyro.cli(Study).run()
