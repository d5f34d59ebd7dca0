"""The command line: `avlearn train`, `avlearn info`, and `avlearn evaluate` with a task.

The tasks are `localize`, `detect`, `understand`, `separate` and `clusters`, of a trained model, and `boxes`, which
needs none. `esc10`, `esc50`, `dcase2014`, `voc2007`, `ucf101` and `hmdb51` are data sets, on which features are
classified.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import tyro
from rich.console import Console
from rich.table import Table
from tyro.conf import OmitArgPrefixes, OmitSubcommandPrefixes, Positional, subcommand

from avlearn import cli_clusters, deep_clustering_recipe, environment, pretrained, recipes, separator_recipe
from avlearn.cli_clusters import Clusters
from avlearn.cli_data_sets import DCASE2014, ESC10, ESC50, HMDB51, UCF101, VOC2007
from avlearn.data import Collage, Resampled, World, digits, settings_for
from avlearn.processes import is_first
from avlearn.recipes import Recipe
from avlearn.separator_recipe import SeparatorRecipe
from avlearn.tasks import annotated_boxes, detect, localize, separate, understand
from avlearn.training import Curriculum
from avlearn.types import SceneSource


@dataclass(frozen=True, kw_only=True)
class Train:
    """Train a recipe; the folder then holds a checkpoint, its card, the logs and what resuming needs."""

    recipe: Positional[str]
    """dcc, dcc_seeded, simplified_dcc, cavl, one_vector, max_pool, frame_max, average_pool, separator; xdc, sdc, mdc,
    cdc, same_modality; or, with labels, supervised."""
    out: Path
    """Folder of the run."""
    profile: str = "book"
    """smoke, book, gpu or paper."""
    seed: int = 0
    """Of weights, scenes and order."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""
    resume: bool = False
    """Continue the run in the folder."""
    localizer: Path | None = None
    """Of a separator only: whose visual centres it asks by, a shipped model or the folder of a run; by default cavl."""
    digits: Path | None = None
    """Train on real digits instead of the embedded world: a folder with images/mnist_*.npz and fsdd/. Takes twice the
    steps and, but for a separator, batches of twice the size. A separator of digits needs a localizer of digits."""

    def run(self) -> dict[str, Any]:
        """Train, and tell how it ended."""
        if self.recipe in deep_clustering_recipe.NAMES:
            if self.localizer is not None or self.digits is not None:
                raise ValueError(f"the recipe {self.recipe} takes no localizer and no digits; leave them out")
            return cli_clusters.train(self.recipe, self.profile, self.seed, self.out, self.device, self.resume)
        recipe, scenes = self._plan()
        _, result = recipes.train(
            recipe, seed=self.seed, scenes=scenes, out=self.out, device=self.device, resume=self.resume
        )
        return {"out": str(self.out), "steps": result.steps, "seconds": result.seconds, **result.history[-1]}

    def _plan(self) -> tuple[Recipe | SeparatorRecipe, SceneSource | Curriculum | None]:
        # What to train, and on which scenes if not on the recipe's own
        recipe = self._separator() if self.recipe == separator_recipe.NAME else self._localizer()
        if self.digits is None:
            return recipe, None
        drawn = digits(self.digits, split="train")
        return recipe, recipe.scenes(self.seed, lambda settings, seed: Collage(settings, *drawn, seed=seed))

    def _separator(self) -> SeparatorRecipe:
        recipe = separator_recipe.get(self.profile, localizer=self.localizer)
        if self.digits is None:
            return recipe
        if self.localizer is None:
            raise ValueError("no shipped localizer knows digits; train one, for example by `avlearn train cavl "
                             f"--digits {self.digits} --out RUN`, and give its folder as localizer")  # fmt: skip
        return separator_recipe.on_digits(recipe, localizer=self.localizer)

    def _localizer(self) -> Recipe:
        recipe = recipes.get(self.recipe, self.profile)
        if self.localizer is not None:
            raise ValueError(f"the recipe {self.recipe} takes no localizer; leave it out, or train a separator")
        return recipe if self.digits is None else recipes.on_digits(recipe)


