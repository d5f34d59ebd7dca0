"""The command line: `avlearn prepare`, `train`, `evaluate`, `localize`, `separate` and `info`.

`prepare` looks through your videos, `localize` and `separate` take one of them, `evaluate` takes a task: `localize`,
`detect`, `understand`, `separate` and `clusters`, of a trained model, or `boxes`, which needs none, or a data set on
which features are classified, `esc10`, `esc50`, `dcase2014`, `voc2007`, `ucf101` and `hmdb51`.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table
from tyro.conf import OmitArgPrefixes, OmitSubcommandPrefixes, Positional, subcommand

from avlearn import cli_clusters, deep_clustering_recipe, environment, pretrained, recipes, separator_recipe
from avlearn.cli_clusters import Clusters
from avlearn.cli_data import WORLD, about, scenes_of
from avlearn.cli_data_sets import DCASE2014, ESC10, ESC50, HMDB51, UCF101, VOC2007
from avlearn.cli_prepare import Prepare
from avlearn.cli_scenes import Detect, Localize, Separate, Understand
from avlearn.cli_videos import LocalizeVideo, SeparateVideo
from avlearn.data import Collage, digits
from avlearn.processes import is_first
from avlearn.recipes import Recipe
from avlearn.separator_recipe import SeparatorRecipe
from avlearn.tasks import annotated_boxes
from avlearn.training import Curriculum, Terminated
from avlearn.training.interrupts import EXIT_CODES
from avlearn.types import SceneSource


@dataclass(frozen=True, kw_only=True)
class Train:
    """Train a recipe; the folder then holds a checkpoint, its card, the logs and what resuming needs.

    Example: avlearn train cavl --out runs/cavl

    Example: avlearn train cavl --data prepared/clips.csv --out runs/mine --resume
    """

    recipe: Positional[str]
    """dcc, dcc_seeded, simplified_dcc, cavl, one_vector, max_pool, frame_max, average_pool, separator; xdc, sdc, mdc,
    cdc, same_modality; or, with labels, supervised."""
    out: Path
    """Folder of the run."""
    data: str = WORLD
    """What to train on: a folder with videos anywhere below it; a csv file that lists clips, with columns path, start,
    duration (in seconds) and label; shards that avlearn prepare wrote, in a folder or at an address; a folder with
    pictures/CLASS and sounds/CLASS, to make collages of; or world."""
    profile: str = "book"
    """smoke, book, gpu or paper."""
    seed: int = 0
    """Of weights, scenes and order."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""
    resume: bool = False
    """Continue the run in the folder, as after Ctrl-C, SIGTERM, a crash or a kill; or start it there."""
    localizer: Path | None = None
    """Of a separator only: whose visual centres it asks by, a shipped model or the folder of a run; by default cavl."""
    digits: Path | None = None
    """Train on real digits instead of the embedded world: a folder with images/mnist_*.npz and fsdd/. Takes twice the
    steps and, but for a separator, batches of twice the size. A separator of digits needs a localizer of digits."""

    def run(self) -> dict[str, Any]:
        """Train, and tell how it ended."""
        if self.digits is not None and self.data != WORLD:
            raise ValueError(f"both data and digits are given, {self.data} and {self.digits}; leave one of them out")
        if self.recipe in deep_clustering_recipe.NAMES:
            if self.localizer is not None or self.digits is not None:
                raise ValueError(f"the recipe {self.recipe} takes no localizer and no digits; leave them out")
            return cli_clusters.train(
                self.recipe, self.profile, self.seed, self.out, self.device, self.resume, data=self.data
            )
        recipe, scenes = self._plan()
        _, result = recipes.train(
            recipe, seed=self.seed, scenes=scenes, out=self.out, device=self.device, resume=self.resume
        )
        told = {"out": str(self.out), **about(scenes), "steps": result.steps, "seconds": result.seconds}
        return {**told, **result.history[-1]}

    def _plan(self) -> tuple[Recipe | SeparatorRecipe, SceneSource | Curriculum | None]:
        # What to train, and on which scenes if not on the recipe's own
        recipe = self._separator() if self.recipe == separator_recipe.NAME else self._localizer()
        if self.digits is None:
            return recipe, scenes_of(recipe, self.data, seed=self.seed)
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
class Boxes:
    """What boxes drawn without looking at the pictures score on Flickr-SoundNet and VGG-SS.

    Example: avlearn evaluate boxes --annotations data/annotations
    """

    annotations: Path
    """Folder with the annotation files of the data sets; no pictures are needed."""
    size: int = 224
    """Side of the maps in pixels; released code uses 224 or 256."""

    def run(self) -> dict[str, Any]:
        """The table of picture-free baselines."""
        return annotated_boxes.evaluate(self.annotations, size=self.size)


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Evaluate a trained model, or what needs no model.

    Example: avlearn evaluate localize --checkpoint runs/cavl --json
    """

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
    """Versions, device, recipes and shipped checkpoints.

    Example: avlearn info --json
    """

    def run(self) -> dict[str, Any]:
        """What this installation is."""
        return {**environment.describe(), "checkpoints": ", ".join(pretrained.shipped())}


_REMEDIES = {
    Train: "what was done is saved, and the same command with --resume goes on from there",
    Prepare: "what was done is kept, and the same command goes on from there",
}
"""What to say when a command was stopped."""

Command = (
    Annotated[Prepare, subcommand("prepare")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("evaluate")]
    | Annotated[LocalizeVideo, subcommand("localize")]
    | Annotated[SeparateVideo, subcommand("separate")]
    | Annotated[Info, subcommand("info")]
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. `--json`, anywhere, prints one JSON object as the last line instead of a table.

    A mistake of the user, a full disk, or a process that was lost gives one clear line on standard error and exit
    status 2. Ctrl-C gives 130 and SIGTERM 143; a run is saved first, and `--resume` continues it. Of several processes
    that train together, the first one prints.
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
        _say(f"error: {error}")
        return 2
    except KeyboardInterrupt as interrupt:
        if is_first():
            _say("; ".join(["stopped", *[remedy for kind, remedy in _REMEDIES.items() if isinstance(command, kind)]]))
        return EXIT_CODES[signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT]
    if not is_first():
        return 0
    if as_json:
        print(json.dumps(result))
    else:
        Console().print(_table(result))
    return 0


def _say(text: str) -> None:
    Console(stderr=True).print(text, style="red", markup=False, soft_wrap=True)


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
