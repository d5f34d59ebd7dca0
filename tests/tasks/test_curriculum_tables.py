"""Verdicts follow from the numbers, and say open where the numbers don't decide."""

from __future__ import annotations

import pytest

from avlearn.tasks.curriculum_tables import (
    arm_rows,
    claim_rows,
    complexity_rows,
    course,
    course_of,
    first_step,
)
from avlearn.tasks.verdicts import verdicts


def run(arm, seed, auc, *, pointing=0.8, reach=200):
    curve = [[step, 0.9 if step >= reach else 0.6] for step in (100, 200, 300)]
    return {
        "arm": arm,
        "seed": seed,
        "several_auc": auc,
        "several_ap": auc,
        "single_pointing": pointing,
        "single_auc": auc,
        "curve": curve,
    }


def record(*runs):
    return {"runs": list(runs)}


def ordered(arm, aucs, **words):
    return [run(arm, seed, auc, **words) for seed, auc in enumerate(aucs)]


CLEAR = record(*ordered("simple to complex", (0.9, 0.91, 0.92), reach=100), *ordered("complex only", (0.7, 0.71, 0.73)))


def by_measure(rows):
    return {row["measured by"]: row for row in rows}


def test_a_clear_gain_is_confirmed_and_the_other_way_round_refuted():
    there = by_measure(claim_rows(CLEAR, against="complex only"))
    back = by_measure(claim_rows(CLEAR, curriculum="complex only", against="simple to complex"))
    for measure in ("several sources: AUC", "first step at AUC 0.75", "first step at AUC 0.85"):
        assert there[measure]["verdict"] == "confirmed"
        assert back[measure]["verdict"] == "refuted"
    assert there["several sources: AUC"]["found"] == "+0.197 on average"
    assert back["several sources: AUC"]["found"] == "−0.197 on average"


def test_the_interval_is_that_of_the_paired_differences():
    row = by_measure(claim_rows(CLEAR, against="complex only"))["several sources: AUC"]
    assert row["95 %"] == "0.182 to 0.211"  # 0.2, 0.2, 0.19: mean 0.1967, 4.303 times 0.00577 / 3 ** 0.5


def test_what_the_seeds_dont_decide_is_open():
    rows = by_measure(claim_rows(CLEAR, against="complex only"))
    assert rows["one source: pointing"]["verdict"] == "open"  # no difference at all
    assert rows["spread of the AUC over seeds"]["verdict"] == "open"  # three seeds on each side


def test_a_far_smaller_spread_is_easier_training():
    steady = ordered("simple to complex", (0.9, 0.9001, 0.9002))
    rows = claim_rows(record(*steady, *ordered("complex only", (0.5, 0.9, 0.7))), against="complex only")
    assert by_measure(rows)["spread of the AUC over seeds"]["verdict"] == "confirmed"


def test_never_is_later_than_any_step_and_ties_decide_nothing():
    late = record(*ordered("simple to complex", (0.9, 0.9), reach=300), *ordered("complex only", (0.9, 0.9), reach=999))
    assert claim_rows(late, against="complex only")[0]["verdict"] == "confirmed"
    never = record(
        *ordered("simple to complex", (0.9, 0.9), reach=999), *ordered("complex only", (0.9, 0.9), reach=999)
    )
    first = claim_rows(never, against="complex only")[0]
    assert (first["verdict"], first["found"]) == ("open", "no run got there")


def test_runs_that_were_not_watched_say_nothing_of_convergence():
    unwatched = record(*({**run, "curve": []} for run in CLEAR["runs"]))
    told = {row["claim"] for row in claim_rows(unwatched, against="complex only")}
    assert told == {"easier training", "better downstream"}
    assert arm_rows(unwatched, ("complex only",))[0]["step at 0.75"] is None


def test_one_seed_decides_nothing():
    single = record(run("simple to complex", 0, 0.9, reach=100), run("complex only", 0, 0.5))
    rows = claim_rows(single, against="complex only")
    assert {row["verdict"] for row in rows} == {"open"}
    assert {row["95 %"] for row in rows} == {None}


def test_only_equal_seeds_are_compared():
    apart = record(run("simple to complex", 0, 0.9), run("complex only", 1, 0.5))
    assert claim_rows(apart, against="complex only") == []


def test_arms_have_their_mean_their_interval_and_their_steps():
    two = record(run("all shuffled", 1, 0.8, reach=999), run("all shuffled", 0, 0.9), run("simple only", 0, 0.7))
    first, second = arm_rows(two, ["all shuffled", "not run yet", "simple only"])
    assert (first["arm"], first["seeds"]) == ("all shuffled", 2)
    assert first["several: AUC"] == pytest.approx(0.85)
    assert first["several: 95 %"] == "0.215 to 1.485"  # 12.706 times 0.0707 / 2 ** 0.5 on each side
    assert first["step at 0.85"] == "200, never"
    assert second["several: 95 %"] is None


def test_arms_that_were_not_run_are_told():
    with pytest.raises(ValueError, match="complex first; the record has simple to complex"):
        arm_rows(CLEAR, ["complex first"])


def test_the_course_of_a_run():
    assert course(run("a", 0, 0.9)) == pytest.approx(0.8)
    assert first_step(run("a", 0, 0.9), 0.9) == 200
    assert first_step(run("a", 0, 0.9), 0.95) is None


def test_verdicts_are_counted():
    assert verdicts(claim_rows(CLEAR, against="complex only")) == "5 confirmed, 0 refuted, 2 open"


def test_curves_have_a_row_for_each_seed():
    curves = course_of(CLEAR, ["simple to complex", "not run yet"])
    assert curves == {"simple to complex": ([100, 200, 300], [[0.9, 0.9, 0.9]] * 3)}


def test_estimates_are_ranked_and_say_what_they_ask():
    score = {"rank_correlation": 0.6, "interval": [0.5, 0.7], "among_equally_many_things": 0.2}
    nothing = dict.fromkeys(score)
    rows = complexity_rows({"estimates": {"pairs": score, "heat_spread": nothing}, "baselines": {"cells": score}})
    assert [(row["estimate"], row["model"]) for row in rows] == [
        ("pairs", "a model"),
        ("cells", "none"),
        ("heat spread", "a model"),
    ]
    assert rows[0]["95 %"] == "0.500 to 0.700"
    assert rows[2]["rank correlation"] is None
