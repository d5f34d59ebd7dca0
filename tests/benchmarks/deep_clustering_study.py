"""Which labels teach most: one's own clusters, the other modality's, or both? And where does it break?

    python tests/benchmarks/deep_clustering_study.py --out runs/deep_clustering.jsonl
    python tests/benchmarks/deep_clustering_study.py --out runs/deep_clustering.jsonl --summary
    python tests/benchmarks/deep_clustering_study.py --out runs/deep_clustering.jsonl --record

The second line prints what the file holds, at any time. The third one writes it into the package, as
`avlearn/tasks/measured_deep_clustering.json`, from which the book prints its tables; repeat it whenever there are more
runs.

All arms train the encoders of the recipe `xdc` on as many clips, for as many steps in all. Runs that the file already
has are not repeated; those that matter most come first, seed by seed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import torch
import tyro
from study import ArmStudy, Run, made_by, over_seeds, write_record

from avlearn import deep_clustering_recipe, recipes
from avlearn.data import World
from avlearn.deep_clustering_recipe import DeepClusteringRecipe, classes_of
from avlearn.models import DeepClustering
from avlearn.models.xdc import Scheme
from avlearn.tasks import deep_clustering, measured_deep_clustering
from avlearn.tasks.features import HeardScenes, heard_scenes
from avlearn.training import Round, fit
from avlearn.training.cluster_draws import ClusterDraws, NumberedClips
from avlearn.training.pool import ScenePool

RECORD = Path(measured_deep_clustering.__file__).with_suffix(".json")
"""What the package keeps of a study."""
SMALL = (0.104, 0.177)
"""Radii of small things."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to train."""

    scheme: Scheme = "xdc"
    """Who learns whose clusters."""
    labels: str = "clusters"
    """clusters; classes: the truth, learnt for as many steps; none: not trained at all."""
    clusters: int = 24
    """Of each set of labels."""
    rounds: int | None = None
    """How often clips are clustered, with the steps in all shared out among the rounds; None as in the recipe."""
    world: dict[str, Any] = field(default_factory=dict)
    """What differs from the recipe's clips, in training and in the test."""
    subtract_background: bool = False
    """Whether what stands still is taken out of the clips."""


_SILENT: dict[str, Any] = {"silent": (1, 1)}

ARMS = {
    "random": Arm(labels="none"),
    "xdc": Arm(),
    "sdc": Arm(scheme="sdc"),
    "mdc": Arm(scheme="mdc"),
    "cdc": Arm(scheme="cdc"),
    "same_modality": Arm(scheme="same_modality"),
    "supervised": Arm(labels="classes"),
    "xdc, 12 clusters": Arm(clusters=12),
    "xdc, 48 clusters": Arm(clusters=48),
    "xdc, twice the rounds": Arm(rounds=8),
    "xdc, one round": Arm(rounds=1),
    "xdc, silent thing": Arm(world=_SILENT),
    "xdc, small things": Arm(world={"radius": SMALL}),
    "xdc, small and silent": Arm(world={**_SILENT, "radius": SMALL}),
    "xdc, silent thing, plain ground": Arm(world={**_SILENT, "texture": 0.0}),
    "xdc, small and silent, plain ground": Arm(world={**_SILENT, "radius": SMALL, "texture": 0.0}),
    "xdc, background subtracted": Arm(subtract_background=True),
    "sdc, background subtracted": Arm(scheme="sdc", subtract_background=True),
    "xdc, small things, background subtracted": Arm(world={"radius": SMALL}, subtract_background=True),
    "xdc, small and silent, background subtracted": Arm(world={**_SILENT, "radius": SMALL}, subtract_background=True),
    "supervised, silent thing": Arm(labels="classes", world=_SILENT),
    "supervised, small and silent": Arm(labels="classes", world={**_SILENT, "radius": SMALL}),
    "supervised, small and silent, plain ground": Arm(
        labels="classes", world={**_SILENT, "radius": SMALL, "texture": 0.0}
    ),
}
MAIN = tuple(ARMS)[:7]
"""The schemes beside their bounds; the other arms ask what may break or mend XDC. A silent thing drifts without rhythm,
while what sounds moves with its sound."""


