"""The command line as a user types it: what it prints, what it refuses, and with which exit status."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any, get_args, get_type_hints

import pytest
import torch
import tyro

from avlearn import separator_recipe
from avlearn.cli import Command, Evaluate, main
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


def test_evaluate_detect(trained, capsys):
    arguments = ["--checkpoint", str(trained), "--scenes", "6", "--validation-scenes", "6", "--seed", "5", "--json"]
    status, out, _ = run(capsys, "evaluate", "detect", *arguments)
    result = json.loads(out.splitlines()[-1])
    assert status == 0
    assert (result["task"], result["count"], result["validation_count"], result["seed"]) == ("detect", 6, 6, 5)
    assert {"all_objects", "random_objects", "edge_energy"} == result["baselines"].keys()
    assert set(result["by_sources"]) <= {"1", "2", "3", "4"}


def test_evaluate_understand(trained, capsys):
    arguments = [
        "--checkpoint",
        str(trained),
        "--scenes",
        "6",
        "--train-scenes",
        "24",
        "--difficulty",
        "clean",
        "--json",
    ]
    status, out, _ = run(capsys, "evaluate", "understand", *arguments)
    result = json.loads(out.splitlines()[-1])
    assert status == 0
    assert (result["task"], result["scenes"], result["train_scenes"]) == ("understand", 6, 24)
    assert result["models"].keys() == {"model", "random", "supervised"}
    assert result["models"]["model"]["retrieval"] != result["models"]["random"]["retrieval"]


def test_a_separator_is_trained_saved_whole_and_evaluated(trained, tmp_path, capsys):
    out = str(tmp_path / "run")
    train = ["train", "separator", "--profile", "smoke", "--localizer", str(trained), "--out", out, "--device", "cpu"]
    assert run(capsys, *train)[0] == 0
    card = read_card(out)
    assert (card.model, card.recipe, card.parts["query.localizer"]["model"]) == ("Separator", "separator", "DCC")
    status, text, _ = run(capsys, "evaluate", "separate", "--checkpoint", out, "--scenes", "2", "--seed", "5", "--json")
    result = json.loads(text.splitlines()[-1])
    assert status == 0
    assert (result["task"], result["count"], result["seed"]) == ("separate", 2, 5)
    assert {"point", "box", "automatic"} <= result["several"]["queries"].keys()


@pytest.mark.parametrize("split", ["test", "new_speaker"])
def test_a_separator_of_digits_is_trained_and_evaluated(digits_run, real_data, capsys, split):
    words = ["--digits", str(real_data), "--split", split, "--scenes", "2", "--json"]
    status, text, _ = run(capsys, "evaluate", "separate", "--checkpoint", str(digits_run), *words)
    result = json.loads(text.splitlines()[-1])
    assert status == 0
    assert result["several"]["mixtures"] == result["mixed"]["2"]["mixtures"] == 2
    assert read_card(digits_run).step == 2 * separator_recipe.get("smoke").training.steps


@pytest.fixture(scope="module")
def digits_run(trained, real_data, tmp_path_factory):
    out = tmp_path_factory.mktemp("digits") / "run"
    words = ["train", "separator", "--profile", "smoke", "--localizer", str(trained), "--digits", str(real_data)]
    assert main([*words, "--out", str(out), "--device", "cpu"]) == 0
    return out


def test_evaluate_understand_and_detect_on_real_digits(trained, capsys, real_data):
    arguments = ["--checkpoint", str(trained), "--scenes", "8", "--digits", str(real_data), "--json"]
    for task, further in (("detect", "--validation-scenes"), ("understand", "--train-scenes")):
        status, out, _ = run(capsys, "evaluate", task, *arguments, further, "24")
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
        (("evaluate", "localize", "--digits", "nowhere"), "nowhere"),
        (("evaluate", "detect", "--difficulty", "awful"), "unknown difficulty 'awful'"),
        (("evaluate", "understand", "--digits", "nowhere"), "nowhere"),
        (("evaluate", "boxes", "--annotations", "nowhere"), "nowhere"),
        (("evaluate", "separate", "--checkpoint", "dcc"), "holds a DCC"),
        (("evaluate", "localize", "--checkpoint", "separator"), "holds a Separator"),
        (("train", "separator", "--out", "x", "--profile", "paper"), "no shipped localizer"),
        (("train", "separator", "--out", "x", "--digits", "y"), "no shipped localizer knows digits; train one"),
        (("train", "separator", "--out", "x", "--digits", "y", "--localizer", "cavl"), "mnist_train.npz is missing"),
        (("train", "separator", "--out", "x", "--localizer", "nowhere"), "no checkpoint 'nowhere'"),
        (("train", "dcc", "--out", "x", "--localizer", "dcc"), "takes no localizer"),
    ],
)
def test_mistakes_give_one_line_and_status_two(capsys, words, said):
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("localize", "--scenes", "0"), "count is 0"),
        (("detect", "--validation-scenes", "0"), "validation_count is 0"),
        (("understand", "--train-scenes", "0"), "train_count is 0"),
    ],
)
def test_no_scenes_are_refused(trained, capsys, words, said):
    status, out, err = run(capsys, "evaluate", *words, "--checkpoint", str(trained))
    assert (status, out) == (2, "")
    assert said in err


def test_a_run_is_not_overwritten(trained, capsys):
    before = (trained / "model.safetensors").read_bytes()
    status, _, err = run(capsys, "train", "max_pool", "--profile", "smoke", "--out", str(trained))
    assert status == 2
    assert "resume" in err
    assert (trained / "model.safetensors").read_bytes() == before


def _commands(union: Any) -> list[tuple[str, type]]:
    """Name and class of each command of an annotated union."""
    return [(member.__metadata__[0].name, member.__origin__) for member in get_args(union)]


COMMANDS = _commands(Command) + [
    (f"evaluate {name}", command) for name, command in _commands(get_type_hints(Evaluate, include_extras=True)["task"])
]


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_help_shows_examples_that_can_be_typed(name: str, command: type, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as end:
        main([*name.split(), "--help"])
    assert end.value.code in (None, 0)
    examples = re.findall(r"Example: avlearn (.+?)\s*$", capsys.readouterr().out, re.MULTILINE)
    assert examples, f"the help of `avlearn {name}` shows no example"
    for example in examples:
        words = [word for word in shlex.split(example) if word != "--json"]
        parsed = tyro.cli(Command, args=words, config=(tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes))
        assert isinstance(getattr(parsed, "task", parsed) if " " in name else parsed, command)
