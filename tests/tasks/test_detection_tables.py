"""Tables hold what the records hold, with baselines, for all scenes and for each number of sources."""

from __future__ import annotations

import pytest

from avlearn.tasks import detect
from avlearn.tasks.detection_tables import MEASURES, by_number, detection_rows, number_rows
from avlearn.tasks.tables import over_seeds

ROLES = ("sq--", "ssq-", "sssq", "qqs-", "q-o-")


@pytest.fixture
def records(squares, oracle):
    world = squares(ROLES)
    return {
        name: detect.evaluate(model, world, validation=world, count=10, validation_count=10)
        for name, model in (("oracle", oracle(world)), ("coarse", oracle(world, coarse=4)))
    }


def test_every_readout_then_the_baselines(records):
    rows = detection_rows(records)
    assert [row["readout"] for row in rows] == [
        *("oracle, attention", "oracle, similarity", "coarse, attention", "coarse, similarity"),
        *("all objects", "random objects", "edge energy"),
    ]
    assert list(rows[0]) == ["readout", *MEASURES.values()]
    for key, title in MEASURES.items():
        assert rows[3][title] == records["coarse"]["maps"]["similarity"][key]
        assert rows[4][title] == records["oracle"]["baselines"]["all_objects"][key]


def test_every_measure_of_the_record_has_a_heading(records):
    assert set(MEASURES) == set(records["oracle"]["baselines"]["all_objects"]) - {"intervals"}


def test_by_number_of_sources(records):
    found = by_number(records, "detected_per_scene")
    assert found["oracle, attention"] == {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0}
    assert found["all objects"] == {0: 1.0, 1: 2.5, 2: 3.0, 3: 4.0}
    row = number_rows(records, "recall")[0]
    assert row == {"readout": "oracle, attention", "0 sources": None, "1 source": 1.0, "2 sources": 1.0, "3 sources": 1}


def test_seeds_share_a_cell(records):
    tables = [number_rows({"model": record}, "recall") for record in records.values()]
    joined = over_seeds(tables)
    assert joined[0]["2 sources"] == [tables[0][0]["2 sources"], tables[1][0]["2 sources"]]
    assert joined[0]["0 sources"] is None


def test_refused(records):
    with pytest.raises(ValueError, match="no results"):
        detection_rows({})
    with pytest.raises(ValueError, match="unknown measure 'size'"):
        by_number(records, "size")
    other = records["coarse"] | {"count": 9}
    with pytest.raises(ValueError, match="different scenes"):
        number_rows(records | {"coarse": other}, "recall")
