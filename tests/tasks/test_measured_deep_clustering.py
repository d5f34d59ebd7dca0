"""The record that comes with the package is what the study wrote, and whole."""

from __future__ import annotations

import math

import pytest

from avlearn.tasks.measured_deep_clustering import measured, to_record, to_run


def line(**changes):
    features = {
        "classification": {"accuracy": 0.5, "intervals": {"accuracy": [0.4, 0.6]}},
        "clusters": {"nmi": 0.31234567, "purity": 0.4, "matched_accuracy": 0.3},
    }
    figures = {"round": 1, "steps": 150, "held_out": 2.5, "audio/nmi": 0.7, "audio/purity": 0.6, "audio/entropy": 0.9,
               "audio/largest": 0.1}  # fmt: skip
    found = {"arm": "xdc", "seed": 1, "seconds": 91.26, "rounds": [figures]}
    return found | {"features": {"video": features, "audio": features, "audio_twin": features}} | changes


def test_a_run_keeps_what_the_tables_need():
    assert to_run(line()) == {
        "arm": "xdc",
        "seed": 1,
        "seconds": 91.3,
        "video_probe": 0.5,
        "video_nmi": 0.3123,
        "video_purity": 0.4,
        "audio_probe": 0.5,
        "audio_nmi": 0.3123,
        "audio_purity": 0.4,
        "rounds": [
            {"round": 1, "steps": 150, "held_out": 2.5, "audio/nmi": 0.7, "audio/purity": 0.6, "audio/entropy": 0.9}
        ],
    }


def test_a_record_says_where_it_comes_from():
    record = to_record([line()], steps=600, command="python study.py")
    assert (record["steps"], record["command"], len(record["runs"])) == (600, "python study.py", 1)
    with pytest.raises(ValueError, match="no runs yet"):
        to_record([])


def test_the_packaged_record_can_be_read():
    record = measured()
    keys = [(run["arm"], run["seed"]) for run in record["runs"]]
    assert len(set(keys)) == len(keys)
    assert ("random", 0) in keys
    assert record["command"].startswith("python tests/benchmarks/deep_clustering_study.py")
    for run in record["runs"]:
        numbers = [run[f"{name}_{what}"] for name in ("video", "audio") for what in ("probe", "nmi", "purity")]
        numbers += [figures[key] for figures in run["rounds"] for key in figures if key.endswith("/nmi")]
        assert all(math.isfinite(number) and 0 <= number <= 1 for number in numbers)
        assert [figures["round"] for figures in run["rounds"]] == list(range(1, len(run["rounds"]) + 1))
