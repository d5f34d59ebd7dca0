import json
import time

import pytest

from avlearn.training import CollapseWarning, Curriculum, Execution, TrainSettings
from avlearn.training.report import RunReport
from avlearn.training.state import TrainingState


@pytest.fixture
def state(make_model, scenes):
    plain = Curriculum.of(scenes)
    return TrainingState(make_model(), TrainSettings(steps=400), Execution(), plain, started=time.perf_counter())


def add_rows(state, report, count, **logs):
    for _ in range(count):
        state.step += 10
        report.add({"loss": 0.5, **logs})


def test_rows_go_to_history_and_disk(tmp_path, state):
    with RunReport(state, folder=tmp_path, shown=True) as report:
        add_rows(state, report, 2)
    assert [row["step"] for row in state.history] == [10.0, 20.0]
    assert state.history[0].keys() == {"step", "loss", "learning_rate", "seconds"}
    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert logged == state.history


def test_a_process_that_is_not_the_first_keeps_history_only(tmp_path, state):
    with RunReport(state, folder=None, shown=False) as report:
        add_rows(state, report, 30, **{"collapse/effective_rank": 1.0})
    assert len(state.history) == 30
    assert list(tmp_path.iterdir()) == []


def test_collapse_is_warned_of(state):
    with RunReport(state, folder=None, shown=True) as report:
        add_rows(state, report, 10, **{"collapse/effective_rank": 1.0})
        with pytest.warns(CollapseWarning, match="step 110: collapse/effective_rank"):
            add_rows(state, report, 1, **{"collapse/effective_rank": 1.0})


def test_files_are_closed_after_an_error(tmp_path, state):
    report = RunReport(state, folder=tmp_path, shown=True)
    with pytest.raises(KeyError), report:
        raise KeyError
    with pytest.raises(ValueError, match="closed file"):
        report.add({"loss": 0.5})
