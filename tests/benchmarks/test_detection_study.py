"""What the study says of several seeds is what a statistics library says."""

from __future__ import annotations

import json
import statistics

import pytest
import scipy.stats
from detection_study import Study, summarise


@pytest.fixture(scope="module")
def line():
    study = Study(runs=("max_pool",), scenes=8, validation_scenes=12, difficulties=("crowd",))
    return study.one("max_pool", "crowd")


def test_a_run_is_tested_on_the_scenes_of_its_seed(line):
    assert (line["recipe"], line["seed"], line["difficulty"]) == ("max_pool", 0, "crowd")
    assert (line["record"]["count"], line["record"]["validation_count"]) == (8, 12)
    assert line["scenes_per_second"] > 0
    assert json.loads(json.dumps(line)) == line


def test_seeds_are_summarised_with_an_interval(line):
    values = (0.5, 0.6, 0.8)
    records = [line["record"] | {"maps": {"attention": line["record"]["maps"]["attention"] | {"recall": value}}}
               for value in values]  # fmt: skip
    (summary,) = summarise([line | {"seed": seed, "record": record} for seed, record in enumerate(records)])
    assert (summary["summary"], summary["seeds"]) == ("max_pool", [0, 1, 2])
    cell = summary["overall"][0]["recall"]
    error = scipy.stats.sem(values)
    assert cell["mean"] == pytest.approx(statistics.fmean(values))
    assert cell["sd"] == pytest.approx(statistics.stdev(values))
    assert cell["interval"] == pytest.approx(scipy.stats.t.interval(0.95, 2, loc=cell["mean"], scale=error))
    assert summary["overall"][0]["readout"] == "max_pool, attention"


def test_one_seed_has_a_mean_only_and_recipes_stay_apart(line):
    first, second = summarise([line, line | {"recipe": "other"}])
    assert list(first["overall"][0]["precision"]) == ["mean"]
    assert second["by_number"]["recall"][0]["readout"] == "other, attention"
