"""The command line as a user types it: what it prints, what it refuses, and with which exit status."""

from __future__ import annotations

import json

import pytest
import torch

from avlearn.cli import main
from avlearn.training import read_card


def run(capsys, *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "run"
    arguments = ["train", "max_pool", "--profile", "smoke", "--seed", "1", "--out", str(folder), "--device", "cpu"]
    assert main(arguments) == 0
    return folder


def test_train_leaves_a_checkpoint_with_its_recipe(trained):
    card = read_card(trained)
    assert (card.recipe, card.profile, card.seed) == ("max_pool", "smoke", 1)
    assert (trained / "log.jsonl").is_file()


def test_evaluate_localize_prints_one_json_object_last(trained, capsys):
    status, out, _ = run(
        capsys, "evaluate", "localize", "--checkpoint", str(trained), "--scenes", "16", "--seed", "5", "--json"
    )
    result = json.loads(out.splitlines()[-1])
    assert status == 0
    assert {"maps", "baselines", "controls", "negative_audio"} <= result.keys()
    assert {"whole_image", "centre_box", "centred_disc", "edge_energy", "random_object"} <= result["baselines"].keys()


def test_evaluate_localize_prints_a_table_without_json(trained, capsys):
    status, out, _ = run(capsys, "evaluate", "localize", "--checkpoint", str(trained), "--scenes", "8")
    assert status == 0
    assert "pointing" in out


def test_evaluate_localize_on_real_digits(trained, capsys, real_data):
    arguments = ["--checkpoint", str(trained), "--scenes", "8", "--digits", str(real_data), "--json"]
    status, out, _ = run(capsys, "evaluate", "localize", *arguments)
    assert status == 0
    assert json.loads(out.splitlines()[-1])["count"] == 8


def test_evaluate_boxes(capsys, real_data):
    arguments = ["--annotations", str(real_data / "annotations"), "--size", "32", "--json"]
    status, out, _ = run(capsys, "evaluate", "boxes", *arguments)
    assert status == 0
    assert json.loads(out.splitlines()[-1])["size"] == 32


def test_info_tells_versions_recipes_and_checkpoints(capsys):
    status, out, _ = run(capsys, "info", "--json")
    result = json.loads(out.splitlines()[-1])
    assert status == 0
    assert result["torch"] == torch.__version__
    assert "dcc_seeded" in result["recipes"]
    assert "dcc" in result["checkpoints"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "cavl9", "--out", "x"), "unknown recipe 'cavl9'"),
        (("train", "dcc", "--out", "x", "--profile", "fast"), "unknown profile 'fast'"),
        (("evaluate", "localize", "--checkpoint", "nowhere"), "no checkpoint 'nowhere'"),
        (("evaluate", "localize", "--difficulty", "awful"), "unknown difficulty 'awful'"),
        (("evaluate", "localize", "--scenes", "0"), "0"),
        (("evaluate", "localize", "--digits", "nowhere"), "nowhere"),
        (("evaluate", "boxes", "--annotations", "nowhere"), "nowhere"),
    ],
)
def test_mistakes_give_one_line_and_status_two(capsys, words, said):
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_run_is_not_overwritten(trained, capsys):
    before = (trained / "model.safetensors").read_bytes()
    status, _, err = run(capsys, "train", "max_pool", "--profile", "smoke", "--out", str(trained))
    assert status == 2
    assert "resume" in err
    assert (trained / "model.safetensors").read_bytes() == before
