"""What the command line does with deep clustering: `avlearn train xdc` and so on, and `avlearn evaluate clusters`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from avlearn import deep_clustering_recipe, pretrained, recipes
from avlearn.cli_data import WORLD, about, scenes_of
from avlearn.data import World
from avlearn.tasks import deep_clustering
from avlearn.training import Curriculum, read_card, read_rounds
from avlearn.training.round_record import trained_on_data


def train(
    scheme: str, profile: str, seed: int, out: Path, device: str, resume: bool, *, data: str = WORLD
) -> dict[str, Any]:
    """Train a scheme, and tell how it ended."""
    recipe = deep_clustering_recipe.get(scheme, profile)
    scenes = scenes_of(recipe, data, seed=seed)
    assert not isinstance(scenes, Curriculum)  # these recipes have no stages
    _, result = deep_clustering_recipe.train(recipe, seed=seed, scenes=scenes, out=out, device=device, resume=resume)
    told = {"out": str(out), "rounds": len(result.rounds), "steps": result.steps, "seconds": result.seconds}
    return {**result.history[-1], **result.flaws, **result.rounds[-1].figures, **about(scenes), **told}


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """Do features and clusters of a run of deep clustering tell classes apart? Beside random features.

    Example: avlearn evaluate clusters --checkpoint runs/xdc
    """

    checkpoint: Path
    """Folder of a run of xdc, sdc, mdc, cdc or same_modality. Clusters of videos aren't judged by classes."""
    clips: int = 500
    """Number of fresh clips."""
    train_clips: int = 1000
    """Number of further clips, to fit linear probes and centres of clusters on."""
    seed: int = 0
    """Of the clips; none of them was ever trained on."""
    profile: str = "book"
    """Of the recipe that was trained, for the size of the clips."""
    device: str = "cpu"
    """cpu, cuda or mps."""

    def run(self) -> dict[str, Any]:
        """All numbers of the task, and those of each round."""
        model = pretrained.load_deep_clustering(self.checkpoint, device=self.device)
        recipe = deep_clustering_recipe.get(model.config.scheme, self.profile)
        found = deep_clustering.evaluate(
            model,
            recipe.fresh_scenes(self.seed),
            train_clips=World(recipe.test_world, seed=recipes.validation_seed(self.seed)),
            count=self.clips,
            train_count=self.train_clips,
            others={"random": replace(recipe, model=model.config).build(self.seed).to(self.device)},
            seed=self.seed,
        )
        rounds = read_rounds(self.checkpoint)
        if trained_on_data(self.checkpoint):  # whose classes nobody knows
            return found | {"rounds": {f"{one.number}": dict(one.figures) for one in rounds}}
        trained_on = recipe.scenes(read_card(self.checkpoint).seed)
        classes = deep_clustering_recipe.classes_of(trained_on, count=min(self.clips, recipe.rounds.clips))
        return found | {"rounds": {f"{one.number}": {**one.figures, **one.judge(classes)} for one in rounds}}
