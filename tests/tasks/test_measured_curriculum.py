"""The record that comes with the package is what the study wrote, and whole."""

from __future__ import annotations

import math

import pytest

from avlearn.tasks.curriculum_tables import arm_rows, claim_rows
from avlearn.tasks.measured_curriculum import measured, to_record, to_run


def line(**changes):
    maps = {"attention": {"sounding_silent_auc": 0.8, "average_precision": 0.9, "pointing": 0.7}}
    found = {
        "arm": "simple to complex",
        "seed": 1,
        "seconds": 91.26,
        "steps": 700,
        "curve": [[70, 0.6], [140, 0.7]],
        "single": maps,
        "several": maps,
    }
    return found | changes


def test_a_run_keeps_what_the_tables_need():
    run = to_run(line())
    assert run == {
        "arm": "simple to complex",
        "seed": 1,
        "seconds": 91.3,
        "several_auc": 0.8,
        "several_ap": 0.9,
        "single_pointing": 0.7,
        "single_auc": 0.8,
        "curve": [[70, 0.6], [140, 0.7]],
        "correlation": None,
    }


def test_the_estimate_that_ordered_the_scenes_is_told():
    counting = {"pairs": {"rank_correlation": 0.61}, "cells": {"rank_correlation": 0.4}}
    assert to_run(line(counting=counting), "pairs")["correlation"] == 0.61


def test_a_record_says_where_it_comes_from():
    record = to_record([line()], estimates={"simple to complex": None}, steps=700, command="python study.py")
    assert (record["steps"], record["command"], len(record["runs"])) == (700, "python study.py", 1)
    with pytest.raises(ValueError, match="no runs yet"):
        to_record([], estimates={})


def test_the_packaged_record_can_be_read_and_judged():
    record = measured()
    keys = [(run["arm"], run["seed"]) for run in record["runs"]]
    assert len(set(keys)) == len(keys)
    assert ("simple to complex", 0) in keys
    assert record["command"].startswith("python tests/benchmarks/curriculum_study.py")
    for run in record["runs"]:
        numbers = [run[key] for key in ("several_auc", "several_ap", "single_pointing", "single_auc")]
        numbers += [quality for _, quality in run["curve"]]
        assert all(math.isfinite(number) and 0 <= number <= 1 for number in numbers)
        assert not run["curve"] or run["curve"][-1][0] == record["steps"]
    assert arm_rows(record, list(dict.fromkeys(run["arm"] for run in record["runs"])))
    assert isinstance(claim_rows(record, against="complex only"), list)
