from __future__ import annotations

import json

import pytest
import torch

from avlearn.tasks import localize

SINGLE = ("sq--", "-sq-", "q--s", "qqs-")
SEVERAL = ("ssq-", "s-sq", "-sqs", "soq-")

MEASURES = {
    "pointing", "sounding_silent_auc", "pair_accuracy", "recall", "iou_at_true_area", "mean_iou", "success_at_0.3",
    "ciou_at_0.5", "success_auc",
}  # fmt: skip
BASELINES = {"whole_image", "centre_box", "centred_disc", "edge_energy", "random_object"}

AREA = 36 / 576
"""Share of the picture that one square covers."""


@pytest.fixture
def evaluated(squares, oracle):
    world = squares(SINGLE)
    return localize.evaluate(oracle(world), world, count=40, batch_size=16)


def test_result_has_every_measure_baseline_and_control_and_is_json(evaluated):
    assert json.loads(json.dumps(evaluated)) == evaluated
    assert set(evaluated["maps"]) == {"attention", "similarity"}
    assert set(evaluated["baselines"]) == BASELINES
    assert set(evaluated["controls"]["shuffled_audio"]) == {"scenes", "attention", "similarity"}
    for summary in (*evaluated["maps"].values(), *evaluated["baselines"].values()):
        assert set(summary) - {"intervals"} == MEASURES
    assert set(evaluated["maps"]["attention"]["intervals"]) == MEASURES
    assert (evaluated["count"], evaluated["scenes"], evaluated["seed"]) == (40, 40, 0)
    assert evaluated["picture_size"] == evaluated["map_size"] == [24, 24]


@pytest.mark.parametrize("name", ["attention", "similarity"])
def test_an_oracle_is_perfect(evaluated, name):
    found = evaluated["maps"][name]
    assert {measure: found[measure] for measure in MEASURES} == dict.fromkeys(MEASURES, 1.0)
    assert found["intervals"]["pointing"] == [1.0, 1.0]


def test_an_oracle_that_listens_fails_with_another_sound(evaluated):
    shuffled = evaluated["controls"]["shuffled_audio"]
    assert shuffled["scenes"] == 40
    # It finds nothing, or one of the silent squares: a constant map hits with the square's area
    assert shuffled["attention"]["pointing"] < 2 * AREA
    assert shuffled["attention"]["sounding_silent_auc"] < 0.55


def test_an_oracle_that_does_not_listen_has_no_gap_to_another_sound(squares, oracle):
    world = squares(SINGLE)
    report = localize.evaluate(oracle(world, deaf=True), world, count=40, batch_size=16)
    own, shuffled = report["maps"]["attention"], report["controls"]["shuffled_audio"]["attention"]
    assert report["controls"]["shuffled_audio"]["scenes"] == 40
    assert {name: own[name] for name in MEASURES} == {name: shuffled[name] for name in MEASURES}
    for kind in ("silence", "noise", "offscreen", "all"):
        assert report["negative_audio"]["strengths"]["attention"][kind]["auc"] == 0.5
        assert report["negative_audio"]["strengths"]["attention"][kind]["false_alarm_rate"] == 1.0


def test_constant_map_equals_the_whole_image_and_the_arithmetic(squares, constant):
    report = localize.evaluate(constant(torch.ones(6, 6)), squares(SINGLE), count=20)
    whole = report["baselines"]["whole_image"]
    assert {name: report["maps"]["attention"][name] for name in MEASURES} == whole
    assert whole["pointing"] == pytest.approx(AREA)
    assert whole["mean_iou"] == pytest.approx(AREA)
    assert whole["iou_at_true_area"] == pytest.approx(AREA / (2 - AREA))
    assert whole["success_at_0.3"] == whole["ciou_at_0.5"] == 0
    assert whole["sounding_silent_auc"] == whole["pair_accuracy"] == 0.5
    # One sounds of two, two, two, three squares
    assert whole["recall"] == pytest.approx((3 / 2 + 1 / 3) / 4)


def test_random_object_is_the_exact_expectation(evaluated):
    random = evaluated["baselines"]["random_object"]
    expected = (3 / 2 + 1 / 3) / 4  # the source is one of two, two, two, three squares
    for measure in ("pointing", "mean_iou", "success_at_0.3", "ciou_at_0.5", "recall"):
        assert random[measure] == pytest.approx(expected)
    assert random["pair_accuracy"] == pytest.approx(0.5)
    assert random["success_auc"] == pytest.approx(expected + (1 - expected) * 0.025)


def test_maps_are_enlarged_to_the_picture(squares, oracle):
    world = squares(("s---",))
    report = localize.evaluate(oracle(world, coarse=4), world, count=8)
    assert report["map_size"] == [6, 6]
    assert report["maps"]["attention"]["pointing"] == 1
    assert 0.5 < report["maps"]["attention"]["iou_at_true_area"] < 1
    # Nothing is silent in this world, so these can't be asked
    for measure in ("sounding_silent_auc", "pair_accuracy", "recall"):
        assert report["maps"]["attention"][measure] is None
        assert report["maps"]["attention"]["intervals"][measure] is None


