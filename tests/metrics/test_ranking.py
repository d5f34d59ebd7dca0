from __future__ import annotations

import pytest
import scipy.stats
import torch
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from avlearn.metrics.ranking import (
    average_precision,
    false_alarm_rate,
    precision_recall,
    rank_correlation,
    ranks,
    roc_auc,
    threshold_at_recall,
    weighted_average_precision,
    weighted_recall_at_precision,
    weighted_roc_auc,
)


def draw(seed: int, count: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(8, (count,), generator=generator).float()  # many ties
    return scores, torch.rand(count, generator=generator) < 0.4


def slow_auc(scores: list[float], positive: list[bool]) -> float:
    wins = pairs = 0.0
    for a, is_positive in zip(scores, positive, strict=True):
        for b, also_positive in zip(scores, positive, strict=True):
            if is_positive and not also_positive:
                pairs += 1
                wins += 1.0 if a > b else 0.5 if a == b else 0.0
    return wins / pairs


@pytest.mark.parametrize("seed", range(5))
def test_auc_equals_the_count_of_pairs_and_scikit_learn(seed):
    scores, positive = draw(seed)
    auc = float(roc_auc(scores, positive))
    assert auc == pytest.approx(slow_auc(scores.tolist(), positive.tolist()), abs=1e-12)
    assert auc == pytest.approx(roc_auc_score(positive.numpy(), scores.numpy()), abs=1e-12)


def test_weighted_auc_equals_scikit_learn_for_each_row_of_weights():
    scores, positive = draw(7)
    weights = torch.randint(0, 4, (5, len(scores)), generator=torch.Generator().manual_seed(0)).double()
    ours = weighted_roc_auc(scores, positive, weights).tolist()
    theirs = [roc_auc_score(positive.numpy(), scores.numpy(), sample_weight=row.numpy()) for row in weights]
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_a_row_without_weight_on_one_class_gives_nan():
    scores, positive = torch.tensor([0.1, 0.2]), torch.tensor([True, False])
    assert weighted_roc_auc(scores, positive, torch.tensor([[1.0, 0.0]]).double()).isnan().all()


def test_known_aucs():
    positive = torch.tensor([True, True, False, False])
    assert float(roc_auc(torch.tensor([4.0, 3.0, 2.0, 1.0]), positive)) == 1
    assert float(roc_auc(torch.tensor([1.0, 2.0, 3.0, 4.0]), positive)) == 0
    assert float(roc_auc(torch.zeros(4), positive)) == 0.5


def test_increasing_change_leaves_auc_alone():
    scores, positive = draw(3)
    assert roc_auc(torch.exp(scores) - 5, positive) == roc_auc(scores, positive)


def slow_average_precision(scores: list[float], positive: list[bool]) -> float:
    precisions = []
    for score, is_positive in zip(scores, positive, strict=True):
        if is_positive:
            as_high = [right for other, right in zip(scores, positive, strict=True) if other >= score]
            precisions.append(sum(as_high) / len(as_high))
    return sum(precisions) / len(precisions)


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_equals_its_slow_twin_and_scikit_learn(seed):
    scores, positive = draw(seed)
    ours = float(average_precision(scores, positive))
    assert ours == pytest.approx(slow_average_precision(scores.tolist(), positive.tolist()), abs=1e-12)
    assert ours == pytest.approx(average_precision_score(positive.numpy(), scores.numpy()), abs=1e-12)


def test_weighted_average_precision_equals_scikit_learn_for_each_row_of_weights():
    scores, positive = draw(8)
    weights = torch.randint(0, 4, (5, len(scores)), generator=torch.Generator().manual_seed(0)).double()
    ours = weighted_average_precision(scores, positive, weights).tolist()
    theirs = [average_precision_score(positive.numpy(), scores.numpy(), sample_weight=row.numpy()) for row in weights]
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_known_average_precisions():
    positive = torch.tensor([True, True, False, False])
    assert float(average_precision(torch.tensor([4.0, 3.0, 2.0, 1.0]), positive)) == 1
    assert float(average_precision(torch.zeros(4), positive)) == 0.5
    assert float(average_precision(torch.tensor([1.0, 2.0, 3.0, 4.0]), positive)) == pytest.approx((1 / 3 + 2 / 4) / 2)
    alone = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]).double()
    assert weighted_average_precision(torch.rand(4), positive, alone).isnan().all()
    assert weighted_average_precision(torch.rand(0), positive[:0], alone[:, :0]).isnan().all()


def test_threshold_is_the_highest_that_enough_positives_reach():
    scores = torch.arange(1.0, 101.0)
    everyone = torch.ones(100, dtype=torch.bool)
    threshold = threshold_at_recall(scores, everyone, recall=0.95)
    assert threshold == 6
    assert (scores >= threshold).double().mean() == 0.95
    assert threshold_at_recall(scores, everyone, recall=1.0) == 1


def test_false_alarms_are_negatives_at_or_above_the_threshold():
    scores = torch.tensor([3.0, 4.0, 5.0, 1.0, 3.0, 9.0])
    positive = torch.tensor([True, True, True, False, False, False])
    assert float(false_alarm_rate(scores, positive, recall=1.0)) == pytest.approx(2 / 3)
    assert float(false_alarm_rate(scores, positive, recall=0.6)) == pytest.approx(1 / 3)


