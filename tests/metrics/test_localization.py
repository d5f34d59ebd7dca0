from __future__ import annotations

import inspect
import math
from typing import get_args

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from avlearn.metrics.localization import (
    Threshold,
    check_threshold,
    consensus,
    consensus_iou,
    count_boxes,
    iou_at_true_area,
    object_heat,
    pair_wins,
    pointing,
    sounding_silent_auc,
    source_hits,
    success_areas,
    success_auc,
    success_rate,
)

RULES = get_args(Threshold)


def make(seed: int, *, count: int = 6, size: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    heat = torch.randn(count, size, size, generator=generator)
    corner = torch.rand(count, 3, 2, generator=generator) * 0.5
    boxes = torch.cat([corner, corner + 0.2 + 0.3 * torch.rand(count, 3, 2, generator=generator)], dim=2)
    return heat, consensus(boxes, (size, size))


def slow_selection(heat: np.ndarray, g: np.ndarray, rule: str) -> np.ndarray:
    ranked = np.sort(heat.ravel())[::-1]
    if rule == "max_half":
        return heat > 0.5 * heat.max()
    if rule == "tenth_of_max":
        return heat > 0.1 * heat.max()
    if rule == "top_half":
        return heat >= ranked[heat.size // 2 - 1]
    if rule == "true_area":
        return heat >= ranked[(g > 0).sum() - 1]
    return heat > {"fixed_0.1": 0.1, "fixed_0.001": 0.001}[rule]


def slow_consensus_iou(heat: np.ndarray, g: np.ndarray, rule: str) -> float:
    selected = slow_selection(heat, g, rule)
    hit = weight = outside = 0.0
    for row in range(heat.shape[0]):
        for column in range(heat.shape[1]):
            weight += g[row, column]
            if selected[row, column]:
                hit += g[row, column]
                outside += g[row, column] == 0
    return hit / (weight + outside)


@pytest.mark.parametrize("rule", RULES)
def test_consensus_iou_equals_the_slow_formula(rule):
    heat, reference = make(1)
    slow = [
        slow_consensus_iou(h, g, rule) for h, g in zip(heat.double().numpy(), reference.double().numpy(), strict=True)
    ]
    assert consensus_iou(heat, reference, threshold=rule).tolist() == pytest.approx(slow, abs=1e-6)


def test_known_consensus_iou():
    reference = torch.tensor([[[1.0, 0.5], [0.0, 0.0]]])
    heat = torch.tensor([[[0.9, 0.2], [0.3, 0.05]]])
    known = {
        "max_half": 1.0 / 1.5,
        "tenth_of_max": 1.5 / (1.5 + 1),
        "fixed_0.1": 1.5 / (1.5 + 1),
        "fixed_0.001": 1.5 / (1.5 + 2),
        "top_half": 1.0 / (1.5 + 1),
        "true_area": 1.0 / (1.5 + 1),
    }
    for rule, value in known.items():
        assert float(consensus_iou(heat, reference, threshold=rule)) == pytest.approx(value, abs=1e-6)


def test_consensus_iou_of_a_mask_is_the_jaccard_index():
    heat, reference = make(2)
    mask = reference > 0
    selected = heat > 0.5 * heat.amax((1, 2), keepdim=True)
    jaccard = (selected & mask).sum((1, 2)) / (selected | mask).sum((1, 2))
    assert consensus_iou(heat, mask, threshold="max_half").tolist() == pytest.approx(jaccard.tolist(), abs=1e-6)
    assert torch.equal(
        consensus_iou(heat, mask.float(), threshold="max_half"), consensus_iou(heat, mask, threshold="max_half")
    )


def test_a_map_equal_to_the_mask_is_perfect_under_every_rule_of_thresholds():
    mask = torch.zeros(1, 8, 8, dtype=torch.bool)
    mask[:, 2:5, 3:7] = True
    for rule in ("max_half", "tenth_of_max", "fixed_0.1", "fixed_0.001", "true_area"):
        assert consensus_iou(mask.float(), mask, threshold=rule) == 1


def test_a_map_without_positive_values_selects_nothing_by_its_maximum():
    mask = torch.zeros(1, 4, 4, dtype=torch.bool)
    mask[0, 0, 0] = True
    for heat in (torch.zeros(1, 4, 4), torch.linspace(-2, -1, 16).view(1, 4, 4)):
        assert consensus_iou(heat, mask, threshold="max_half") == 0
        assert consensus_iou(heat, mask, threshold="tenth_of_max") == 0


@pytest.mark.parametrize("pixels", [1, 5, 32, 64])
def test_a_constant_map_scores_what_random_pixels_would(pixels):
    mask = torch.zeros(1, 64, dtype=torch.bool)
    mask[0, :pixels] = True
    mask, p = mask.view(1, 8, 8), pixels / 64
    constant = torch.full((1, 8, 8), 3.0)
    assert float(iou_at_true_area(constant, mask)) == pytest.approx(p / (2 - p), abs=1e-6)
    assert float(pointing(constant, mask)) == pytest.approx(p, abs=1e-12)
    assert float(consensus_iou(constant, mask, threshold="max_half")) == pytest.approx(p, abs=1e-6)
    assert float(consensus_iou(constant, mask, threshold="top_half")) == pytest.approx(p / (p + 1), abs=1e-6)


def test_equal_pixels_share_the_cut():
    heat = torch.tensor([[[2.0, 1.0, 1.0, 1.0]]])
    mask = torch.tensor([[[True, True, False, False]]])
    # The first pixel is in; the second place is shared by three, one of them right
    hit = 1 + 1 / 3
    assert float(iou_at_true_area(heat, mask)) == pytest.approx(hit / (4 - hit), abs=1e-6)


def test_the_expectation_of_breaking_ties_at_random_is_what_pointing_gives():
    heat = torch.tensor([[[1.0, 5.0], [5.0, 5.0]]])
    mask = torch.tensor([[[True, True], [False, False]]])
    assert float(pointing(heat, mask)) == pytest.approx(1 / 3)


@pytest.mark.parametrize("change", [lambda heat: 3 * heat - 7, torch.sigmoid, lambda heat: heat**3])
def test_increasing_changes_leave_pointing_and_true_area_alone(change):
    heat, reference = make(3)
    heat = heat.double()
    assert torch.equal(pointing(change(heat), reference > 0), pointing(heat, reference > 0))
    assert torch.equal(iou_at_true_area(change(heat), reference), iou_at_true_area(heat, reference))
    assert torch.equal(
        consensus_iou(change(heat), reference, threshold="top_half"),
        consensus_iou(heat, reference, threshold="top_half"),
    )


@pytest.mark.parametrize("rule", ["max_half", "tenth_of_max"])
def test_scale_leaves_rules_relative_to_the_maximum_alone(rule):
    heat, reference = make(4)
    assert torch.equal(
        consensus_iou(4 * heat, reference, threshold=rule), consensus_iou(heat, reference, threshold=rule)
    )


@pytest.mark.parametrize("rule", RULES)
def test_one_map_for_all_scenes_equals_the_map_repeated(rule):
    heat, reference = make(5)
    repeated = heat[:1].expand_as(heat).contiguous()
    assert torch.equal(
        consensus_iou(heat[:1], reference, threshold=rule), consensus_iou(repeated, reference, threshold=rule)
    )
    masks = (reference > 0)[:, None]
    assert torch.equal(pointing(heat[:1], masks[:, 0]), pointing(repeated, masks[:, 0]))
    assert torch.allclose(object_heat(heat[:1], masks), object_heat(repeated, masks), atol=1e-6)


def test_boxes_are_drawn_as_released_code_does():
    generator = torch.Generator().manual_seed(0)
    boxes = torch.rand(20, 3, 4, generator=generator).mul(256).floor().div(256)
    boxes = torch.cat(
        [torch.minimum(boxes[..., :2], boxes[..., 2:]), torch.maximum(boxes[..., :2], boxes[..., 2:])], dim=2
    )
    drawn = count_boxes(boxes, (224, 200)).numpy()
    for picture in range(20):
        slow = np.zeros((224, 200))
        for x1, y1, x2, y2 in boxes[picture].tolist():
            slow[int(224 * y1) : int(224 * y2), int(200 * x1) : int(200 * x2)] += 1
        assert (drawn[picture] == slow).all()


def test_boxes_without_area_and_parts_outside_draw_nothing():
    boxes = torch.tensor([[[0.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.9], [0.9, 0.1, 0.2, 0.9], [-3e16, -1.0, 0.5, 2.0]]])
    assert not count_boxes(boxes[:, :3], (4, 4)).any()
    assert count_boxes(boxes, (4, 4)).tolist() == [[[1.0, 1.0, 0.0, 0.0]] * 4]


def test_two_annotators_suffice_for_consensus():
    whole, left = [0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 1.0]
    boxes = torch.tensor([[whole, left, left], [left, [0.0] * 4, [0.0] * 4]])
    g = consensus(boxes, (2, 4))
    assert g[0].tolist() == [[1.0, 1.0, 0.5, 0.5]] * 2
    assert g[1].tolist() == [[0.5, 0.5, 0.0, 0.0]] * 2


def test_success_rate_counts_values_that_reach_it():
    values = torch.tensor([0.2, 0.5, 0.9])
    assert float(success_rate(values, 0.5)) == pytest.approx(2 / 3)
    assert float(success_rate(values, 0.0)) == 1


def test_success_auc_equals_numpy():
    values = torch.rand(300, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    steps = np.linspace(0, 1, 21)
    rates = [(values.numpy() >= step).mean() for step in steps]
    assert float(success_auc(values)) == pytest.approx(np.trapezoid(rates, steps), abs=1e-12)
    assert float(success_areas(values).mean()) == pytest.approx(np.trapezoid(rates, steps), abs=1e-12)


def test_known_success_auc():
    assert float(success_auc(torch.tensor([1.0]))) == pytest.approx(1.0)
    assert float(success_auc(torch.tensor([0.0]))) == pytest.approx(0.025)
    # Reaches 0, 0.05, 0.10 and exactly 0.15
    assert float(success_auc(torch.tensor([3 / 20], dtype=torch.float64))) == pytest.approx(0.175)


def test_object_heat_is_the_mean_inside_each_mask():
    heat = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    masks = torch.tensor([[[[True, True], [False, False]], [[False, False], [False, True]], [[False] * 2] * 2]])
    assert object_heat(heat, masks).tolist() == [[1.5, 4.0, 0.0]]


def objects(seed: int, count: int = 25) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    heat = torch.randint(6, (count, 5), generator=generator).double()
    kind = torch.randint(3, (count, 5), generator=generator)  # sounding, silent, not there
    return heat, kind == 0, kind == 1


@pytest.mark.parametrize("seed", range(3))
def test_sounding_silent_auc_equals_scikit_learn_over_all_objects(seed):
    heat, sounding, silent = objects(seed)
    seen = sounding | silent
    theirs = roc_auc_score(sounding[seen].numpy(), heat[seen].numpy())
    assert float(sounding_silent_auc(heat, sounding, silent)) == pytest.approx(theirs, abs=1e-12)


def test_pair_wins_and_source_hits_equal_their_slow_twins():
    heat, sounding, silent = objects(4)
    wins, pairs = pair_wins(heat, sounding, silent)
    hits, sources = source_hits(heat, sounding, silent)
    for row in range(len(heat)):
        loud = [float(value) for value in heat[row][sounding[row]]]
        mute = [float(value) for value in heat[row][silent[row]]]
        assert float(pairs[row]) == len(loud) * len(mute)
        assert float(wins[row]) == sum((a > b) + 0.5 * (a == b) for a in loud for b in mute)
        decided = bool(loud) and bool(mute)
        assert float(sources[row]) == (len(loud) if decided else 0)
        assert float(hits[row]) == pytest.approx(slow_hits(loud, mute) if decided else 0, abs=1e-6)


def slow_hits(loud: list[float], mute: list[float]) -> float:
    # An object is taken for sure above the cut; those at the cut share the places left
    cut = sorted(loud + mute, reverse=True)[len(loud) - 1]
    places = len(loud) - sum(value > cut for value in loud + mute)
    tied = sum(value == cut for value in loud + mute)
    return sum(value > cut for value in loud) + places / tied * sum(value == cut for value in loud)


def test_equal_heat_gives_chance_in_every_comparison_of_objects():
    heat = torch.zeros(1, 4)
    sounding, silent = torch.tensor([[True, True, False, False]]), torch.tensor([[False, False, True, False]])
    assert float(sounding_silent_auc(heat, sounding, silent)) == 0.5
    assert [float(part) for part in pair_wins(heat, sounding, silent)] == [1.0, 2.0]
    hits, sources = source_hits(heat, sounding, silent)
    assert float(hits) == pytest.approx(2 * 2 / 3)
    assert float(sources) == 2


def good() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.rand(2, 4, 4), torch.ones(2, 4, 4)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_maps_that_are_not_finite_are_refused(bad):
    heat, reference = good()
    heat[1, 2, 3] = bad
    for score in (lambda: consensus_iou(heat, reference, threshold="max_half"), lambda: pointing(heat, reference > 0)):
        with pytest.raises(ValueError, match="heat_map 1 has values that are not finite"):
            score()
    with pytest.raises(ValueError, match="heat_map 1"):
        object_heat(heat, reference[:, None] > 0)
    with pytest.raises(ValueError, match="boxes 0"):
        count_boxes(torch.tensor([[[0.0, 0.0, bad, 1.0]]]), (4, 4))
    with pytest.raises(ValueError, match="values 0"):
        success_rate(torch.tensor([bad]), 0.5)


def test_unusable_references_are_refused():
    heat, reference = good()
    with pytest.raises(ValueError, match="reference 1 is empty"):
        iou_at_true_area(heat, torch.stack([reference[0], torch.zeros(4, 4)]))
    with pytest.raises(ValueError, match=r"lies in \[0.0, 2.0\]"):
        iou_at_true_area(heat, torch.stack([2 * reference[0], torch.eye(4)]))
    with pytest.raises(ValueError, match=r"lies in \[-1.0, 1.0\]"):
        iou_at_true_area(heat, 2 * torch.eye(4).expand(2, 4, 4) - 1)


def test_missing_values_are_refused():
    with pytest.raises(ValueError, match="no values"):
        success_auc(torch.zeros(0))
    with pytest.raises(ValueError, match="ranking needs positives and negatives"):
        sounding_silent_auc(torch.rand(1, 2), torch.tensor([[True, True]]), torch.tensor([[False, False]]))


def test_other_sizes_are_refused():
    heat, _ = good()
    with pytest.raises(ValueError, match=r"heat_map is \(2, 4, 4\), reference \(2, 5, 4\); bring both to one size"):
        inspect.unwrap(consensus_iou)(heat, torch.ones(2, 5, 4), threshold="max_half")
    with pytest.raises(ValueError, match=r"heat_map is \(2, 4, 4\), reference \(3, 4, 4\)"):
        inspect.unwrap(pointing)(heat, torch.ones(3, 4, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="bring both to one size"):
        inspect.unwrap(object_heat)(heat, torch.ones(2, 3, 4, 5, dtype=torch.bool))
    with pytest.raises(ValueError, match="threshold is 'half'; choose one of max_half"):
        check_threshold("half")
