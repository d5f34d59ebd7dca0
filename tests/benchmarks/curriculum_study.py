"""Does it help to train from simple to complex scenes? Every arm with equal steps and several seeds, a JSON line a run.

    python tests/benchmarks/curriculum_study.py --out runs/curriculum.jsonl
    python tests/benchmarks/curriculum_study.py --out runs/curriculum.jsonl --summary
    python tests/benchmarks/curriculum_study.py --out runs/curriculum.jsonl --record

The second line prints what the file holds, at any time. The third one writes it into the package, as
`avlearn/tasks/measured_curriculum.json`, from which the book prints its tables; repeat it whenever there are more runs.

All arms draw from one world of one to three sources, whose things are equally large whatever their number, and train
the same model without any warm-up. Runs that the file already has are not repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
import tyro
from study import ArmStudy, Run, made_by, over_seeds, write_record

from avlearn import recipes
from avlearn.data import DIFFICULTIES, Subset, World
from avlearn.metrics.ranking import rank_correlation
from avlearn.tasks import complexity, detect, localize, measured_curriculum
from avlearn.tasks.watch import Watch
from avlearn.training import Curriculum, Stage, between, fit, simplest
from avlearn.types import SceneSource

MIXED = replace(DIFFICULTIES["multi"], sources=(1, 3))
SINGLE_TEST = replace(DIFFICULTIES["multi"], sources=(1, 1), silent=(1, 2))
SCENES = 12_000
"""Scenes that every arm draws from; a third of them has one source."""
SIMPLE_SHARE = 2 / 3
"""Of the steps, which the first stage takes."""
RECORD = Path(measured_curriculum.__file__).with_suffix(".json")
"""What the package keeps of a study."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to train."""

    recipe: str = "cavl"
    """The model."""
    order: tuple[str, ...] = ("simple", "complex")
    """Kinds of scenes, stage by stage."""
    share: float = SIMPLE_SHARE
    """Of the steps, which the first of two stages takes."""
    restart: bool = True
    """Whether the learning rate begins a new cycle with the second stage."""
    clusters: tuple[tuple[int, int], ...] = ()
    """Visual clusters and clusters of the sound, stage by stage; none leaves those of the recipe."""
    model: dict[str, Any] = field(default_factory=dict)
    """What differs from the recipe's model."""
    estimate: str | None = None
    """What orders the scenes: an estimate of `avlearn.tasks.complexity`, those of a model by one of its own that was
    trained on shuffled scenes for as many steps; None for the true number of sources."""


ARMS = {
    "simple to complex": Arm(),
    "complex only": Arm(order=("complex",)),
    "all shuffled": Arm(order=("all",)),
    "simple only": Arm(order=("simple",)),
    "complex to simple": Arm(order=("complex", "simple")),
    "simple to complex, by pairs": Arm(estimate="pairs"),
    "simple to complex, by sound": Arm(estimate="cells"),
    "simple to complex, no restart": Arm(restart=False),
    "complex only, restart": Arm(order=("complex", "complex")),
    "short simple stage": Arm(share=1 / 3),
    "growing clusters": Arm(clusters=((8, 2), (16, 8))),
    "one centre of sound": Arm(model={"audio_clusters": 1}),
    "five visual clusters": Arm(model={"image_clusters": 5}),
    "frame_max": Arm(recipe="frame_max"),
    "frame_max, complex only": Arm(recipe="frame_max", order=("complex",)),
    "one_vector": Arm(recipe="one_vector", model={"warm_up_steps": 0, "warm_up_floor": 0.0}),
}