@dataclass(frozen=True, kw_only=True)
class OnScenes:
    """What the tasks on scenes have in common."""

    checkpoint: str = "dcc"
    """A shipped model, or the folder of a run."""
    scenes: int = 500
    """Number of fresh scenes."""
    seed: int = 0
    """Of the scenes; none of them was ever trained on."""
    difficulty: str | None = None
    """Named difficulty of the scenes; by default big_test, of digits digits_test."""
    device: str = "cpu"
    """cpu, cuda or mps."""
    digits: Path | None = None
    """Test on real digits instead of the embedded world: a folder with images/mnist_*.npz and fsdd/."""
    split: Literal["test", "new_speaker"] = "test"
    """Of the digits: held-out takes of known speakers, or a speaker who was never heard."""

    usual: ClassVar[tuple[str, str]] = ("big_test", "digits_test")
    """Difficulty where none is given, in the embedded world and of digits."""

    def model(self) -> recipes.Model:
        """The model that is asked."""
        return pretrained.load_localizer(self.checkpoint, device=self.device)

    def fresh(self) -> World | Collage:
        """Scenes to test on."""
        return self._source(self.split, recipes.test_seed(self.seed))

    def further(self) -> World | Collage:
        """Scenes to choose thresholds and fit probes on; of digits, pictures and takes that may be trained on."""
        return self._source("train", recipes.validation_seed(self.seed))

    def _source(self, split: Literal["train", "test", "new_speaker"], seed: int) -> World | Collage:
        settings = settings_for(self.difficulty or self.usual[self.digits is not None])
        if self.digits is None:
            return World(settings, seed=seed)
        return Collage(settings, *digits(self.digits, split=split), seed=seed)


@dataclass(frozen=True, kw_only=True)
class Localize(OnScenes):
    """Where does the model see what it hears? Every metric, beside all baselines and controls."""

    def run(self) -> dict[str, Any]:
        """All numbers of the localization task."""
        scenes = self.fresh()
        return localize.evaluate(self.model(), scenes, count=self.scenes, seed=self.seed)


@dataclass(frozen=True, kw_only=True)
class Detect(OnScenes):
    """Which of several objects sound, when the model hears their mixture? Beside all and random objects and edges."""

    difficulty: str | None = None
    """Named difficulty of the scenes; by default crowd, where one to four things sound, of digits digits_multi."""
    validation_scenes: int = 200
    """Number of further scenes, to choose thresholds on."""

    usual: ClassVar[tuple[str, str]] = ("crowd", "digits_multi")

    def run(self) -> dict[str, Any]:
        """All numbers of the detection task."""
        scenes, further = self.fresh(), self.further()
        return detect.evaluate(
            self.model(),
            scenes,
            validation=further,
            count=self.scenes,
            validation_count=self.validation_scenes,
            seed=self.seed,
        )


@dataclass(frozen=True, kw_only=True)
class Understand(OnScenes):
    """What do the features tell of whole scenes? Retrieval, events and clusters, beside chance and both bounds."""

    train_scenes: int = 1000
    """Number of further scenes, to fit linear probes and centres of clusters on."""
    supervised: str | None = None
    """The same encoders trained with labels, as the upper bound: a shipped model, or the folder of a run. By default
    the shipped one, which learnt the embedded world; for digits none, until you train one."""

    def run(self) -> dict[str, Any]:
        """All numbers of the understanding task; `random` is the same model untrained."""
        scenes, further = self.fresh(), self.further()
        model = self.model()
        return understand.evaluate(
            model,
            scenes,
            train_scenes=further,
            count=self.scenes,
            train_count=self.train_scenes,
            others=self._others(model),
            seed=self.seed,
        )

    def _others(self, model: recipes.Model) -> dict[str, recipes.Model]:
        others = {"random": recipes.untrained(model.config, seed=self.seed).to(self.device)}
        bound = self.supervised or (None if self.digits else "supervised")
        return (
            others if bound is None else others | {"supervised": pretrained.load_localizer(bound, device=self.device)}
        )


