from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.viz import matrix, outline_diagonal


def test_rows_run_down_and_columns_run_right():
    figure = matrix([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], rows=["a", "b"], columns=["p", "q", "r"],
                    axes=("picture", "sound"), alt="Six.")  # fmt: skip
    assert figure.data[0].z.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert figure.layout.yaxis.autorange == "reversed"
    assert (figure.layout.yaxis.title.text, figure.layout.xaxis.title.text) == ("picture", "sound")
    assert (figure.layout.yaxis.ticktext, figure.layout.xaxis.ticktext) == (("a", "b"), ("p", "q", "r"))


def test_zero_is_in_the_middle_of_two_hues():
    cells = matrix(torch.tensor([[-1.0, 3.0]]), alt="Two.").data[0]
    assert (cells.zmin, cells.zmax) == (-3, 3)


def test_amounts_have_one_scale_and_limits_hold():
    assert (
        matrix([[1.0, 3.0]], alt="Two.").data[0].zmin,
        matrix([[1.0, 3.0]], alt="Two.", limits=(0, 9)).data[0].zmax,
    ) == (1, 9)


def test_only_small_matrices_have_numbers():
    assert matrix(np.eye(3), alt="Small.").data[0].texttemplate == "%{z:d}"
    assert matrix(np.eye(3) / 2, alt="Small.").data[0].texttemplate == "%{z:.2f}"
    assert not matrix(np.eye(20), alt="Large.").data[0].texttemplate


def test_true_pairs_are_outlined():
    figure = outline_diagonal(matrix(np.eye(3), alt="Three pairs."))
    assert {(shape.x0, shape.y0) for shape in figure.layout.shapes} == {(i - 0.45, i - 0.45) for i in range(3)}


@pytest.mark.parametrize(
    ("show", "complaint"),
    [
        (lambda: matrix([1.0, 2.0], alt="A."), r"\(rows, columns\)"),
        (lambda: matrix(np.eye(2), rows=["a"], alt="A."), "1 names for 2 rows"),
        (lambda: matrix(np.eye(2), alt=""), "alt"),
    ],
)
def test_refused(show, complaint):
    with pytest.raises(ValueError, match=complaint):
        show()
