from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest
import torch

from avlearn.viz.look import array, finished


def test_a_finished_figure_is_described_and_leaves_plotly_as_it_was():
    before = plotly.io.templates.default
    figure = finished(go.Figure(), alt=" A line. ", title="Loss", height=200)
    assert figure.layout.meta == {"alt": "A line."}
    assert (figure.layout.title.text, figure.layout.height) == ("Loss", 200)
    assert plotly.io.templates.default == before


def test_an_undescribed_figure_is_refused():
    with pytest.raises(ValueError, match="alt"):
        finished(go.Figure(), alt="")


@pytest.mark.parametrize("numbers", [[1, 2], np.array([1, 2]), torch.tensor([1.0, 2.0], requires_grad=True)])
def test_numbers_come_from_anywhere(numbers):
    assert array(numbers).tolist() == [1, 2]
