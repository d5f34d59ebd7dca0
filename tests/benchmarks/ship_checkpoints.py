"""Turn the runs of `localization_study.py` with seed 0 into the trained models that come with the package.

    python tests/benchmarks/ship_checkpoints.py --study runs/study

Weights are stored in half precision; the card holds what the stored weights score on fresh scenes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tyro

from avlearn import load, recipes
from avlearn.pretrained import SHIPPED_FOLDER
from avlearn.tasks import localize
from avlearn.training import read_card, save_checkpoint

SHIPPED = {
    "dcc": "dcc_seeded",
    "dcc_published": "dcc",
    "simplified_dcc": "simplified_dcc",
    "cavl": "cavl",
    "max_pool": "max_pool",
    "supervised": "supervised",
}
"""Names of the shipped models, and the recipes they come from: `dcc` is the best of the co-clusterings, `supervised`
the upper bound that learnt from labels."""
SCENES = 1000
"""Fresh scenes that the metrics of the card come from."""


@dataclass(frozen=True, kw_only=True)
class Ship:
    """What to ship."""

    study: Path
    """Folder with the runs."""
    only: tuple[str, ...] = tuple(SHIPPED)
    """Which models to write."""

    def run(self) -> None:
        """Write shipped models with their cards."""
        for name in self.only:
            ship(self.study / f"{SHIPPED[name]}-0", SHIPPED_FOLDER / name)


def ship(run: Path, folder: Path) -> None:
    """Store one model in half precision, then measure what was stored."""
    card = read_card(run)
    save_checkpoint(folder, load(run).half(), card)
    scenes = recipes.get(card.recipe, card.profile).fresh_scenes(card.seed)
    found = localize.evaluate(load(folder), scenes, count=SCENES)
    save_checkpoint(folder, load(folder).half(), replace(card, metrics=headline(found)))


def headline(found: dict[str, Any]) -> dict[str, float]:
    """The numbers of a card: both maps, the best trivial baseline, the sound of another scene."""
    names = ("pointing", "sounding_silent_auc", "iou_at_true_area")
    rows = {**found["maps"], "edge_energy": found["baselines"]["edge_energy"]}
    rows["shuffled_audio attention"] = found["controls"]["shuffled_audio"]["attention"]
    return {f"{row} {name}": scores[name] for row, scores in rows.items() for name in names}


if __name__ == "__main__":
    tyro.cli(Ship).run()