@dataclass(frozen=True, kw_only=True)
class Study(ArmStudy):
    """What to train and test."""

    arms: tuple[str, ...] = tuple(ARMS)
    """Names of arms."""
    steps: int = 700
    """Of every run."""
    scenes: int = 500
    """Fresh scenes of each test."""
    watch_every: int = 70
    """Steps between two looks at the quality, for the time to reach one."""

    def write(self) -> None:
        """Put the runs of the file into the package, whatever arms and seeds were asked for.

        Raises:
            ValueError: the file has no runs.
        """
        record = measured_curriculum.to_record(
            self.in_order(ARMS),
            estimates={name: arm.estimate for name, arm in ARMS.items()},
            **made_by(__file__),
            steps=self.steps,
            scenes=self.scenes,
            watch_every=self.watch_every,
        )
        write_record(RECORD, record)

    def summarize(self, rows: list[Run]) -> str:
        """A line for each arm: mean and range over its seeds."""
        return over_seeds(rows, SHOWN)

    def one(self, name: str, seed: int) -> Run:
        """Train one arm with one seed, and test it on single and on several sources."""
        arm, mixed = ARMS[name], World(MIXED, seed=2 * seed)
        recipe = recipes.get(arm.recipe, "book")
        recipe = replace(recipe, model=replace(recipe.model, **arm.model))
        found: dict[str, Any] = {"arm": name, "seed": seed}
        if arm.estimate is None:
            scores = _sources(mixed)
            kinds = {"simple": between(scores, 1, 1), "complex": between(scores, 2, 3), "all": torch.arange(SCENES)}
        else:
            scores, found["counting"] = self._estimate(recipe, arm.estimate, mixed, seed)
            simple = simplest(scores, 1 / 3)
            kinds = {"simple": simple, "complex": torch.tensor(sorted(set(range(SCENES)) - set(simple.tolist())))}
        model = recipe.build(seed)
        watch = Watch(World(DIFFICULTIES["multi"], seed=recipes.validation_seed(seed)), every=self.watch_every)
        result = fit(
            model,
            curriculum(arm, {kind: Subset(mixed, numbers) for kind, numbers in kinds.items()}),
            replace(recipe.training, seed=seed, steps=self.steps),
            device="cpu",
            callback=watch,
        )
        curve = list(zip(watch.steps, watch.quality, strict=True))
        found |= {"seconds": result.seconds, "steps": result.steps, "curve": curve}
        return found | self._tests(model, seed)

    def _estimate(self, recipe: recipes.Recipe, name: str, mixed: World, seed: int) -> tuple[torch.Tensor, Any]:
        # Of the scenes to train on, and how well it ranks others
        if name in complexity.plain_estimates(mixed.batch(range(1))):
            blocks = [range(start, start + 500) for start in range(0, SCENES, 500)]
            scores = torch.cat([complexity.plain_estimates(mixed.batch(block))[name] for block in blocks])
            correlation = rank_correlation(scores.double(), _sources(mixed).double())
            return scores, {name: {"rank_correlation": float(correlation)}}
        model = recipe.build(seed)
        settings = replace(recipe.training, seed=seed, steps=self.steps)
        fit(model, Subset(mixed, range(SCENES)), settings, device="cpu")
        judged = complexity.evaluate(model, World(MIXED, seed=recipes.test_seed(seed)), count=self.scenes)
        return complexity.estimate(model, mixed, count=SCENES)[name], judged["estimates"] | judged["baselines"]

    def _tests(self, model: Any, seed: int) -> dict[str, Any]:
        test, further = recipes.test_seed(seed), recipes.validation_seed(seed)
        several = DIFFICULTIES["multi"]
        return {
            "single": localize.evaluate(model, World(SINGLE_TEST, seed=test), count=self.scenes)["maps"],
            "several": detect.evaluate(
                model, World(several, seed=test), validation=World(several, seed=further), count=self.scenes
            )["maps"],
        }


def curriculum(arm: Arm, kinds: dict[str, SceneSource]) -> Curriculum:
    """The stages of an arm."""
    ends = (arm.share, 1.0)[-len(arm.order) :]
    return Curriculum(
        tuple(
            Stage(
                name=f"{number}: {kind}",
                scenes=kinds[kind],
                until=end,
                image_clusters=arm.clusters[number][0] if arm.clusters else None,
                audio_clusters=arm.clusters[number][1] if arm.clusters else None,
                restart=arm.restart and number > 0,
            )
            for number, (kind, end) in enumerate(zip(arm.order, ends, strict=True))
        )
    )


def _sources(mixed: World) -> torch.Tensor:
    return torch.cat(
        [mixed.batch(range(start, start + 500)).truth.complexity for start in range(0, SCENES, 500)]
    ).float()


SHOWN: dict[str, Callable[[Run], float]] = {
    "several AUC": lambda row: row["several"]["attention"]["sounding_silent_auc"],
    "AUC sim": lambda row: row["several"]["similarity"]["sounding_silent_auc"],
    "AP": lambda row: row["several"]["attention"]["average_precision"],
    "single pointing": lambda row: row["single"]["attention"]["pointing"],
    "single AUC": lambda row: row["single"]["attention"]["sounding_silent_auc"],
    "steps to .75": lambda row: next((float(step) for step, auc in row["curve"] if auc >= 0.75), float("nan")),
}


if __name__ == "__main__":
    tyro.cli(Study).run()
