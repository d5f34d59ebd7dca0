from __future__ import annotations

import itertools
import math

import pytest
import torch
from sklearn.metrics import normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from avlearn.metrics.clustering import chance_tables, contingency, matched_accuracy, nmi, purity

MEASURES = (purity, nmi, matched_accuracy)


def draw(seed: int, *, count: int = 60, clusters: int = 4, classes: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    things = torch.randint(classes, (count,), generator=generator)
    noise = torch.randint(clusters, (count,), generator=generator)
    return torch.where(torch.rand(count, generator=generator) < 0.5, things, noise), things


def score(measure, clusters, classes) -> float:
    return float(measure(contingency(clusters, classes)))


def slow_purity(clusters: list[int], classes: list[int]) -> float:
    kept = 0
    for cluster in set(clusters):
        held = [label for place, label in zip(clusters, classes, strict=True) if place == cluster]
        kept += max(held.count(label) for label in held)
    return kept / len(classes)


def slow_nmi(clusters: list[int], classes: list[int]) -> float:
    count = len(classes)
    pairs = list(zip(clusters, classes, strict=True))

    def entropy(values: list) -> float:
        return -sum(values.count(v) / count * math.log(values.count(v) / count) for v in set(values))

    information = 0.0
    for cluster, label in set(pairs):
        p = pairs.count((cluster, label)) / count
        information += p * math.log(p / (clusters.count(cluster) / count * classes.count(label) / count))
    return information / ((entropy(clusters) + entropy(classes)) / 2)


def slow_matched_accuracy(clusters: list[int], classes: list[int]) -> float:
    names, labels = sorted(set(clusters)), sorted(set(classes))
    labels += [-1] * (len(names) - len(labels))
    best = 0
    for chosen in itertools.permutations(labels, len(names)):
        stands_for = dict(zip(names, chosen, strict=True))
        best = max(best, sum(stands_for[c] == label for c, label in zip(clusters, classes, strict=True)))
    return best / len(classes)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sizes", [(4, 3), (3, 3), (2, 5)])
def test_measures_equal_their_slow_twins(seed, sizes):
    clusters, classes = draw(seed, clusters=sizes[0], classes=sizes[1])
    plain = clusters.tolist(), classes.tolist()
    assert score(purity, clusters, classes) == pytest.approx(slow_purity(*plain), abs=1e-12)
    assert score(nmi, clusters, classes) == pytest.approx(slow_nmi(*plain), abs=1e-12)
    assert score(matched_accuracy, clusters, classes) == pytest.approx(slow_matched_accuracy(*plain), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_table_and_nmi_equal_scikit_learn(seed):
    clusters, classes = draw(seed, count=200, clusters=9, classes=6)
    assert contingency(clusters, classes)[0].tolist() == contingency_matrix(clusters, classes).tolist()
    theirs = normalized_mutual_info_score(classes.numpy(), clusters.numpy())
    assert score(nmi, clusters, classes) == pytest.approx(theirs, abs=1e-12)


def test_known_values():
    clusters, classes = torch.tensor([0, 0, 0, 1, 1, 1, 1, 2]), torch.tensor([0, 0, 1, 1, 1, 0, 0, 1])
    assert score(purity, clusters, classes) == (2 + 2 + 1) / 8
    assert score(matched_accuracy, clusters, classes) == 4 / 8  # cluster 2 is left over
    even = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    assert [score(measure, *even) for measure in MEASURES] == [0.5, 0.0, 0.5]


def test_one_cluster_tells_nothing_and_a_cluster_each_is_pure():
    classes = torch.tensor([0, 0, 0, 1])
    one = torch.zeros(4, dtype=torch.long)
    assert [score(measure, one, classes) for measure in MEASURES] == [0.75, 0.0, 0.75]
    assert [score(measure, one, one) for measure in MEASURES] == [1.0, 1.0, 1.0]
    each = torch.arange(4)
    assert score(purity, each, classes) == 1
    assert score(matched_accuracy, each, classes) == 0.5
    assert 0 < score(nmi, each, classes) < 1


def test_names_of_clusters_and_classes_do_not_matter():
    clusters, classes = draw(3)
    renamed = torch.tensor([2, 7, 0, 5])[clusters], torch.tensor([4, 0, 1])[classes]
    for measure in MEASURES:
        assert score(measure, *renamed) == pytest.approx(score(measure, clusters, classes), abs=1e-12)


def test_things_that_weigh_twice_count_like_things_given_twice():
    clusters, classes = draw(4)
    weights = torch.randint(0, 4, (3, 60), generator=torch.Generator().manual_seed(0)).double()
    tables = contingency(clusters, classes, weights=weights)
    for row, times in enumerate(weights.long()):
        given = contingency(clusters.repeat_interleave(times), classes.repeat_interleave(times))
        for measure in MEASURES:
            assert float(measure(tables)[row]) == pytest.approx(float(measure(given)), abs=1e-12)


def test_chance_keeps_both_sizes_and_finds_nothing_in_what_is_random():
    generator = torch.Generator().manual_seed(0)
    clusters, classes = draw(5, count=300, clusters=12)
    tables = chance_tables(clusters, classes, shuffles=40, generator=generator)
    own = contingency(clusters, classes)
    assert (tables.sum(1) == own.sum(1)).all()
    assert (tables.sum(2) == own.sum(2)).all()
    for measure in MEASURES:
        chance = measure(tables)
        assert float(measure(own)) > float(chance.max())
        unrelated = score(measure, clusters, classes[torch.randperm(300, generator=generator)])
        assert float(chance.min()) - 0.03 < unrelated < float(chance.max()) + 0.03


def test_nmi_of_random_clusters_is_not_zero_but_what_theory_says():
    # Miller and Madow: mutual information of unrelated tables is about (K - 1)(L - 1) / 2N
    generator = torch.Generator().manual_seed(0)
    clusters, classes = torch.arange(400) % 10, torch.arange(400) // 10 % 5
    chance = nmi(chance_tables(clusters, classes, shuffles=200, generator=generator)).mean()
    expected = 9 * 4 / 800 / ((math.log(10) + math.log(5)) / 2)
    assert float(chance) == pytest.approx(expected, rel=0.1)


def test_bad_input_is_refused():
    none = torch.zeros(0, dtype=torch.long)
    with pytest.raises(ValueError, match="no things"):
        contingency(none, none)
    with pytest.raises(ValueError, match="classes has -1"):
        contingency(torch.tensor([0, 1]), torch.tensor([0, -1]))
    with pytest.raises(ValueError, match="shuffles is 0"):
        chance_tables(torch.tensor([0]), torch.tensor([0]), shuffles=0, generator=torch.Generator())
