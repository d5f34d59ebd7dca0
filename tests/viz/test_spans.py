from __future__ import annotations

import pytest

from avlearn.viz import curves, mark_spans

SPANS = {"one source": range(0, 4), "several sources": range(4, 6)}


def marked(spans):
    return mark_spans(curves({"auc": (range(7), range(7))}, x="step", y="AUC", alt="It rises."), spans)


def test_every_span_is_shaded_and_named_and_begins_with_a_line():
    figure = marked(SPANS)
    shades = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert [(shade.x0, shade.x1) for shade in shades] == [(0, 4), (4, 6)]
    assert [line.x0 for line in lines] == [4]
    assert [words.text for words in figure.layout.annotations] == ["one source", "several sources"]
    assert {shade.layer for shade in shades} == {"below"}


def test_the_figure_keeps_its_curves_and_its_words():
    figure = marked(SPANS)
    assert figure.data[0].y.tolist() == list(range(7))
    assert figure.layout.meta["alt"] == "It rises."


@pytest.mark.parametrize("spans", [{}, {"none": range(3, 3)}])
def test_spans_hold_something(spans):
    with pytest.raises(ValueError, match="at least one span"):
        marked(spans)
