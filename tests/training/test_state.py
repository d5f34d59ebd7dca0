import time
from pathlib import Path

import pytest
import torch
from torch import nn

from avlearn.data import World, WorldSettings
from avlearn.training import Curriculum, Execution, TrainSettings, load_checkpoint
from avlearn.training.schedule import pace
from avlearn.training.state import TrainingState, open_run

SETTINGS = TrainSettings(steps=20, batch_size=4)
PLAIN = Curriculum.of(World(WorldSettings()))


def a_state(model, settings=SETTINGS):
    return TrainingState(model, settings, Execution(), PLAIN, started=time.perf_counter())


def train(state, steps, scenes):
    for _ in range(steps):
        state.prepare()
        state.model.step(scenes.batch(range(4), truth=False)).loss.backward()
        state.optimizer.step()
        state.optimizer.zero_grad()
        state.advance()


@pytest.mark.parametrize("schedule", ["one_cycle", "constant"])
def test_restoring_gives_everything_back(tmp_path, scenes, make_model, schedule):
    settings = TrainSettings(steps=20, batch_size=4, schedule=schedule)
    state = a_state(make_model().eval(), settings)
    train(state, 3, scenes)
    state.history.append({"step": 3.0, "loss": 0.5})
    state.save(tmp_path)
    other = a_state(make_model(seed=1).eval(), settings)
    other.restore(open_run(tmp_path, settings, PLAIN, resume=True), origin=tmp_path)
    assert (other.step, other.history) == (3, [{"step": 3.0, "loss": 0.5}])
    assert other.seconds > 0
    for both in (state, other):
        train(both, 2, scenes)
    assert state.learning_rate == other.learning_rate
    assert all(torch.equal(a, b) for a, b in zip(state.model.parameters(), other.model.parameters(), strict=True))


def test_time_adds_up_over_the_parts_of_a_run(tmp_path, make_model):
    state = TrainingState(make_model(), SETTINGS, Execution(), PLAIN, started=time.perf_counter() - 100)
    state.save(tmp_path)
    other = a_state(make_model())
    other.restore(open_run(tmp_path, SETTINGS, PLAIN, resume=True), origin=tmp_path)
    assert 100 < other.seconds < 130


def test_the_model_is_saved_as_a_checkpoint_too(tmp_path, scenes, make_model):
    state = a_state(make_model())
    train(state, 2, scenes)
    state.history.append({"step": 2.0, "loss": 0.5})
    state.save(tmp_path)
    loaded = make_model(seed=1)
    card = load_checkpoint(tmp_path, loaded)
    assert (card.step, card.metrics) == (2, {"loss": 0.5})
    assert all(torch.equal(a, b) for a, b in zip(state.model.parameters(), loaded.parameters(), strict=True))


@pytest.mark.parametrize("schedule", ["one_cycle", "constant"])
def test_preparing_sets_the_pace_of_the_step(make_model, schedule):
    settings = TrainSettings(steps=20, batch_size=4, schedule=schedule)
    state = a_state(make_model(), settings)
    for step in range(20):
        state.prepare()
        expected = pace(step, range(20), settings)
        assert state.learning_rate == expected.learning_rate
        for group in state.optimizer.param_groups:
            assert (group["lr"], group["betas"]) == (expected.learning_rate, (expected.momentum, 0.999))
        state.advance()


def test_due():
    state = a_state(nn.Linear(1, 1), TrainSettings(steps=25, batch_size=4))
    found = []
    for _ in range(25):
        state.advance()
        found += [state.step] if state.due(10) else []
    assert found == [10, 20, 25]


def test_frozen_models_are_refused():
    with pytest.raises(ValueError, match="Linear has no parameter that requires a gradient; there is nothing to train"):
        a_state(nn.Linear(1, 1).requires_grad_(False))


def test_runs_that_are_not_saved():
    assert open_run(None, SETTINGS, PLAIN, resume=False) is None
    with pytest.raises(ValueError, match="resume=True needs the folder of the run; give out"):
        open_run(None, SETTINGS, PLAIN, resume=True)


def test_an_empty_folder_starts_a_run(tmp_path):
    assert open_run(tmp_path / "new", SETTINGS, PLAIN, resume=False) is None
    assert open_run(tmp_path / "new", SETTINGS, PLAIN, resume=True) is None
    assert list((tmp_path / "new").iterdir()) == []


def test_a_run_is_not_overwritten(tmp_path, make_model):
    a_state(make_model()).save(tmp_path)
    with pytest.raises(ValueError, match=r"holds a run of 0 steps; continue it with resume=True, or choose another"):
        open_run(tmp_path, SETTINGS, PLAIN, resume=False)


def test_other_settings_are_named(tmp_path, make_model):
    a_state(make_model()).save(tmp_path)
    with pytest.raises(ValueError, match=r"\(steps was 20, now 21; flip was True, now False\); resume it with its own"):
        open_run(tmp_path, TrainSettings(steps=21, batch_size=4, flip=False), PLAIN, resume=True)
    assert open_run(tmp_path, TrainSettings(steps=20, batch_size=4, log_every=3, save_every=7), PLAIN, resume=True)


def test_a_run_of_another_model(tmp_path, make_model):
    a_state(make_model()).save(tmp_path)
    other = a_state(make_model(width=5))
    with pytest.raises(ValueError, match=r"shape: image\.0\.bias is \(4,\), the model has \(5,\)"):
        other.restore(open_run(tmp_path, SETTINGS, PLAIN, resume=True), origin=tmp_path)


def test_folders_that_can_not_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"can't write to .*file.*; choose another folder"):
        open_run(tmp_path / "file" / "run", SETTINGS, PLAIN, resume=False)
    with pytest.raises(ValueError, match=r"can't write to .*file: .*; choose another folder"):
        open_run(tmp_path / "file", SETTINGS, PLAIN, resume=False)
    with pytest.raises(ValueError, match="can't write to"):
        open_run(Path("/proc/run"), SETTINGS, PLAIN, resume=False)
