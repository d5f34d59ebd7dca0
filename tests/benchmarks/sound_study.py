"""Features on the real sounds of ESC-10: hand-made, untrained, trained without labels, trained with them.

    python tests/benchmarks/sound_study.py --data ../shared/data/esc10 --out runs/sounds.jsonl --record

Each row is a JSON line of `--out`; rows that are there aren't computed again, so the study goes on where it stopped.
`--checkpoint NAME FOLDER` adds a run, or one for each seed where the folder's name has `{seed}` in it. With `--record`
the lines become `avlearn/tasks/measured_sounds.json`, which the page on feature evaluation shows. On one core of a
processor a row takes a minute or two.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tyro
from study import keep_run, read_runs, write_record

from avlearn import describers, finetuning
from avlearn.data.manifests import Manifest
from avlearn.data.unpacked import read_manifest
from avlearn.tasks import classify, measured_sounds
from avlearn.tasks.esc_baselines import HUMAN, PUBLISHED, published_probes
from avlearn.tasks.measured_sounds import AS_PUBLISHED, HAND_MADE, ON_FOLDS, UNTRAINED, Row, to_row

RECORD = Path(measured_sounds.__file__).with_suffix(".json")
SHIPPED = {"DCC": "dcc", "CAVL": "cavl", "labels of the world": "supervised"}


@dataclass(frozen=True, kw_only=True)
class Study:
    """What to evaluate."""

    data: Path
    """Folder of ESC-10."""
    out: Path
    """File of JSON lines."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Of what is drawn: untrained networks, and those trained on the folds."""
    checkpoint: dict[str, str] = field(default_factory=dict)
    """Further runs, as the name of a row and a folder; `{seed}` in it stands for each of the seeds."""
    record: bool = False
    """Write the record of the package at the end."""
    command: str = "python tests/benchmarks/sound_study.py --data ESC10 --out OUT --record"
    """What the record says it was made by."""

    def run(self) -> None:
        """Compute the rows that are missing, printing as it goes."""
        manifest = read_manifest("esc10", self.data)
        known = {(row["features"], row["seed"]) for row in read_runs(self.out)}
        for features, seed, compute in self.plan(manifest):
            if (features, seed) not in known:
                keep_run(self.out, _timed(features, seed, compute))
        if self.record:
            write_record(RECORD, self._recorded(manifest))

    def plan(self, manifest: Manifest) -> Iterator[tuple[str, int | None, Callable[[], dict[str, Any]]]]:
        """Name, seed and computation of each row."""
        yield AS_PUBLISHED, None, lambda: _classified(manifest, "mfcc", probes=published_probes())
        yield HAND_MADE, None, lambda: _classified(manifest, "mfcc")
        for seed in self.seeds:
            yield UNTRAINED, seed, lambda seed=seed: _classified(manifest, "random", seed=seed)  # type: ignore[misc]
        for title, name in (SHIPPED | self.checkpoint).items():
            for seed in self.seeds if "{seed}" in name else (None,):
                run = name.replace("{seed}", str(seed))
                yield title, seed, lambda run=run: _classified(manifest, run)  # type: ignore[misc]
        for seed in self.seeds:
            yield ON_FOLDS, seed, lambda seed=seed: _trained(manifest, seed)  # type: ignore[misc]

    def _recorded(self, manifest: Manifest) -> dict[str, Any]:
        found = {(row["features"], row["seed"]): row for row in read_runs(self.out)}
        return {
            "date": date.today().isoformat(),
            "command": self.command,
            "data_set": manifest.name,
            "used": len(manifest.present()),
            "people": HUMAN[manifest.name] / 100,
            "published": {name: percent / 100 for name, percent in PUBLISHED[manifest.name].items()},
            "rows": [found[features, seed] for features, seed, _ in self.plan(manifest)],
        }


def _timed(features: str, seed: int | None, compute: Callable[[], dict[str, Any]]) -> Row:
    began = time.process_time()
    row = to_row(features, seed, compute())
    return row | {"seconds": round(time.process_time() - began, 1)}


def _classified(manifest: Manifest, name: str, *, seed: int = 0, probes: Any = None) -> dict[str, Any]:
    describer = describers.describer(name, "sound", seed=seed)
    with TemporaryDirectory() as folder:
        return classify.evaluate(classify.features_of(manifest, describer, out=Path(folder)), probes=probes)


def _trained(manifest: Manifest, seed: int) -> dict[str, Any]:
    network = describers.network("random", "sound", seed=seed)
    return finetuning.evaluate(manifest, network, replace(finetuning.ON_SOUNDS, seed=seed))


if __name__ == "__main__":
    tyro.cli(Study).run()
