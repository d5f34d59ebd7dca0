"""Models by `torch.hub`, from this folder instead of from the network."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch

from avlearn.pretrained import load, shipped

REPOSITORY = Path(__file__).resolve().parent.parent


def _load(name: str, **wanted: str) -> torch.nn.Module:
    return torch.hub.load(str(REPOSITORY), name, source="local", **wanted)


def test_every_shipped_model_has_its_entry_and_words() -> None:
    entries = runpy.run_path(str(REPOSITORY / "hubconf.py"))
    public = {name: entry for name, entry in entries.items() if callable(entry) and not name.startswith("_")}
    assert public.keys() == {*shipped(), "avlearn_model"}
    assert all(len(entry.__doc__) > 40 for entry in public.values())


@pytest.mark.parametrize("name", shipped())
def test_entries_give_the_shipped_models(name: str) -> None:
    model = _load(name)
    assert model.card == load(name).card
    assert not model.training


def test_a_model_of_ones_own(tmp_path: Path) -> None:
    _load("max_pool").save_pretrained(tmp_path)
    assert _load("avlearn_model", checkpoint=str(tmp_path)).card.recipe == "max_pool"
