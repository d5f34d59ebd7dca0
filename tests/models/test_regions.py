"""Regions: known values, slow references, hills by a plain loop, and what is refused."""

from __future__ import annotations

import math

import pytest
import torch

from avlearn.models.regions import at_points, hills, in_boxes, pool


def random(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def test_pool_is_the_weighted_mean_as_a_unit_vector():
    features, weights = random(2, 5, 3, 4), random(2, 6, 3, 4)
    found = pool(features, weights)
    for b in range(2):
        for m in range(6):
            mean = (features[b].double() * weights[b, m].double()).sum((1, 2)) / weights[b, m].double().sum()
            torch.testing.assert_close(found[b, m].double(), mean / mean.norm(), atol=1e-6, rtol=0)


def test_pool_does_not_change_with_the_scale_of_weights_or_features():
    features, weights = random(1, 5, 3, 4), random(1, 2, 3, 4)
    torch.testing.assert_close(pool(7 * features, 0.1 * weights), pool(features, weights))
    assert not pool(features, 0 * weights).any()


def test_points_by_a_plain_loop():
    points, (h, w), spread = random(2, 3, 2), (4, 5), 0.1
    found = at_points(points, size=(h, w), spread=spread)
    for b in range(2):
        for m in range(3):
            for i in range(h):
                for j in range(w):
                    x, y = points[b, m].tolist()
                    squared = ((j + 0.5) / w - x) ** 2 + ((i + 0.5) / h - y) ** 2
                    assert float(found[b, m, i, j]) == pytest.approx(math.exp(-squared / (2 * spread**2)), abs=1e-5)


def test_boxes_cover_their_own_area_and_nothing_outside():
    boxes = torch.tensor([[[0.1, 0.2, 0.55, 0.9], [0.0, 0.0, 1.0, 1.0], [0.5, 0.5, 0.51, 0.52]]])
    found = in_boxes(boxes, size=(5, 4))
    torch.testing.assert_close(found.mean((2, 3))[0], torch.tensor([0.45 * 0.7, 1.0, 0.01 * 0.02]))
    assert float(found[0, 0, 0].max()) == 0
    assert found.min() >= 0


def slow_hills(heat, most, least, apart):
    h, w = heat.shape
    cells = sorted(((float(heat[i, j]), i, j) for i in range(h) for j in range(w)), key=lambda cell: -cell[0])
    tops = []
    for value, i, j in cells:
        near = [math.hypot((j - b) / w, (i - a) / h) < apart for _, a, b in tops]
        if not any(near) and len(tops) < most and value > 0 and value >= least * cells[0][0]:
            tops.append((value, i, j))
    return tops


def test_hills_by_a_plain_loop():
    heat = random(6, 7, 5)
    found = hills(heat, most=3, least=0.6, apart=0.35)
    for row in range(6):
        tops = slow_hills(heat[row], 3, 0.6, 0.35)
        assert int(found.there[row].sum()) == len(tops)
        for place, (value, i, j) in enumerate(tops):
            assert float(found.heights[row, place]) == pytest.approx(value)
            torch.testing.assert_close(found.points[row, place], torch.tensor([(j + 0.5) / 5, (i + 0.5) / 7]))


def test_a_flat_map_has_one_hill_at_a_time_and_an_empty_one_none():
    assert hills(torch.ones(1, 3, 3), most=9, least=1.0, apart=1.0).there.sum() == 1
    assert not hills(torch.zeros(1, 4, 4), most=2, least=0.0).there.any()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: at_points(torch.tensor([[[1.2, 0.0]]]), size=(2, 2)), "places reach from 0.0 to 1.2"),
        (lambda: at_points(torch.zeros(1, 1, 2), size=(2, 2), spread=0.0), "spread is 0.0"),
        (lambda: in_boxes(torch.tensor([[[-0.5, 0.0, 1.0, 1.0]]]), size=(2, 2)), "places reach from -0.5"),
        (lambda: in_boxes(torch.tensor([[[0.5, 0.0, 0.5, 1.0]]]), size=(2, 2)), "a box has no area"),
        (lambda: hills(torch.ones(1, 2, 2), most=0, least=0.5), "most=0"),
        (lambda: hills(torch.ones(1, 2, 2), most=1, least=1.5), "least=1.5"),
    ],
)
def test_refuses_what_is_no_region(call, said):
    with pytest.raises(ValueError, match=said):
        call()
