from __future__ import annotations

import json
import sys

import pytest
from ipywidgets.embed import dependency_state, embed_data

from avlearn.viz import Html, curves, matrix, scrub, slider

PANES = [Html("<b>one</b>", "one"), Html("<b>two</b>", "two"), Html("<b>three</b>", "three")]


def test_the_link_runs_in_the_browser():
    box = slider(PANES, ["0", "5", "<10>"], description="epoch")
    handle, stack = box.children
    state = embed_data(views=[box], state=dependency_state([box]))["manager_state"]["state"]
    (link,) = [widget["state"] for widget in state.values() if widget["model_name"] == "LinkModel"]
    assert link["source"] == [f"IPY_MODEL_{handle.model_id}", "index"]
    assert link["target"] == [f"IPY_MODEL_{stack.model_id}", "selected_index"]
    assert state[handle.model_id]["model_name"] == "SelectionSliderModel"
    assert state[stack.model_id]["model_name"] == "StackModel"
    assert state[handle.model_id]["state"]["description"] == "epoch"
    assert (handle.index, stack.selected_index) == (0, 0)


def test_a_page_carries_little_more_than_the_panes():
    panes = [Html("x" * 50_000, "")] * 4
    box = slider(panes, list("abcd"), description="epoch")
    data = embed_data(views=[box], state=dependency_state([box]))
    assert 200_000 < len(json.dumps(data["manager_state"])) < 220_000


def test_panes_are_as_wide_as_the_page():
    _, stack = slider(PANES, ["0", "5", "<10>"], description="epoch").children
    assert {part.layout.width for part in (stack, *stack.children)} == {"100%"}


def test_each_pane_repeats_its_label():
    _, stack = slider(PANES, ["0", "5", "<10>"], description="epoch").children
    assert "epoch: 5" in stack.children[1].value
    assert "epoch: &lt;10&gt;" in stack.children[2].value
    assert "<b>three</b>" in stack.children[2].value


@pytest.mark.parametrize(
    ("panes", "labels", "description", "complaint"),
    [
        (PANES[:1], ["0"], "epoch", "two or more"),
        (PANES, ["0", "1"], "epoch", "3 panes and 2 labels"),
        (PANES, ["0", "1", "2"], " ", "description"),
        ([Html("x" * 800_000, "")] * 2, ["0", "1"], "epoch", r"1\.6 MB"),
    ],
)
def test_refused(panes, labels, description, complaint):
    with pytest.raises(ValueError, match=complaint):
        slider(panes, labels, description=description)


def test_without_ipywidgets_the_error_tells_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ImportError, match=r"avlearn\[widgets\]"):
        slider(PANES, ["0", "1", "2"], description="epoch")


def test_scrub_has_a_step_for_every_figure_and_room_for_all():
    steps = [curves({"a": ([0, 1], [0, top])}, x="x", y="y", alt="One line.") for top in (1, 4)]
    figure = scrub(steps, ["0", "1"], description="epoch", alt="A line that rises.")
    assert [frame.name for frame in figure.frames] == ["0", "1"]
    assert [step.args[0] for step in figure.layout.sliders[0].steps] == [("0",), ("1",)]
    assert figure.frames[1].data[0].y[1] == 4
    low, high = figure.layout.yaxis.range
    assert low < 0
    assert high > 4
    assert figure.layout.meta["alt"] == "A line that rises."


def test_scrub_of_matrices_leaves_the_axes_alone():
    steps = [matrix([[0.0, value]], alt="Two cells.") for value in (1.0, 2.0)]
    assert scrub(steps, ["0", "1"], description="epoch", alt="Cells.").layout.xaxis.range is None


def test_scrub_refuses():
    step = curves({"a": ([0, 1], [0, 1])}, x="x", y="y", alt="One line.")
    two = curves({"a": ([0, 1], [0, 1]), "b": ([0, 1], [0, 1])}, x="x", y="y", alt="Two lines.")
    for figures, labels in (([], []), ([step], ["0", "1"]), ([step, two], ["0", "1"])):
        with pytest.raises(ValueError, match="one label for each"):
            scrub(figures, labels, description="epoch", alt="Lines.")
