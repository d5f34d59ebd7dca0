"""What studies do alike: keep a JSON line for each run, go on where they stopped, and say what several seeds gave."""

from __future__ import annotations

import datetime
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Run = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ArmStudy(ABC):
    """Several ways to train, its arms, each with several seeds; runs that the file already has aren't repeated."""

    out: Path
    """File that gets a line a run."""
    arms: tuple[str, ...]
    """Names of arms."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of each arm."""
    summary: bool = False
    """Only print what the file holds: mean and range over the seeds."""
    record: bool = False
    """Only write what the file holds into the package."""

    def run(self) -> None:
        """Train and test all that is missing, or do what else was asked for."""
        if self.record:
            self.write()
        elif self.summary:
            print(self.summarize(read_runs(self.out)))
        else:
            for name, seed in self.runs():
                if not any((row["arm"], row["seed"]) == (name, seed) for row in read_runs(self.out)):
                    keep_run(self.out, self.one(name, seed))

    def runs(self) -> list[tuple[str, int]]:
        """Arms with their seeds, in the order in which they are trained."""
        return [(name, seed) for name in self.arms for seed in self.seeds]

    def in_order(self, arms: Iterable[str]) -> list[Run]:
        """The runs of the file, whatever arms and seeds were asked for, in the order of all arms there are."""
        place = {name: number for number, name in enumerate(arms)}
        return sorted(read_runs(self.out), key=lambda row: (place[row["arm"]], row["seed"]))

    @abstractmethod
    def one(self, name: str, seed: int) -> Run:
        """Train one arm with one seed, and test it; the line has `arm` and `seed`."""

    @abstractmethod
    def write(self) -> None:
        """Put the runs of the file into the package.

        Raises:
            ValueError: the file has no runs.
        """

    @abstractmethod
    def summarize(self, rows: list[Run]) -> str:
        """A line for each arm."""


def read_runs(file: Path) -> list[Run]:
    """The runs of a file, none if there is no such file."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def keep_run(file: Path | None, run: Run) -> None:
    """Print a run as a line, and add it to the file if there is one."""
    line = json.dumps(run)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as opened:
            opened.write(line + "\n")
    print(line, flush=True)


def write_record(place: Path, record: Mapping[str, Any]) -> None:
    """Write what the package keeps of a study."""
    place.write_text(json.dumps(record, indent=1) + "\n")
    print(f"{place} is written")


def made_by(script: str) -> dict[str, str]:
    """Today's date, and the command of a study whose lines are in a file."""
    return {
        "date": datetime.date.today().isoformat(),
        "command": f"python tests/benchmarks/{Path(script).name} --out FILE",
    }


def over_seeds(rows: Sequence[Run], shown: Mapping[str, Callable[[Run], float]]) -> str:
    """A line for each arm: mean and range of some figures over its seeds."""
    lines = []
    for name in dict.fromkeys(row["arm"] for row in rows):
        runs = [row for row in rows if row["arm"] == name]
        figures = (f"{what} {mean_and_range([get(run) for run in runs])}" for what, get in shown.items())
        lines.append(f"{name} (n={len(runs)}): " + "; ".join(figures))
    return "\n".join(lines)


def mean_and_range(values: Sequence[float]) -> str:
    """As text."""
    return f"{sum(values) / len(values):.3f} [{min(values):.3f}, {max(values):.3f}]"