@dataclass(frozen=True, kw_only=True)
class Study(ArmStudy):
    """What to train and test."""

    arms: tuple[str, ...] = tuple(ARMS)
    """Names of arms."""
    profile: str = "book"
    """Of the recipe."""
    clips: int = 500
    """Fresh clips of each test."""
    train_clips: int = 800
    """Further clips, to fit linear probes on."""

    def runs(self) -> list[tuple[str, int]]:
        """Arms with their seeds, in the order in which they are trained: the schemes with all seeds come first."""
        schemes = [name for name in self.arms if name in MAIN]
        others = [name for name in self.arms if name not in MAIN]
        return [(name, seed) for some in (schemes, others) for seed in self.seeds for name in some]

    def write(self) -> None:
        """Put the runs of the file into the package, whatever arms and seeds were asked for.

        Raises:
            ValueError: the file has no runs.
        """
        recipe = deep_clustering_recipe.get("xdc", self.profile)
        record = measured_deep_clustering.to_record(
            self.in_order(ARMS),
            **made_by(__file__),
            clips=recipe.rounds.clips,
            steps=recipe.rounds.rounds * recipe.training.steps,
            rounds=recipe.rounds.rounds,
            clusters=recipe.model.num_clusters,
            test_clips=self.clips,
            probe_clips=self.train_clips,
        )
        write_record(RECORD, record)

    def summarize(self, rows: list[Run]) -> str:
        """A line for each arm: mean and range over its seeds."""
        return over_seeds([measured_deep_clustering.to_run(row) for row in rows], SHOWN)

    def one(self, name: str, seed: int) -> Run:
        """Train one arm with one seed, and test it."""
        arm, started = ARMS[name], time.process_time()
        recipe = recipe_of(arm, self.profile)
        model, rounds = trained(arm, recipe, seed)
        seconds = time.process_time() - started
        test = World(recipe.test_world, seed=recipes.test_seed(seed))
        further = World(recipe.test_world, seed=recipes.validation_seed(seed))
        fresh, known = (self._made(world, count) for world, count in ((test, self.clips), (further, self.train_clips)))
        found = deep_clustering.report(model, fresh, known, seed=seed)
        return {"arm": name, "seed": seed, "seconds": seconds, "rounds": rounds, "features": found}

    def _made(self, world: World, count: int) -> HeardScenes:
        return heard_scenes(world, count=count, batch_size=64)


def recipe_of(arm: Arm, profile: str) -> DeepClusteringRecipe:
    """The recipe of an arm: with rounds of another number, the same steps in all."""
    recipe = deep_clustering_recipe.get(arm.scheme, profile)
    steps, rounds = recipe.rounds.rounds * recipe.training.steps, arm.rounds or recipe.rounds.rounds
    return replace(
        recipe,
        model=replace(
            recipe.model,
            num_clusters=min(arm.clusters, recipe.rounds.clips),
            subtract_background=arm.subtract_background,
        ),
        rounds=replace(recipe.rounds, rounds=rounds),
        training=replace(recipe.training, steps=steps // rounds),
        world=replace(recipe.world, **arm.world),
        test_world=replace(recipe.test_world, **arm.world),
    )


def trained(arm: Arm, recipe: DeepClusteringRecipe, seed: int) -> tuple[DeepClustering, list[dict[str, float]]]:
    """The model of an arm, and what its rounds were like."""
    if arm.labels == "none":
        return recipe.build(seed), []
    if arm.labels == "classes":
        return taught(recipe, seed), []
    clips, figures = recipe.scenes(seed), []
    classes = classes_of(clips, count=min(512, recipe.rounds.clips))

    def note(found: Round, model: Any) -> None:
        figures.append({"round": found.number, **found.figures, **found.judge(classes)})

    model, result = deep_clustering_recipe.train(recipe, seed=seed, scenes=clips, device="cpu", callback=note)
    for figure, one in zip(figures, result.fits, strict=True):
        figure |= {"steps": one.steps, "held_out": one.history[-1].get("held_out/loss", float("nan"))}
    return model, figures


def taught(recipe: DeepClusteringRecipe, seed: int) -> DeepClustering:
    """The same encoders, told the classes, for all steps in one go: the upper bound."""
    world = recipe.scenes(seed)
    classes = classes_of(world, count=recipe.rounds.clips)
    told = replace(recipe, model=replace(recipe.model, scheme="cdc", num_clusters=int(classes.max()) + 1))
    model = told.build(seed)
    model.begin_round({"joint": classes}, seed=seed)
    draws = ClusterDraws(
        ScenePool(NumberedClips(world), recipe.rounds.clips),
        {"joint": classes},
        among=torch.arange(recipe.rounds.clips),
        augmentation=recipe.rounds.augmentation,
        seed=seed,
    )
    fit(model, draws, replace(recipe.training, steps=recipe.rounds.rounds * recipe.training.steps, seed=seed),
        device="cpu")  # fmt: skip
    return model


SHOWN = {what: itemgetter(what) for what in ("video_probe", "video_nmi", "audio_probe", "audio_nmi", "seconds")}


if __name__ == "__main__":
    tyro.cli(Study).run()
