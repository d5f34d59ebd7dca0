import json
import math

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from avlearn.training.logs import RunLog


def lines(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def scalars(folder, name):
    events = EventAccumulator(str(folder / "tensorboard")).Reload()
    return [(event.step, event.value) for event in events.Scalars(name)]


def test_rows_are_there_at_once(tmp_path):
    log = RunLog(tmp_path)
    log.write({"step": 1.0, "loss": 0.5})
    assert lines(tmp_path) == [{"step": 1, "loss": 0.5}]
    log.write({"step": 2.0, "loss": 0.25})
    assert lines(tmp_path) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]
    log.close()
    assert scalars(tmp_path, "loss") == [(1, 0.5), (2, 0.25)]


def test_no_number_is_null(tmp_path):
    log = RunLog(tmp_path)
    log.write({"step": 1.0, "loss": math.nan, "rank": math.inf})
    log.close()
    assert lines(tmp_path) == [{"step": 1, "loss": None, "rank": None}]


def test_a_resumed_run_drops_what_was_not_saved(tmp_path):
    rows = [{"step": float(step), "loss": 1 / step} for step in range(1, 5)]
    log = RunLog(tmp_path)
    for row in rows:
        log.write(row)
    log.close()
    resumed = RunLog(tmp_path, rows[:2])
    resumed.write({"step": 3.0, "loss": 9.0})
    resumed.close()
    assert [(row["step"], row["loss"]) for row in lines(tmp_path)] == [(1, 1.0), (2, 0.5), (3, 9.0)]
    assert scalars(tmp_path, "loss") == [(1, 1.0), (2, 0.5), (3, 9.0)]
