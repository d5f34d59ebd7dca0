import warnings

import pytest

from avlearn.training import CollapseWarning
from avlearn.training.monitor import SIGNS, CollapseMonitor, lasting_signs

BAD = {"collapse/assignment_entropy": 0.999, "collapse/effective_rank": 1.1, "collapse/occupancy": 0.05}
GOOD = {"collapse/assignment_entropy": 0.4, "collapse/effective_rank": 12.0, "collapse/occupancy": 0.8}


def rows(*logs):
    return [{"step": 10.0 * number, **row} for number, row in enumerate(logs)]


def found(history, patience=50):
    return [sign.key for sign in lasting_signs(history, patience=patience)]


@pytest.mark.parametrize("key", BAD)
def test_each_sign_is_found_by_itself(key):
    assert found(rows(*[GOOD | {key: BAD[key]}] * 6)) == [key]


def test_healthy_and_silent_models_show_nothing():
    assert found(rows(*[GOOD] * 20)) == []
    assert found(rows(*[{"loss": 1.0}] * 20)) == []
    assert found([]) == []


def test_a_sign_must_last():
    assert found(rows(*[BAD] * 5)) == []
    assert found(rows(*[BAD] * 6)) == [sign.key for sign in SIGNS]
    assert found(rows(*[BAD] * 4, GOOD, *[BAD] * 4)) == []
    assert found(rows(GOOD, *[BAD] * 6)) == [sign.key for sign in SIGNS]


def test_sparse_rows_count_by_their_steps():
    assert found([{"step": 1.0, **BAD}, {"step": 51.0, **BAD}]) == [sign.key for sign in SIGNS]
    assert found([{"step": 1.0, **BAD}, {"step": 50.0, **BAD}]) == []


def test_warns_once_of_each_kind_with_value_and_remedy():
    monitor = CollapseMonitor(patience=50)
    history = rows(*[GOOD | {"collapse/effective_rank": 1.1}] * 6)
    with pytest.warns(CollapseWarning, match=r"step 50: collapse/effective_rank is 1\.1, below 1\.5: .* lower the"):
        monitor.observe(history)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monitor.observe([*history, {"step": 60.0, **history[-1]}])
    with pytest.warns(CollapseWarning) as caught:
        monitor.observe(rows(*[BAD] * 6))
    assert len(caught) == 2
