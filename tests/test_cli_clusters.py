"""Deep clustering on the command line: a run, its evaluation, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avlearn.cli import main
from avlearn.cli_clusters import Clusters
from avlearn.deep_clustering_recipe import NAMES
from avlearn.training import read_card, read_rounds


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "run"
    arguments = ["train", "xdc", "--profile", "smoke", "--seed", "1", "--out", str(folder), "--device", "cpu"]
    assert main(arguments) == 0
    return folder


def test_train_leaves_a_checkpoint_with_its_recipe_and_its_rounds(trained):
    card = read_card(trained)
    assert (card.model, card.recipe, card.profile, card.seed) == ("DeepClustering", "xdc", "smoke", 1)
    assert [found.number for found in read_rounds(trained)] == [1, 2]


def test_finished_runs_resume_and_tell_how_they_ended(trained, capsys):
    arguments = ["train", "xdc", "--profile", "smoke", "--seed", "1", "--out", str(trained), "--device", "cpu"]
    assert main(arguments) == 2
    assert "resume=True" in capsys.readouterr().err
    assert main([*arguments, "--resume", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["rounds"] == 2
    assert told["steps"] == read_card(trained).step
    assert 0 < told["audio/entropy"] <= 1


def test_evaluate_clusters(trained, capsys):
    arguments = ["--checkpoint", str(trained), "--clips", "20", "--train-clips", "40", "--profile", "smoke", "--json"]
    assert main(["evaluate", "clusters", *arguments]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["models"].keys() == {"model", "random"}
    assert found["rounds"].keys() == {"1", "2"}
    assert 0 <= found["rounds"]["2"]["audio/nmi"] <= 1


def test_every_scheme_is_a_recipe_of_the_command_line(tmp_path, capsys):
    for name in NAMES:
        assert main(["train", name, "--profile", "big", "--out", str(tmp_path)]) == 2
        assert "unknown profile 'big'" in capsys.readouterr().err


def test_refuses_what_only_others_take(tmp_path, capsys):
    assert main(["train", "xdc", "--localizer", "cavl", "--out", str(tmp_path)]) == 2
    assert "takes no localizer and no digits" in capsys.readouterr().err


def test_evaluation_refuses_other_models():
    with pytest.raises(ValueError, match="'dcc' holds a DCC; give one that `avlearn train xdc` wrote"):
        Clusters(checkpoint=Path("dcc")).run()
