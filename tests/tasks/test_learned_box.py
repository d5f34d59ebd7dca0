from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.metrics.localization import consensus_iou, count_boxes, success_rate
from avlearn.metrics.trivial import centre_box
from avlearn.tasks.learned_box import best_box_of_others

SIZE = 32


def draw(seed: int, count: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randint(17, (count, 2, 2), generator=generator).div(16)
    corners[:, 0] = corners[:, 0] * 0.4
    corners[:, 1] = 1 - 0.4 * corners[:, 1]
    g = count_boxes(corners.flatten(1)[:, None].float(), (SIZE, SIZE))
    return g * torch.tensor([1.0, 0.5])[torch.arange(count) % 2][:, None, None]


def slow_worth(reference: torch.Tensor) -> np.ndarray:
    """Success, with ties broken by overlap, of every box on the grid: (left, top, right, bottom)."""
    worth = np.full((17, 17, 17, 17), -1.0)
    for left, top in np.ndindex(16, 16):
        for right in range(left + 1, 17):
            for bottom in range(top + 1, 17):
                inside = reference[2 * top : 2 * bottom, 2 * left : 2 * right]
                overlap = float(inside.sum() / (reference.sum() + (inside == 0).sum()))
                worth[left, top, right, bottom] = (overlap >= 0.5) + 1e-6 * overlap
    return worth


def test_boxes_are_the_best_for_the_others():
    references = draw(0, count=4)
    boxes, best = best_box_of_others(references.split(3))
    worth = np.stack([slow_worth(reference) for reference in references])
    for row, box in enumerate((boxes * 16).round().long().tolist()):
        others = np.delete(worth, row, axis=0).sum(0)
        assert others[tuple(box)] == pytest.approx(others.max(), abs=1e-8)
    total = worth.sum(0)
    assert total[tuple((best * 16).round().long().tolist())] == pytest.approx(total.max(), abs=1e-8)


def test_a_picture_does_not_choose_its_own_box():
    references = torch.zeros(5, SIZE, SIZE)
    references[:4, 8:24, 8:24] = 1
    references[4, :, :4] = 1
    boxes, best = best_box_of_others([references])
    middle = [0.25, 0.25, 0.75, 0.75]
    assert boxes.tolist() == [middle] * 5
    assert best.tolist() == middle


def test_no_centre_box_is_right_more_often_for_the_others_by_the_metric():
    references = draw(2, count=12)
    boxes, _ = best_box_of_others([references])
    for row, box in enumerate(boxes):
        others = torch.cat([references[:row], references[row + 1 :]])
        drawn = count_boxes(box.view(1, 1, 4), (SIZE, SIZE))
        ours = success_rate(consensus_iou(drawn, others, threshold="max_half"), 0.5)
        for side in (0.25, 0.5, 0.75, 1.0):
            centre = centre_box((SIZE, SIZE), side=side)
            assert ours >= success_rate(consensus_iou(centre, others, threshold="max_half"), 0.5)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="20 x 32"):
        best_box_of_others([torch.ones(3, 20, 32)])
    with pytest.raises(ValueError, match="got 1 picture"):
        best_box_of_others([torch.ones(1, 32, 32)])
