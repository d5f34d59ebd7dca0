"""Rows hold what the runs hold, and verdicts follow from differences of equal seeds."""

from __future__ import annotations

import pytest

from avlearn.tasks.deep_clustering_tables import (
    MEASURES,
    ORDER,
    SCHEMES,
    course_of_sets,
    courses_of,
    order_rows,
    scheme_rows,
)


def run(arm, seed, probe, *, nmi=(0.1, 0.2)):
    rounds = [{"round": number, "audio/nmi": value} for number, value in enumerate(nmi, start=1)]
    rounds[-1]["audio/nmi_to_last"] = 0.7
    return {
        "arm": arm,
        "seed": seed,
        "video_probe": probe,
        "video_nmi": probe / 2,
        "audio_probe": 0.9,
        "audio_nmi": 0.8,
        "rounds": rounds,
    }


def record(**probes):
    return {"runs": [run(arm, seed, probe) for arm, some in probes.items() for seed, probe in enumerate(some)]}


CLEAR = record(xdc=(0.5, 0.52, 0.54), sdc=(0.1, 0.13, 0.14))


def test_a_clear_gain_is_confirmed_and_the_other_way_round_refuted():
    (there,) = order_rows(CLEAR, "video: probe")
    (back,) = order_rows(CLEAR, "video: probe", order=[("sdc", "xdc")])
    assert (there["claim"], there["verdict"], there["found"]) == ("xdc above sdc", "confirmed", "+0.397 on average")
    assert (back["verdict"], back["found"]) == ("refuted", "−0.397 on average")
    assert there["95 %"] == "0.382 to 0.411"  # 0.4, 0.39, 0.4: mean 0.3967, 4.303 times 0.00577 / 3 ** 0.5


def test_equal_numbers_leave_it_open():
    assert order_rows(CLEAR, "sound: probe")[0]["verdict"] == "open"


def test_only_equal_seeds_are_compared_and_one_decides_nothing():
    assert order_rows({"runs": [run("xdc", 0, 0.5), run("sdc", 1, 0.1)]}, "video: probe") == []
    (row,) = order_rows({"runs": [run("xdc", 1, 0.5), run("xdc", 0, 0.5), run("sdc", 1, 0.1)]}, "video: probe")
    assert (row["seeds"], row["verdict"], row["95 %"]) == (1, "open", None)


def test_pairs_come_in_the_order_of_the_claims():
    everything = record(**dict.fromkeys(SCHEMES, (0.1, 0.2)))
    claims = [row["claim"] for row in order_rows(everything, "video: NMI")]
    assert claims == [f"{better} above {worse}" for better, worse in ORDER]


def test_an_unknown_measure_is_told():
    with pytest.raises(ValueError, match="'loss'; choose one of video: probe"):
        order_rows(CLEAR, "loss")


def test_arms_have_a_number_for_each_seed():
    first, second = scheme_rows(CLEAR, ["sdc", "not run yet", "xdc"])
    assert (first["arm"], first["seeds"]) == ("sdc", 3)
    assert first["video: probe"] == [0.1, 0.13, 0.14]
    assert second["video: NMI"] == [0.25, 0.26, 0.27]
    assert list(first) == ["arm", "seeds", *MEASURES]


def test_arms_that_were_not_run_are_told():
    with pytest.raises(ValueError, match="none of these arms was run: mdc; the record has xdc, sdc"):
        scheme_rows(CLEAR, ["mdc"])


def test_courses_have_a_row_for_each_seed_and_begin_where_the_figure_does():
    assert courses_of(CLEAR, ["xdc", "mdc"], "audio/nmi") == {"xdc": ([1, 2], [[0.1, 0.2]] * 3)}
    assert courses_of(CLEAR, ["xdc"], "audio/nmi_to_last") == {"xdc": ([2], [[0.7]] * 3)}
    assert courses_of(CLEAR, ["xdc"], "joint/nmi") == {}


def test_arms_without_rounds_have_no_course():
    untrained = {"runs": [run("random", 0, 0.1) | {"rounds": []}]}
    assert courses_of(untrained, ["random"], "audio/nmi") == {}


def test_one_run_has_a_line_for_each_set_that_begins_where_the_figure_does():
    rounds = [{"video/nmi": 0.1, "audio/nmi": 0.5}, {"video/nmi": 0.2, "audio/nmi": 0.6, "video_twin/nmi_to_last": 0.9}]
    assert course_of_sets(rounds, "nmi") == {
        "clusters of video": ([1, 2], [0.1, 0.2]),
        "clusters of sound": ([1, 2], [0.5, 0.6]),
    }
    assert course_of_sets(rounds, "nmi_to_last") == {"clusters of video twin": ([2], [0.9])}
    assert course_of_sets(rounds, "purity") == {}
