"""Feedback names what is wrong."""

from __future__ import annotations

import pytest
import torch

from avlearn.exercises.feedback import compare, feedback

EXPECTED = torch.tensor([1.0, 2.0])


def test_feedback(capsys):
    feedback(True, "look again")
    feedback(False, "look again")
    assert capsys.readouterr().out == "✔ right\n✘ look again\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (torch.tensor([1.0, 2.0]), "✔ right"),
        (torch.tensor([1.0, 2.00001], dtype=torch.float64), "✔ right"),
        (None, "✘ the answer is None"),
        ("two", "✘ the answer is a str"),
        (torch.tensor([2.0, 1.0]), "✘ wrong way round"),
        (torch.tensor([[1.0, 2.0]]), "✘ the answer has shape (1, 2), expected (2,)"),
        (torch.tensor([1.0, torch.nan]), "✘ some of the numbers are not finite"),
        (torch.tensor([1.0, 2.1]), "✘ try again"),
        (3, "✘ the answer has shape (), expected (2,)"),
    ],
)
def test_compare(capsys, answer, said):
    compare(answer, EXPECTED, mistakes={"wrong way round": EXPECTED.flip(0)}, otherwise="try again")
    assert capsys.readouterr().out.startswith(said)


def test_mistakes_may_have_another_shape(capsys):
    compare(torch.tensor(3.0), EXPECTED, mistakes={"don't add": EXPECTED.sum()})
    assert "don't add" in capsys.readouterr().out
