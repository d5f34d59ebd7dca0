"""Every recipe over several seeds: training time and localization on fresh scenes, one JSON line per run.

    python tests/benchmarks/localization_study.py --out runs/study
    python tests/benchmarks/localization_study.py --out runs/digits --digits ../shared/data

The second line does the same on real input: collages of MNIST pictures and spoken digits, tested on held-out pictures
and takes, and on a speaker who was never heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from study import keep_run

from avlearn import recipes
from avlearn.data import Collage, World, digits, settings_for
from avlearn.tasks import localize

KINDS = {"single": "big_test", "several": "multi"}
"""Kinds of scenes to test on, and their difficulty."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """What to train and test."""

    out: Path
    """Folder that gets one run per recipe and seed."""
    names: tuple[str, ...] = tuple(recipes.RECIPES)
    """Recipes."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of each recipe."""
    profile: str = "book"
    """Profile of the recipes."""
    scenes: int = 1000
    """Fresh scenes of each test."""
    digits: Path | None = None
    """Folder with real digits; None trains and tests on the embedded world."""

    def run(self) -> None:
        """Train and test all, printing as it goes."""
        for name in self.names:
            for seed in self.seeds:
                keep_run(None, self.one(recipes.get(name, self.profile), seed))

    def one(self, recipe: recipes.Recipe, seed: int) -> dict[str, Any]:
        """Train one recipe with one seed, and test it on every kind of scene."""
        scenes = None
        if self.digits is not None:
            recipe, drawn = recipes.on_digits(recipe), digits(self.digits, split="train")
            scenes = recipe.scenes(seed, lambda settings, number: Collage(settings, *drawn, seed=number))
        folder = self.out / f"{recipe.name}-{seed}"
        model, result = recipes.train(recipe, seed=seed, scenes=scenes, out=folder, device="cpu")
        tests = {kind: localize.evaluate(model, source, count=self.scenes) for kind, source in self.tests(seed).items()}
        return {"recipe": recipe.name, "seed": seed, "seconds": result.seconds, "steps": result.steps, "tests": tests}

    def tests(self, seed: int) -> dict[str, World | Collage]:
        """Sources of fresh scenes: one source beside silent things, and several sources."""
        seed = recipes.test_seed(seed)
        if self.digits is None:
            return {kind: World(settings_for(name), seed=seed) for kind, name in KINDS.items()}
        banks = {split: digits(self.digits, split=split) for split in ("test", "new_speaker")}
        return {
            f"{kind}, {split}": Collage(settings_for(f"digits_{name.removeprefix('big_')}"), *bank, seed=seed)
            for kind, name in KINDS.items()
            for split, bank in banks.items()
        }


if __name__ == "__main__":
    tyro.cli(Study).run()
