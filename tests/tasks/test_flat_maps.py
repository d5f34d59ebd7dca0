from __future__ import annotations

from typing import get_args

import pytest
import torch

from avlearn.metrics.localization import Threshold, consensus, consensus_iou
from avlearn.metrics.trivial import centre_box, centred_disc, whole_image
from avlearn.tasks.flat_maps import flat_ious

SIZE = (20, 20)


def references() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand(12, 3, 2, generator=generator) * 0.6
    boxes = torch.cat([corners, corners + 0.15 + 0.5 * torch.rand(12, 3, 2, generator=generator)], dim=2)
    return consensus(boxes, SIZE)


@pytest.mark.parametrize("rule", get_args(Threshold))
def test_one_product_equals_the_metric_for_every_pair(rule):
    g = references()
    regions = torch.cat([whole_image(SIZE), centre_box(SIZE), centre_box(SIZE, side=0.9), centred_disc(SIZE)])
    ours = flat_ious(regions, g, threshold=rule)
    assert ours.shape == (12, 4)
    for column, region in zip(ours.T, regions, strict=True):
        theirs = consensus_iou(region[None], g, threshold=rule)
        assert column.tolist() == pytest.approx(theirs.tolist(), abs=1e-6)


def test_known_shares():
    g = torch.zeros(1, *SIZE)
    g[0, 5:10, 5:15] = 1  # half of the middle box
    middle = centre_box(SIZE)
    assert float(flat_ious(middle, g, threshold="max_half")) == 0.5
    # As many as the reference has, out of the box: half of them are right
    assert float(flat_ious(middle, g, threshold="true_area")) == pytest.approx(25 / 75)
    # All of the box, and as many again out of the rest
    assert float(flat_ious(middle, g, threshold="top_half")) == pytest.approx(50 / 200)