def test_false_alarm_rate_is_0_for_separable_and_1_for_equal_scores():
    positive = torch.tensor([True, False])
    assert float(false_alarm_rate(torch.tensor([2.0, 1.0]), positive)) == 0
    assert float(false_alarm_rate(torch.tensor([1.0, 1.0]), positive)) == 1


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="2 of 2 scores are positive"):
        roc_auc(torch.rand(2), torch.tensor([True, True]))
    with pytest.raises(ValueError, match="0 of 3 scores are positive"):
        average_precision(torch.rand(3), torch.zeros(3, dtype=torch.bool))
    with pytest.raises(ValueError, match="0 of 0"):
        roc_auc(torch.rand(0), torch.zeros(0, dtype=torch.bool))
    with pytest.raises(ValueError, match="score 1 is nan"):
        roc_auc(torch.tensor([0.0, torch.nan]), torch.tensor([True, False]))
    with pytest.raises(ValueError, match=r"recall is 1\.5"):
        false_alarm_rate(torch.rand(2), torch.tensor([True, False]), recall=1.5)
    with pytest.raises(ValueError, match="no positive"):
        threshold_at_recall(torch.rand(2), torch.tensor([False, False]), recall=0.5)


@pytest.mark.parametrize("levels", [3, 1000])
def test_rank_correlation_equals_scipy(levels):
    generator = torch.Generator().manual_seed(levels)
    reference = torch.randint(levels, (80,), generator=generator).double()  # few levels: many ties
    estimate = reference + levels * torch.rand(80, generator=generator).double().round(decimals=1)
    expected = scipy.stats.spearmanr(estimate.numpy(), reference.numpy()).statistic
    assert rank_correlation(estimate, reference).item() == pytest.approx(expected, abs=1e-12)


def test_rank_correlation_of_known_orders():
    order = torch.tensor([0.2, 5.0, 1.0, 3.0])
    assert rank_correlation(order, order.exp()).item() == pytest.approx(1)
    assert rank_correlation(order, -order).item() == pytest.approx(-1)
    # ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15)
    assert rank_correlation(torch.arange(4.0), torch.tensor([2.0, 1.0, 4.0, 3.0])).item() == pytest.approx(0.6)


def test_rank_correlation_refuses_what_has_no_order():
    order = torch.arange(4.0)
    with pytest.raises(ValueError, match="all references are equal; a rank correlation needs at least two different"):
        rank_correlation(order, torch.ones(4))
    with pytest.raises(ValueError, match="score 2 is nan; give finite scores"):
        rank_correlation(torch.tensor([1.0, 2.0, torch.nan]), order[:3])


def test_ranks_equal_scipy():
    values = torch.randint(5, (30,), generator=torch.Generator().manual_seed(0)).float()
    assert ranks(values).tolist() == scipy.stats.rankdata(values.numpy()).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_precision_and_recall_equal_scikit_learn(seed):
    scores, positive = draw(seed)
    thresholds, precision, recall = precision_recall(scores, positive)
    theirs = precision_recall_curve(positive.numpy(), scores.numpy())
    assert thresholds.flip(0).tolist() == theirs[2].tolist()
    assert precision.flip(0).tolist() == pytest.approx(theirs[0][:-1].tolist(), abs=1e-12)
    assert recall.flip(0).tolist() == pytest.approx(theirs[1][:-1].tolist(), abs=1e-12)


@pytest.mark.parametrize("wanted", [0.2, 0.5, 0.7, 1.0])
def test_recall_at_precision_is_the_best_of_the_curve(wanted):
    scores, positive = draw(3)
    weights = torch.randint(1, 4, (4, len(scores)), generator=torch.Generator().manual_seed(0)).double()
    ours = weighted_recall_at_precision(scores, positive, weights, precision=wanted).tolist()
    for value, row in zip(ours, weights, strict=True):
        precision, recall, _ = precision_recall_curve(positive.numpy(), scores.numpy(), sample_weight=row.numpy())
        assert value == pytest.approx(recall[precision >= wanted].max(), abs=1e-12)


def test_scores_that_tell_nothing_recall_all_or_nothing():
    scores, positive, weights = torch.ones(4), torch.tensor([True, True, True, False]), torch.ones(1, 4).double()
    assert float(weighted_recall_at_precision(scores, positive, weights, precision=0.75)) == 1
    assert float(weighted_recall_at_precision(scores, positive, weights, precision=0.8)) == 0


def test_recall_at_precision_of_one_kind_or_of_nothing_is_nan():
    scores, positive = torch.tensor([0.1, 0.2]), torch.tensor([True, False])
    for weights in (torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])):
        assert weighted_recall_at_precision(scores, positive, weights.double(), precision=0.5).isnan().all()
    nothing = torch.zeros(0), torch.zeros(0, dtype=torch.bool), torch.zeros(2, 0, dtype=torch.float64)
    assert weighted_recall_at_precision(*nothing, precision=0.5).isnan().all()


def test_precisions_and_recalls_refuse_what_makes_no_sense():
    scores, positive = torch.tensor([0.1, 0.2]), torch.tensor([True, True])
    with pytest.raises(ValueError, match="2 of 2 scores are positive"):
        precision_recall(scores, positive)
    with pytest.raises(ValueError, match=r"precision is 0\.0; give a share"):
        weighted_recall_at_precision(scores, positive, torch.ones(1, 2).double(), precision=0.0)
