"""What the study trains in each arm, and what it writes into the package."""

from __future__ import annotations

import json

import deep_clustering_study
import pytest
from deep_clustering_study import ARMS, Study, recipe_of
from study import read_runs

from avlearn import deep_clustering_recipe
from avlearn.tasks.deep_clustering_tables import CLUSTERS_AND_ROUNDS, CURED, HARDER, SCHEMES
from avlearn.tasks.measured_deep_clustering import measured


def test_arms_train_the_encoders_of_the_recipe_for_as_many_steps():
    book = deep_clustering_recipe.get("xdc")
    steps = book.rounds.rounds * book.training.steps
    for arm in ARMS.values():
        recipe = recipe_of(arm, "book")
        assert recipe.rounds.rounds * recipe.training.steps == steps
        assert recipe.rounds.clips == book.rounds.clips
        assert (recipe.model.width, recipe.model.encoders) == (book.model.width, book.model.encoders)
        assert recipe.world == recipe.test_world


def test_tables_show_all_arms_and_the_record_has_them():
    shown = {*SCHEMES, *CLUSTERS_AND_ROUNDS, *HARDER, *CURED}
    assert shown == ARMS.keys()
    assert shown <= {run["arm"] for run in measured()["runs"]}


def test_runs_are_kept_and_not_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(deep_clustering_study, "RECORD", tmp_path / "record.json")
    file = tmp_path / "runs.jsonl"
    study = Study(out=file, profile="smoke", arms=("supervised", "xdc", "random"), seeds=(0,), clips=24, train_clips=48)
    study.run()
    rows = read_runs(file)
    assert [row["arm"] for row in rows] == ["supervised", "xdc", "random"]
    assert [len(row["rounds"]) for row in rows] == [0, 2, 0]
    assert {"audio/nmi", "video/nmi", "steps", "held_out"} <= rows[1]["rounds"][1].keys()
    study.run()
    assert read_runs(file) == rows
    Study(out=file, profile="smoke", record=True).run()
    record = json.loads((tmp_path / "record.json").read_text())
    assert [run["arm"] for run in record["runs"]] == ["random", "xdc", "supervised"]
    assert record["clips"] == 64


def test_without_runs_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(deep_clustering_study, "RECORD", tmp_path / "record.json")
    with pytest.raises(ValueError, match="no runs yet"):
        Study(out=tmp_path / "absent.jsonl", record=True).run()
    assert not (tmp_path / "record.json").exists()