@dataclass(frozen=True, kw_only=True)
class Separate(OnScenes):
    """Does a separator part mixtures, asked by points, boxes, clusters or nobody? Beside baselines and ideal masks."""

    checkpoint: str = "separator"
    """A shipped separator, or the folder of a run."""
    scenes: int = 100
    """Mixtures of each kind: of two and of three fresh scenes, and scenes of several sources."""

    def run(self) -> dict[str, Any]:
        """All numbers of the separation task."""
        separator = pretrained.load_separator(self.checkpoint, device=self.device)
        several = replace(self, difficulty=("multi", "digits_multi")[self.digits is not None])
        rate = separator.config.sample_rate
        return separate.evaluate(
            separator,
            Resampled(self.fresh(), rate),
            Resampled(several.fresh(), rate),
            count=self.scenes,
            seed=self.seed,
        )


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """What boxes drawn without looking at the pictures score on Flickr-SoundNet and VGG-SS."""

    annotations: Path
    """Folder with the annotation files of the data sets; no pictures are needed."""
    size: int = 224
    """Side of the maps in pixels; released code uses 224 or 256."""

    def run(self) -> dict[str, Any]:
        """The table of picture-free baselines."""
        return annotated_boxes.evaluate(self.annotations, size=self.size)


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Evaluate a trained model, or what needs no model."""

    task: (
        Annotated[Localize, subcommand("localize")]
        | Annotated[Detect, subcommand("detect")]
        | Annotated[Understand, subcommand("understand")]
        | Annotated[Separate, subcommand("separate")]
        | Annotated[Clusters, subcommand("clusters")]
        | Annotated[Boxes, subcommand("boxes")]
        | Annotated[ESC10, subcommand("esc10")]
        | Annotated[ESC50, subcommand("esc50")]
        | Annotated[DCASE2014, subcommand("dcase2014")]
        | Annotated[VOC2007, subcommand("voc2007")]
        | Annotated[UCF101, subcommand("ucf101")]
        | Annotated[HMDB51, subcommand("hmdb51")]
    )

    def run(self) -> dict[str, Any]:
        """The numbers of the task."""
        return self.task.run()


@dataclass(frozen=True, kw_only=True)
class Info:
    """Versions, device, recipes and shipped checkpoints."""

    def run(self) -> dict[str, Any]:
        """What this installation is."""
        return {**environment.describe(), "checkpoints": ", ".join(pretrained.shipped())}


Command = (
    Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("evaluate")]
    | Annotated[Info, subcommand("info")]
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. `--json`, anywhere, prints one JSON object as the last line instead of a table.

    A mistake of the user, or a full disk, gives one clear line on standard error and exit status 2. Of several
    processes that train together, the first one prints.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    command: Any = tyro.cli(
        Command,
        args=[word for word in given if word != "--json"],
        prog="avlearn",
        description=__doc__,
        config=(OmitArgPrefixes, OmitSubcommandPrefixes),
    )
    try:
        result = command.run()
    except (ValueError, OSError, FloatingPointError) as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        return 2
    if not is_first():
        return 0
    if as_json:
        print(json.dumps(result))
    else:
        Console().print(_table(result))
    return 0


def _table(result: Mapping[str, Any]) -> Table:
    table = Table("what", "value", highlight=True)
    for name, value in _leaves(result):
        table.add_row(name, f"{value:.4g}" if isinstance(value, float) else str(value))
    return table


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    leaves = []
    for name, value in tree.items():
        leaves += _leaves(value, f"{prefix}{name} / ") if isinstance(value, Mapping) else [(prefix + name, value)]
    return leaves
