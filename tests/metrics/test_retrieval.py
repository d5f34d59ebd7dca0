from __future__ import annotations

import itertools
import statistics

import pytest
import torch
from sklearn.metrics import average_precision_score

from avlearn.metrics.retrieval import average_precisions, partner_ranks, recall_at, weighted_median


def draw(seed: int, *, count: int = 6, levels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(levels, (count, count), generator=generator).double()  # many ties


def orders(row: list[float]) -> list[list[int]]:
    """Every order of the candidates in which none precedes a more similar one."""
    allowed = itertools.permutations(range(len(row)))
    return [list(order) for order in allowed if all(row[a] >= row[b] for a, b in itertools.pairwise(order))]


def slow_average_precision(order: list[int], relevant: list[bool]) -> float:
    precisions, found = [], 0
    for place, candidate in enumerate(order, start=1):
        if relevant[candidate]:
            found += 1
            precisions.append(found / place)
    return sum(precisions) / found


@pytest.mark.parametrize("seed", range(3))
def test_ranks_and_recall_are_means_over_all_orders(seed):
    similarity = draw(seed, count=5)
    ranks, recall = partner_ranks(similarity), recall_at(similarity, 2)
    for query, row in enumerate(similarity.tolist()):
        places = [order.index(query) + 1 for order in orders(row)]
        assert float(ranks[query]) == pytest.approx(statistics.mean(places), abs=1e-12)
        assert float(recall[query]) == pytest.approx(statistics.mean(place <= 2 for place in places), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_is_the_mean_over_all_orders(seed):
    similarity, relevant = draw(seed), draw(seed + 10) < 1
    relevant[:, 0] = True
    ours = average_precisions(similarity, relevant).tolist()
    slow = [
        statistics.mean(slow_average_precision(order, right) for order in orders(row))
        for row, right in zip(similarity.tolist(), relevant.tolist(), strict=True)
    ]
    assert ours == pytest.approx(slow, abs=1e-12)


def test_average_precision_without_ties_equals_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    similarity, relevant = torch.rand(7, 30, generator=generator), torch.rand(7, 30, generator=generator) < 0.3
    theirs = [
        average_precision_score(right, row) for right, row in zip(relevant.numpy(), similarity.numpy(), strict=True)
    ]
    assert average_precisions(similarity, relevant).tolist() == pytest.approx(theirs, abs=1e-9)


def test_known_values():
    perfect = torch.eye(4)
    assert recall_at(perfect, 1).tolist() == partner_ranks(perfect).tolist() == [1.0] * 4
    assert partner_ranks(-perfect).tolist() == [4.0] * 4
    assert recall_at(-perfect, 3).tolist() == [0.0] * 4
    first_and_last = torch.tensor([[True, False, True]])
    assert float(average_precisions(torch.tensor([[1.0, 2.0, 3.0]]), first_and_last)) == pytest.approx((1 + 2 / 3) / 2)


def test_equal_similarities_score_chance():
    nothing = torch.zeros(10, 10)
    assert partner_ranks(nothing).tolist() == [5.5] * 10
    assert recall_at(nothing, 3).tolist() == pytest.approx([0.3] * 10)
    one = average_precisions(nothing, torch.eye(10, dtype=torch.bool))
    assert one.tolist() == pytest.approx([sum(1 / place for place in range(1, 11)) / 10] * 10)
    random = torch.rand(600, 600, generator=torch.Generator().manual_seed(0))
    relevant = torch.arange(600)[:, None] % 12 == torch.arange(600) % 12
    chance = float(average_precisions(torch.zeros(600, 600), relevant).mean())
    assert float(average_precisions(random, relevant).mean()) == pytest.approx(chance, rel=0.02)


def test_increasing_change_leaves_all_alone():
    similarity, relevant = draw(1), torch.eye(6, dtype=torch.bool)
    changed = torch.exp(similarity) - 7
    assert torch.equal(partner_ranks(changed), partner_ranks(similarity))
    assert torch.equal(recall_at(changed, 2), recall_at(similarity, 2))
    assert torch.equal(average_precisions(changed, relevant), average_precisions(similarity, relevant))


@pytest.mark.parametrize("count", [1, 4, 7])
def test_median_equals_that_of_repeated_values(count):
    generator = torch.Generator().manual_seed(count)
    values = torch.randint(20, (count,), generator=generator).double()
    weights = torch.randint(0, 4, (30, count), generator=generator).double()
    weights[:, 0] += 1
    medians = [statistics.median(values.repeat_interleave(row.long()).tolist()) for row in weights]
    assert weighted_median(values, weights).tolist() == medians


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="count is 0"):
        recall_at(torch.eye(2), 0)
    with pytest.raises(ValueError, match=r"similarity is \(0, 0\)"):
        partner_ranks(torch.zeros(0, 0))
    with pytest.raises(ValueError, match="similarity of query 1 is not finite"):
        partner_ranks(torch.tensor([[0.0, 1.0], [torch.nan, 0.0]]))
    with pytest.raises(ValueError, match="query 1 has no relevant"):
        average_precisions(torch.eye(2), torch.tensor([[True, False], [False, False]]))
