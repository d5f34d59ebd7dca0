"""Detection of several sources by trained runs, on fresh scenes: one JSON line per run, then what all seeds say.

    python tests/benchmarks/detection_study.py runs/study/cavl-0 runs/study/cavl-1 runs/study/cavl-2 --out detect.jsonl
    python tests/benchmarks/detection_study.py dcc max_pool --scenes 200

A run is a folder, or the name of a model that comes with the package. Runs of one recipe are taken for its seeds. Each
is tested on scenes that no training with its seed has seen, and its thresholds are chosen on further ones.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from scipy.stats import t
from study import keep_run

from avlearn import load, recipes
from avlearn.data import World, settings_for
from avlearn.pretrained import SHIPPED_FOLDER, shipped
from avlearn.tasks import detect
from avlearn.tasks.detection_tables import detection_rows, number_rows
from avlearn.tasks.tables import Row, over_seeds
from avlearn.training import read_card

DIFFICULTIES = ("multi", "crowd")
BY_NUMBER = ("recall", "precision", "mean_ciou")
"""Measures that are told for each number of sources."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """What to test."""

    runs: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Folders of runs, or names of shipped models."""
    scenes: int = 1000
    """Fresh scenes of each difficulty."""
    validation_scenes: int = 400
    """Further scenes, to choose thresholds on."""
    difficulties: tuple[str, ...] = DIFFICULTIES
    """Kinds of scenes."""
    out: Path | None = None
    """File that the lines are appended to."""

    def run(self) -> None:
        """Test all, printing as it goes, and then the summary of each recipe and difficulty."""
        lines = list(self.lines())
        for line in summarise(lines):
            keep_run(self.out, line)

    def lines(self) -> Iterator[dict[str, Any]]:
        """The record of each run on each kind of scenes."""
        for run in self.runs:
            for difficulty in self.difficulties:
                line = self.one(run, difficulty)
                keep_run(self.out, line)
                yield line

    def one(self, run: str, difficulty: str) -> dict[str, Any]:
        """The record of one run on one kind of scenes."""
        card = read_card(SHIPPED_FOLDER / run if run in shipped() else run)
        worlds = [
            World(settings_for(difficulty), seed=seed_of(card.seed))
            for seed_of in (recipes.test_seed, recipes.validation_seed)
        ]
        began = time.perf_counter()
        record = detect.evaluate(
            load(run), worlds[0], validation=worlds[1], count=self.scenes, validation_count=self.validation_scenes
        )
        seconds = time.perf_counter() - began
        who = {"recipe": card.recipe, "run": run, "seed": card.seed, "difficulty": difficulty}
        return who | {"scenes_per_second": (self.scenes + self.validation_scenes) / seconds, "record": record}


def summarise(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the seeds of each recipe say together, for each difficulty, readout and measure.

    Returns:
        For each recipe and difficulty its seeds, `overall`, a row for each readout, and `by_number`, the same for some
        measures by the number of sources. A cell has the mean over the seeds and, from two seeds on, the standard
        deviation and the 95 % t-interval of the mean.
    """
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault((line["recipe"], line["difficulty"]), []).append(line)
    return [_summary(recipe, difficulty, group) for (recipe, difficulty), group in groups.items()]


def _summary(recipe: str, difficulty: str, group: Sequence[dict[str, Any]]) -> dict[str, Any]:
    records = [{recipe: line["record"]} for line in group]
    return {
        "summary": recipe,
        "difficulty": difficulty,
        "seeds": [line["seed"] for line in group],
        "overall": _joined([detection_rows(record) for record in records]),
        "by_number": {measure: _joined([number_rows(record, measure) for record in records]) for measure in BY_NUMBER},
    }


def _joined(tables: Sequence[Sequence[Row]]) -> list[Row]:
    return [_cells(row) for row in over_seeds(tables)]


def _cells(row: Row) -> Row:
    return {name: cell if name == "readout" or cell is None else _over_seeds(cell) for name, cell in row.items()}


def _over_seeds(values: Sequence[float]) -> dict[str, Any]:
    mean = statistics.fmean(values)
    if len(values) < 2:
        return {"mean": mean}
    deviation = statistics.stdev(values)
    half = float(t.ppf(0.975, len(values) - 1)) * deviation / math.sqrt(len(values))
    return {"mean": mean, "sd": deviation, "interval": [mean - half, mean + half]}


if __name__ == "__main__":
    tyro.cli(Study).run()
