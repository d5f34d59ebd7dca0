from __future__ import annotations

import pytest
import torch

from avlearn.viz.heat import ends, glow, peak, scale_bar


def test_the_coldest_cell_shows_the_picture_and_the_hottest_covers_it():
    cover = glow(torch.tensor([[0.2, 0.6, 1.0]]), 0.2, 1.0)[0, :, 3]
    assert cover[0] == 0
    assert cover[0] < cover[1] < cover[2] == 230


def test_zero_covers_nothing_between_ends_of_both_signs():
    cells = glow(torch.tensor([[-1.0, 0.0, 1.0]]), -1.0, 1.0)[0]
    assert cells[:, 3].tolist() == [230, 0, 230]
    assert cells[0, 2] > cells[0, 0]  # blue below zero
    assert cells[2, 0] > cells[2, 2]  # warm above


def test_values_beyond_the_ends_are_cut():
    cells = glow(torch.tensor([[-9.0, 9.0]]), 0.0, 1.0)[0]
    assert cells[:, 3].tolist() == [0, 230]


def test_a_flat_map_is_no_division_by_zero():
    assert glow(torch.ones(2, 2), 1.0, 1.0)[..., 3].max() == 0


def test_ends_are_the_extremes_unless_asked():
    heat = torch.tensor([[1.0, 3.0]])
    assert ends(heat, None) == (1, 3)
    assert ends(heat, (0, 9)) == (0, 9)


def test_refused():
    with pytest.raises(ValueError, match="finite"):
        ends(torch.tensor([[float("nan")]]), None)
    with pytest.raises(ValueError, match="cold end"):
        ends(torch.zeros(1, 1), (1, 0))


def test_peak_is_the_middle_of_the_hottest_cell():
    heat = torch.zeros(2, 4)
    heat[1, 3] = 1
    assert peak(heat, (10, 20, 40, 40)) == (45, 50)


def test_scale_tells_both_ends_with_a_true_minus():
    assert ">−0.5</text>" in "".join(scale_bar(-0.5, 1.0, width=200, top=0))
