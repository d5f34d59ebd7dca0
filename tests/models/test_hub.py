"""Models that are saved, loaded and shared, without a network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
import torch
from torch import nn

from avlearn import load, recipes
from avlearn.data import DIFFICULTIES, World
from avlearn.models import (
    CAVL,
    DCC,
    CAVLConfig,
    DCCConfig,
    DeepClustering,
    DeepClusteringConfig,
    Separator,
    SeparatorConfig,
    Supervised,
    SupervisedConfig,
    VisualCentre,
)
from avlearn.pretrained import SHIPPED_FOLDER
from avlearn.training import read_card

MODELS: dict[str, Any] = {
    "DCC": lambda: DCC(DCCConfig(num_clusters=3)),
    "CAVL": lambda: CAVL(CAVLConfig(image_clusters=5)),
    "Supervised": lambda: Supervised(SupervisedConfig(num_classes=4)),
    "Separator": lambda: Separator(SeparatorConfig(levels=2, width=2), VisualCentre(DCC(DCCConfig(dim=8)))),
    "DeepClustering": lambda: DeepClustering(DeepClusteringConfig(num_clusters=5, width=4)),
}


def _equal(one: nn.Module, other: nn.Module) -> bool:
    mine, yours = one.state_dict(), other.state_dict()
    return mine.keys() == yours.keys() and all(torch.equal(mine[name], yours[name]) for name in mine)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_saved_is_loaded_by_both_ways(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    model.save_pretrained(tmp_path / "model")
    again, too = type(model).from_pretrained(tmp_path / "model"), load(tmp_path / "model")
    assert type(again) is type(too) is type(model)
    assert again.config == too.config == model.config
    assert _equal(again, model)
    assert _equal(too, model)
    assert not again.training
    assert {path.name for path in (tmp_path / "model").iterdir()} == {
        "README.md", "card.json", "card.md", "config.json", "model.safetensors",
    }  # fmt: skip


def test_the_config_is_the_one_at_the_time_of_saving(tmp_path: Path) -> None:
    model = CAVL(CAVLConfig())
    model.set_clusters(image=3)
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["image_clusters"] == 3
    assert CAVL.from_pretrained(tmp_path).config.image_clusters == 3


def test_what_is_known_of_a_model_stays_known_until_it_changes(tmp_path: Path) -> None:
    model, card = load("cavl"), read_card(SHIPPED_FOLDER / "cavl")
    assert model.card == card
    model.save_pretrained(tmp_path / "same")
    assert replace(read_card(tmp_path / "same"), sha256=card.sha256) == card
    text = (tmp_path / "same" / "README.md").read_text()
    assert text.startswith("---\n")
    header, body = text[4:].split("\n---\n", 1)
    assert {"library_name: avlearn", "license: mit"} <= set(header.splitlines())
    assert "# cavl book" in body
    assert "CAVL.from_pretrained" in body
    assert f"{card.metrics['attention pointing']:.4g}" in body
    with torch.no_grad():
        next(model.parameters()).add_(1)
    model.save_pretrained(tmp_path / "other")
    changed = read_card(tmp_path / "other")
    assert (changed.metrics, changed.recipe, changed.config) == ({}, "", card.config)


def test_what_a_run_left_is_loaded(tmp_path: Path) -> None:
    recipe = recipes.get("max_pool", "smoke")
    recipe = replace(recipe, training=replace(recipe.training, steps=2, batch_size=2, pool=4))
    model, _ = recipes.train(recipe, seed=0, scenes=World(DIFFICULTIES["clean"], seed=0), out=tmp_path, device="cpu")
    assert _equal(DCC.from_pretrained(str(tmp_path)), model)


def test_another_kind_and_damaged_weights_are_refused(tmp_path: Path) -> None:
    MODELS["DCC"]().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"holds a DCC; load it by DCC\.from_pretrained"):
        CAVL.from_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ValueError, match="SHA-256"):
        DCC.from_pretrained(tmp_path)


class _Hub:
    """Stands for the Hub: keeps what is pushed in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, list[dict[str, Any]]()

    def __call__(self, **settings: Any) -> _Hub:
        return self

    def create_repo(self, repo_id: str, **settings: Any) -> SimpleNamespace:
        self.calls.append({"repo_id": repo_id, **settings})
        return SimpleNamespace(repo_id=repo_id)

    def upload_folder(self, *, repo_id: str, folder_path: Path, **settings: Any) -> str:
        self.calls.append({"repo_id": repo_id, **settings})
        target = self.folder / repo_id
        target.mkdir(parents=True)
        for path in Path(folder_path).iterdir():
            (target / path.name).write_bytes(path.read_bytes())
        return f"commit of {repo_id}"

    def snapshot_download(self, repo_id: str, **settings: Any) -> str:
        self.calls.append({"repo_id": repo_id, **settings})
        if not (self.folder / repo_id).is_dir():
            raise huggingface_hub.errors.LocalEntryNotFoundError("nothing in the cache")
        return str(self.folder / repo_id)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Hub:
    hub = _Hub(tmp_path / "hub")
    monkeypatch.setattr("huggingface_hub.hub_mixin.HfApi", hub)
    monkeypatch.setattr("avlearn.pretrained.snapshot_download", hub.snapshot_download)
    return hub


def test_pushed_and_fetched_again(hub: _Hub) -> None:
    model = load("dcc")
    assert model.push_to_hub("someone/ears", private=True, commit_message="Ears") == "commit of someone/ears"
    assert hub.calls[0]["private"] is True
    assert hub.calls[1]["commit_message"] == "Ears"
    again = DCC.from_pretrained("someone/ears", revision="v1", local_files_only=True)
    assert (hub.calls[2]["revision"], hub.calls[2]["local_files_only"]) == ("v1", True)
    assert _equal(again, model)
    assert again.card == model.card
    assert again.card.recipe == "dcc_seeded"


def test_what_is_nowhere_says_where_was_looked(hub: _Hub) -> None:
    with pytest.raises(ValueError, match=r"no model 'someone/nothing': .* none of cavl, .* the Hub doesn't give it"):
        CAVL.from_pretrained("someone/nothing")
