from __future__ import annotations

import json

import pytest
import torch

from avlearn import recipes
from avlearn.data import World, WorldSettings
from avlearn.tasks import detect

ROLES = ("sq--", "ssq-", "sssq", "qqs-", "q-o-", "----")
MEASURES = {
    "precision", "recall", "f_measure", "detected_per_scene", "recall_at_n", "mean_ciou", "ciou_at_0.3", "ciou_auc",
    "nsa", "kept_objects", "balanced_accuracy", "sounding_silent_auc", "average_precision", "mean_average_precision",
    "recall_at_precision_0.85",
}  # fmt: skip
RATES = MEASURES - {"detected_per_scene", "mean_ciou", "ciou_at_0.3", "ciou_auc"}


@pytest.fixture
def evaluated(squares, oracle):
    world = squares(ROLES)
    return detect.evaluate(oracle(world), world, validation=world, count=60, validation_count=30, batch_size=16)


def test_record_is_json_and_complete(evaluated):
    assert json.loads(json.dumps(evaluated)) == evaluated
    assert set(evaluated["maps"]) == {"attention", "similarity"}
    assert set(evaluated["baselines"]) == {"all_objects", "random_objects", "edge_energy"}
    assert set(evaluated["thresholds"]) == {"attention", "similarity", "edge_energy"}
    for summary in (*evaluated["maps"].values(), *evaluated["baselines"].values()):
        assert set(summary) - {"intervals"} == MEASURES
    assert set(evaluated["maps"]["attention"]["intervals"]) == MEASURES
    assert (evaluated["objects"], evaluated["sources"], evaluated["picture_size"]) == (130, 70, [24, 24])
    assert evaluated["share_sounding_in_validation"] == pytest.approx(7 / 13)


@pytest.mark.parametrize("name", ["attention", "similarity"])
def test_an_oracle_finds_every_source_and_nothing_else(evaluated, name):
    found = evaluated["maps"][name]
    assert {measure: found[measure] for measure in RATES} == dict.fromkeys(RATES, 1.0)
    assert found["detected_per_scene"] == pytest.approx(70 / 60)
    # One map for n sources has 1 / n of its pixels on each
    assert found["mean_ciou"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1) / 4)
    assert found["ciou_at_0.3"] == 1


def test_numbers_of_sources_are_told_apart(evaluated):
    groups = evaluated["by_sources"]
    assert {number: group["scenes"] for number, group in groups.items()} == {"0": 20, "1": 20, "2": 10, "3": 10}
    for number in (1, 2, 3):
        assert groups[str(number)]["maps"]["attention"]["mean_ciou"] == pytest.approx(1 / number)
        assert groups[str(number)]["maps"]["attention"]["detected_per_scene"] == number
    # Nothing sounds in the picture: no recall, and each detection is false
    silent = groups["0"]["baselines"]["all_objects"]
    assert (silent["recall"], silent["precision"], silent["nsa"]) == (None, 0.0, 0.0)
    assert groups["0"]["maps"]["attention"]["precision"] is None
    assert groups["0"]["maps"]["attention"]["nsa"] == 1


def test_all_and_random_objects_score_what_the_counts_say(evaluated):
    every, random = evaluated["baselines"]["all_objects"], evaluated["baselines"]["random_objects"]
    assert (every["precision"], every["recall"], every["nsa"]) == (pytest.approx(7 / 13), 1.0, 0.0)
    assert every["sounding_silent_auc"] == every["balanced_accuracy"] == 0.5
    assert every["average_precision"] == pytest.approx(7 / 13)
    assert random["precision"] == pytest.approx(7 / 13, abs=0.15)
    assert random["recall"] == pytest.approx(7 / 13, abs=0.15)


def test_a_model_that_says_the_same_of_all_is_all_objects(squares, constant):
    world = squares(ROLES)
    report = detect.evaluate(constant(torch.ones(6, 6)), world, validation=world, count=18, validation_count=12)
    found, every = report["maps"]["attention"], report["baselines"]["all_objects"]
    for measure in (
        "precision",
        "recall",
        "nsa",
        "kept_objects",
        "balanced_accuracy",
        "sounding_silent_auc",
        "average_precision",
        "recall_at_n",
    ):
        assert found[measure] == pytest.approx(every[measure])


def test_thresholds_come_from_the_validation_scenes_alone(squares, oracle):
    world, others = squares(ROLES), squares(("q---", "qs--"))
    first, second = (
        detect.evaluate(oracle(scenes), scenes, validation=world, count=12, validation_count=6)
        for scenes in (world, others)
    )
    assert first["thresholds"]["attention"] == {"object": 0.5, "pixel": 1.0}
    assert first["thresholds"]["edge_energy"] == second["thresholds"]["edge_energy"]
    assert second["share_sounding_in_validation"] == pytest.approx(7 / 13)


