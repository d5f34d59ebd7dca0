"""Training on data of one's own, as a user types it."""

from __future__ import annotations

import json
import os
import shutil
import signal

import numpy as np
import pytest
import torch

from avlearn import recipes
from avlearn.cli import main
from avlearn.cli_data import about, scenes_of
from avlearn.data import ClipList, ShardSettings, VideoClips, write_shards
from avlearn.training import Curriculum, read_card
from avlearn.training.state import TrainingState


@pytest.fixture(scope="module")
def videos(made, tmp_path_factory):
    return made.clips(tmp_path_factory.mktemp("videos"))


def train(capsys, recipe, data, out, *words):
    arguments = ["train", recipe, "--profile", "smoke", "--device", "cpu", "--data", str(data), "--out", str(out)]
    status = main([*arguments, *words, "--json"])
    said = capsys.readouterr()
    return status, json.loads(said.out.splitlines()[-1]) if said.out else None, said.err


@pytest.mark.parametrize("recipe", ["cavl", "separator", "xdc"])
def test_every_kind_of_recipe_trains_on_a_folder(capsys, videos, tmp_path, recipe):
    status, told, _ = train(capsys, recipe, videos, tmp_path / "run")
    assert status == 0
    assert told["data/clips"] == 9
    assert (told["clips/skipped"], told["clips/silent"]) == (0, 0)
    assert read_card(tmp_path / "run").recipe == recipe


def test_a_list_with_broken_and_missing_files_trains_and_tells(capsys, caplog, videos, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    listed = list(ClipList.of_folder(videos, seconds=1))
    rows = [f"{span.path},{span.start},1" for span in listed]
    rows += ["broken.mp4,0,1", "missing.mp4,0,1", f"{listed[0].path},0.5,1"]
    (tmp_path / "clips.csv").write_text("path,start,duration\n" + "\n".join(rows) + "\n")
    status, told, _ = train(capsys, "max_pool", tmp_path / "clips.csv", tmp_path / "run")
    assert (status, told["data/clips"]) == (0, 12)
    assert 8 <= told["clips/skipped"] <= 24  # two of twelve, in twelve batches of eight
    assert f"of 96 clips drawn, {told['clips/skipped']:.0f} skipped; `avlearn prepare`" in caplog.text


def test_shards(capsys, videos, tmp_path):
    settings = ShardSettings(short_side=64, frame_rate=8.0, sample_rate=16_000, clips_per_shard=4)
    write_shards(ClipList.of_folder(videos, seconds=1), tmp_path / "shards", settings)
    status, told, _ = train(capsys, "max_pool", tmp_path / "shards", tmp_path / "run")
    assert (status, told["data/clips"], told["clips/skipped"]) == (0, 9, 0)
    assert train(capsys, "max_pool", tmp_path / "shards", tmp_path / "run", "--resume")[0] == 0
    status, _, err = train(capsys, "max_pool", videos, tmp_path / "run", "--resume")
    assert status == 2
    assert "data was" in err


def test_a_collage_of_folders(capsys, tmp_path):
    draws = np.random.default_rng(0)
    for name in ("dog", "cat", "owl"):
        for kind, values in (("pictures", draws.integers(0, 255, (20, 20, 3))), ("sounds", draws.random(9000))):
            (tmp_path / kind / name).mkdir(parents=True)
            np.save(tmp_path / kind / name / "a.npy", values.astype(np.uint8 if kind == "pictures" else np.float32))
    status, told, _ = train(capsys, "max_pool", tmp_path, tmp_path / "run")
    assert (status, told["steps"]) == (0, 12)
    assert "clips/skipped" not in told


def test_the_world_is_the_default(capsys, tmp_path):
    assert scenes_of(recipes.get("dcc", "smoke"), "world", seed=0) is None
    assert about(None) == {}


def test_sigterm_saves_and_resuming_gives_the_same_model(capsys, videos, tmp_path, monkeypatch):
    assert train(capsys, "max_pool", videos, tmp_path / "whole")[0] == 0
    advance = TrainingState.advance

    def advance_and_be_told_to_end(state):
        advance(state)
        if state.step == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(TrainingState, "advance", advance_and_be_told_to_end)
        status, told, err = train(capsys, "max_pool", videos, tmp_path / "run")
    assert (status, told) == (143, None)
    assert "the same command with --resume goes on from there" in err
    assert read_card(tmp_path / "run").step == 5
    status, told, _ = train(capsys, "max_pool", videos, tmp_path / "run", "--resume")
    assert (status, told["steps"]) == (0, 12)
    whole, resumed = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "run"))
    assert whole == resumed


@pytest.mark.parametrize("recipe", ["max_pool", "xdc"])
def test_other_data_do_not_continue_a_run(capsys, videos, tmp_path, recipe):
    assert train(capsys, recipe, videos, tmp_path / "run")[0] == 0
    more = tmp_path / "more"
    shutil.copytree(videos, more)
    assert train(capsys, recipe, more, tmp_path / "run", "--resume")[0] == 0  # the same, elsewhere
    shutil.copy(videos / "0.mp4", more / "9.mp4")
    for other in (more, "world"):
        status, _, err = train(capsys, recipe, other, tmp_path / "run", "--resume")
        assert status == 2
        assert "data was" in err


@pytest.mark.parametrize(
    ("recipe", "words", "said"),
    [
        ("supervised", (), "which classes are heard in each scene, and clips don't tell"),
        ("dcc", ("--digits", "x"), "both data and digits are given"),
        ("dcc", ("--data", "nowhere"), "nowhere is neither a folder nor a file"),
        ("xdc", ("--data", "nowhere"), "nowhere is neither a folder nor a file"),
        ("dcc", ("--profile", "book"), "has 9 scenes, which can't fill a batch of 32"),
        ("xdc", ("--profile", "book"), "9 clips can't make"),
    ],
)
def test_mistakes_give_one_line_and_status_two(capsys, videos, tmp_path, recipe, words, said):
    status, told, err = train(capsys, recipe, videos, tmp_path / "run", *words)
    assert (status, told) == (2, None)
    assert said in err
    assert "Traceback" not in err


def test_stages_share_the_clips_and_a_small_pool_leaves_none_out(videos, monkeypatch):
    recipe, asked = recipes.get("cavl", "smoke"), []
    clips = VideoClips(ClipList.of_folder(videos, seconds=1, every=0.05), recipe.clip_format)
    assert len(clips) > recipe.training.pool

    def fit(model, scenes, settings, **others):
        asked.append((scenes, settings))
        raise KeyboardInterrupt

    monkeypatch.setattr(recipes, "fit", fit)
    with pytest.raises(KeyboardInterrupt):
        recipes.train(recipe, scenes=clips, device="cpu")
    scenes, settings = asked[0]
    assert isinstance(scenes, Curriculum)
    assert [stage.name for stage in scenes.stages] == ["one source", "several sources"]
    assert all(stage.scenes is clips for stage in scenes.stages)
    assert settings.pool is None
    assert torch.equal(clips.batch([5]).index, torch.tensor([5]))
