from __future__ import annotations

import pytest

from avlearn.tasks.measured_sounds import (
    AS_PUBLISHED,
    UNTRAINED,
    baseline_rows,
    fold_differences,
    gain_rows,
    mean_accuracy,
    measured,
    sound_rows,
    to_row,
)


def result(*accuracies: float) -> dict:
    splits = [{"split": f"fold {k}", "knn": {"accuracy": a, "chosen": 5.0}} for k, a in enumerate(accuracies, 1)]
    return {"splits": splits, "probes": {"knn": {}}}


def record() -> dict:
    rows = [to_row("a", seed, result(0.5 + seed / 10, 0.7 + seed / 10)) for seed in (0, 1)]
    rows.append(to_row("b", None, {"splits": [{"accuracy": 0.9}, {"accuracy": 0.8}]}))
    rows.append(to_row("c", None, result(0.6, 0.6)))
    return {"rows": rows}


def test_a_row_keeps_every_fold():
    assert to_row("a", 3, result(0.5, 0.75)) == {
        "features": "a",
        "seed": 3,
        "folds": {"knn": [0.5, 0.75]},
        "chosen": {"knn": [5.0, 5.0]},
    }
    assert record()["rows"][2]["folds"] == {"network": [0.9, 0.8]}


def test_the_table_has_means_over_seeds_and_spreads_over_folds():
    published = to_row(AS_PUBLISHED, None, result(0.1, 0.2))
    rows = sound_rows({"rows": [published, *record()["rows"]]}, ("knn", "network"))
    assert rows == [
        {"features": "a", "seeds": 2, "knn": "65.0 ± 14.1", "network": None},
        {"features": "b", "seeds": 1, "knn": None, "network": "85.0 ± 7.1"},
        {"features": "c", "seeds": 1, "knn": "60.0 ± 0.0", "network": None},
    ]


def test_kinds_are_compared_fold_by_fold():
    assert mean_accuracy(record(), "a", "knn") == pytest.approx(0.65)
    assert fold_differences(record(), "c", "a", "knn") == pytest.approx([0.05, -0.15])
    with pytest.raises(ValueError, match="no knn on 'b'"):
        fold_differences(record(), "b", "a", "knn")


def test_gains_are_told_over_the_untrained_network_alone():
    rows = [to_row(UNTRAINED, 0, result(0.5, 0.7)), to_row("ours", None, result(0.7, 0.6))]
    rows += [to_row(AS_PUBLISHED, None, result(0.1, 0.1)), to_row("b", None, {"splits": [{"accuracy": 0.9}] * 2})]
    (gain,) = gain_rows({"rows": rows}, "knn")
    assert (gain["features"], gain["folds won"]) == ("ours", "1 of 2")
    assert [gain[key] for key in ("gain", "worst fold", "best fold")] == pytest.approx([5, -10, 20])


def test_the_packaged_record_is_whole():
    found = measured()
    assert (found["data_set"], found["used"]) == ("esc10", 400)
    assert found["people"] == pytest.approx(0.957)
    assert found["command"].startswith("python tests/benchmarks/sound_study.py")
    keys = [(row["features"], row["seed"]) for row in found["rows"]]
    assert len(set(keys)) == len(keys)
    for row in found["rows"]:
        for folds in row["folds"].values():
            assert len(folds) == 5
            assert all(0 <= value <= 1 and round(80 * value, 6).is_integer() for value in folds)


def test_the_published_baselines_are_repeated_within_three_points():
    rows = baseline_rows(measured())
    assert [row["classifier"] for row in rows] == ["k nearest neighbours", "linear SVM", "random forest"]
    assert all(abs(row["our run"] - row["paper"]) < 3 for row in rows)