def test_each_source_is_asked_for_by_its_own_stem(squares, oracle):
    world = squares(SEVERAL)
    report = localize.evaluate(oracle(world), world, count=40, batch_size=16)
    asked = report["per_source"]
    # Three scenes of four have two visible sources; one has a visible and an off-screen one
    assert (asked["scenes"], asked["queries"]) == (40, 70)
    assert asked["maps"]["attention"]["pointing"] == asked["maps"]["attention"]["pair_accuracy"] == 1
    assert set(asked["baselines"]) == BASELINES
    assert asked["baselines"]["random_object"]["pointing"] == pytest.approx((60 / 3 + 10 / 2) / 70)
    # Any of the two sources will do for the mixture
    assert report["baselines"]["random_object"]["pointing"] == pytest.approx((30 * 2 / 3 + 10 / 2) / 40)


def test_showing_all_sources_is_no_answer_to_one_stem(squares, oracle):
    world = squares(SEVERAL[:3])
    asked = localize.evaluate(oracle(world, deaf=True), world, count=30)["per_source"]["maps"]["attention"]
    assert asked["pointing"] == pytest.approx(0.5)
    assert asked["pair_accuracy"] == pytest.approx(0.75)


def test_single_sources_have_no_query_of_their_own(evaluated):
    assert evaluated["per_source"] is None


def test_clips_are_scored_on_their_middle_frame(squares, oracle):
    world = squares(SINGLE, frames=3)
    assert localize.evaluate(oracle(world), world, count=8)["maps"]["attention"]["iou_at_true_area"] == 1


def test_scenes_without_a_visible_source_are_left_out(squares, oracle):
    world = squares(("sq--", "qo--", "----", "-sq-"))
    report = localize.evaluate(oracle(world), world, count=20, batch_size=7)
    assert (report["count"], report["scenes"]) == (20, 10)
    assert report["maps"]["attention"]["pointing"] == 1
    with pytest.raises(ValueError, match="none of the 3 scenes has a visible source"):
        localize.evaluate(oracle(world), squares(("qo--",)), count=3)


def test_model_sees_no_truth_and_gets_its_mode_back(squares, oracle):
    world = squares(SINGLE)
    model = oracle(world)
    model.frozen, model.part = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2)
    model.train()
    model.frozen.eval()
    modes = []
    model.register_module("spy", Spy(model, modes))
    model.localize, plain = lambda batch: model.spy(batch), model.localize
    model.spy.plain = plain
    localize.evaluate(model, world, count=8)
    assert all(batch.truth is None for batch in model.seen)
    assert set(modes) == {False}
    assert (model.training, model.part.training, model.frozen.training) == (True, True, False)


class Spy(torch.nn.Module):
    def __init__(self, model, modes):
        super().__init__()
        self.modes, self.owner = modes, [model]

    def forward(self, batch):
        self.modes.append(self.owner[0].part.training)
        assert torch.is_inference_mode_enabled()
        return self.plain(batch)


def test_no_more_scenes_at_once_than_the_batch_has(squares, oracle):
    world = squares(SEVERAL)
    model = oracle(world)
    localize.evaluate(model, world, count=21, batch_size=8)
    assert max(len(batch) for batch in model.seen) == 7


def test_same_seed_same_result(squares, oracle):
    world = squares(SEVERAL)
    first, second, other = (localize.evaluate(oracle(world), world, count=20, seed=seed) for seed in (3, 3, 4))
    assert first == second
    assert other != {**first, "seed": 4}


def test_batch_size_changes_only_what_is_drawn(squares, oracle):
    world = squares(SEVERAL)
    small, large = (localize.evaluate(oracle(world), world, count=20, batch_size=size) for size in (5, 20))
    for part in ("baselines", "scenes"):
        assert small[part] == large[part]
    assert small["per_source"]["queries"] == large["per_source"]["queries"]
    for measure in MEASURES:
        assert small["maps"]["attention"][measure] == pytest.approx(large["maps"]["attention"][measure])


def test_bad_input_is_refused(squares, oracle, constant):
    world = squares(SINGLE)
    with pytest.raises(ValueError, match="count is 0"):
        localize.evaluate(oracle(world), world, count=0)
    with pytest.raises(ValueError, match="seed is -1"):
        localize.evaluate(oracle(world), world, count=4, seed=-1)
    with pytest.raises(ValueError, match="heat_map 0 has values that are not finite"):
        localize.evaluate(constant(torch.full((4, 4), torch.nan)), world, count=4)

    class Untold:
        def batch(self, indices, *, truth):
            return world.batch(indices, truth=False)

    with pytest.raises(ValueError, match="without their truth"):
        localize.evaluate(oracle(world), Untold(), count=4)