def test_batch_size_changes_only_what_is_drawn(squares, oracle):
    world = squares(ROLES)
    small, large = (
        detect.evaluate(oracle(world), world, validation=world, count=24, validation_count=12, batch_size=size)
        for size in (5, 24)
    )
    for name in ("attention", "similarity"):
        for measure in MEASURES:
            assert small["maps"][name][measure] == pytest.approx(large["maps"][name][measure])
    assert small["thresholds"] == large["thresholds"]


def test_model_sees_no_truth_and_the_seed_decides(squares, oracle):
    world = squares(ROLES)
    model = oracle(world)
    first, again, other = (
        detect.evaluate(model, world, validation=world, count=12, validation_count=12, seed=seed) for seed in (3, 3, 4)
    )
    assert all(batch.truth is None for batch in model.seen)
    assert first == again
    assert other["baselines"]["random_objects"] != first["baselines"]["random_objects"]


def found_in(squares, oracle, *roles):
    world, others = squares(roles), squares(ROLES)
    report = detect.evaluate(oracle(world), world, validation=others, count=6, validation_count=6)
    return report, report["maps"]["attention"], report["baselines"]["all_objects"]


@pytest.mark.parametrize("roles", ["qq--", "qo--", "q-o-"])
def test_where_nothing_seen_sounds_only_false_detections_count(squares, oracle, roles):
    # Silence, or sounds from off-screen alone: no source to recall, and whatever is detected is false
    report, found, every = found_in(squares, oracle, roles)
    assert (report["sources"], list(report["by_sources"])) == (0, ["0"])
    assert (found["recall"], found["precision"], found["mean_ciou"]) == (None, None, None)
    assert (found["detected_per_scene"], found["kept_objects"], found["nsa"]) == (0.0, 1.0, 1.0)
    assert (every["precision"], every["kept_objects"]) == (0.0, 0.0)


@pytest.mark.parametrize("roles", ["----", "o---", "oo--"])
def test_scenes_without_objects_have_nothing_to_detect(squares, oracle, roles):
    report, found, _ = found_in(squares, oracle, roles)
    assert (report["objects"], report["count"], report["by_sources"]["0"]["scenes"]) == (0, 6, 6)
    asked = {name: value for name, value in found.items() if name != "intervals" and value is not None}
    assert asked == {"detected_per_scene": 0.0}


def test_one_source_where_several_may_be_asked_for(squares, oracle):
    report, found, every = found_in(squares, oracle, "s---")
    assert list(report["by_sources"]) == ["1"]
    assert (found["recall"], found["precision"], found["mean_ciou"]) == (1.0, 1.0, 1.0)
    # Nothing is silent, so nobody can be wrong: these are None, not 1
    assert (found["kept_objects"], found["balanced_accuracy"], found["sounding_silent_auc"]) == (None, None, None)
    assert (found["recall_at_n"], found["nsa"], every["precision"]) == (None, None, 1.0)


@pytest.mark.parametrize("settings", [{"sources": (0, 0)}, {"sources": (0, 0), "offscreen": (1, 1)}])
def test_a_model_keeps_its_head_where_nothing_seen_sounds(settings):
    test = World(WorldSettings(size=96, silent=(1, 2), **settings), seed=1)
    validation = World(WorldSettings(size=96, silent=(1, 2)), seed=3)
    model = recipes.get("dcc_seeded", "smoke").build(0)
    report = detect.evaluate(model, test, validation=validation, count=4, validation_count=4)
    for found in report["maps"].values():
        assert found["recall"] is None
        assert 0 <= found["detected_per_scene"] <= 2
        assert 0 <= found["kept_objects"] <= 1


def test_bad_input_is_refused(squares, oracle):
    world, silent = squares(ROLES), squares(("qo--",))
    with pytest.raises(ValueError, match="validation_count is 0"):
        detect.evaluate(oracle(world), world, validation=world, count=4, validation_count=0)
    with pytest.raises(ValueError, match="none of the 6 validation scenes has a visible source"):
        detect.evaluate(oracle(world), world, validation=silent, count=4, validation_count=6)
    with pytest.raises(ValueError, match="none of the 6 validation scenes has a silent object"):
        detect.evaluate(oracle(world), world, validation=squares(("s---",)), count=4, validation_count=6)

    class Untold:
        def batch(self, indices, *, truth):
            return world.batch(indices, truth=False)

    with pytest.raises(ValueError, match="without their truth"):
        detect.evaluate(oracle(world), Untold(), validation=world, count=4, validation_count=6)
