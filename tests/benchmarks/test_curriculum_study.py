"""What the study writes into the package, and the stages of its arms."""

from __future__ import annotations

import json

import curriculum_study
import pytest
from curriculum_study import ARMS, Study, curriculum

from avlearn.data import World, WorldSettings
from avlearn.tasks.curriculum_tables import ABLATIONS, ORDERS


def line(arm, seed):
    maps = {"attention": {"sounding_silent_auc": 0.8, "average_precision": 0.9, "pointing": 0.7}}
    counting = {"pairs": {"rank_correlation": 0.6}, "cells": {"rank_correlation": 0.5}}
    return {
        "arm": arm,
        "seed": seed,
        "seconds": 90.0,
        "steps": 700,
        "curve": [[700, 0.8]],
        "single": maps,
        "several": maps,
        "counting": counting,
    }


def test_the_record_has_all_runs_in_the_order_of_the_arms(tmp_path, monkeypatch):
    monkeypatch.setattr(curriculum_study, "RECORD", tmp_path / "record.json")
    file = tmp_path / "runs.jsonl"
    lines = [line("complex only", 0), line("simple to complex, by sound", 1), line("simple to complex, by sound", 0)]
    file.write_text("".join(json.dumps(each) + "\n" for each in lines))
    Study(out=file, record=True, seeds=(5,)).run()
    record = json.loads((tmp_path / "record.json").read_text())
    runs = [(run["arm"], run["seed"], run["correlation"]) for run in record["runs"]]
    assert runs == [
        ("complex only", 0, None),
        ("simple to complex, by sound", 0, 0.5),
        ("simple to complex, by sound", 1, 0.5),
    ]
    assert (record["steps"], record["scenes"]) == (700, 500)


def test_without_runs_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(curriculum_study, "RECORD", tmp_path / "record.json")
    with pytest.raises(ValueError, match="no runs yet"):
        Study(out=tmp_path / "absent.jsonl", record=True).run()
    assert not (tmp_path / "record.json").exists()


@pytest.mark.parametrize("name", ARMS)
def test_every_arm_is_a_curriculum(name):
    kinds = {kind: World(WorldSettings(), seed=0) for kind in ("simple", "complex", "all")}
    stages = curriculum(ARMS[name], kinds)
    assert sum(len(span) for span in stages.spans(steps=700)) == 700


def test_the_book_shows_every_arm():
    assert {*ORDERS, *ABLATIONS} == set(ARMS)
