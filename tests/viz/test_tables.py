from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from avlearn.viz.tables import shown, table

ROWS = [
    {"method": "ours <3", "pointing": [0.8, 0.9], "seconds": 41.4},
    {"method": "centre", "pointing": 0.4, "seconds": None},
]


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, "–"),
        ("text", "text"),
        (7, "7"),
        (True, "True"),
        (0.12345, "0.123"),
        (-0.5, "−0.500"),
        (np.float32(0.5), "0.500"),
        (torch.tensor(0.25), "0.250"),
        ([1.0, 2.0, 3.0], "2.000 ± 1.000"),
        (torch.tensor([1.0, 3.0]), "2.000 ± 1.414"),
        ([0.5], "0.500"),
    ],
)
def test_values_as_printed(value, printed):
    assert shown(value, decimals=3) == printed


def test_a_screen_reader_finds_caption_heads_and_cells():
    tree = ElementTree.fromstring(table(ROWS, caption="Fresh & new", note="± deviation").markup)
    assert tree.find(".//caption").text == "Fresh & new"
    assert [head.text for head in tree.findall(".//th[@scope='col']")] == ["method", "pointing", "seconds"]
    assert [head.text for head in tree.findall(".//th[@scope='row']")] == ["ours <3", "centre"]
    assert [cell.text for cell in tree.findall(".//td")] == ["0.850 ± 0.071", "41.400", "0.400", "–"]
    assert tree.find("figcaption").text == "± deviation"


def test_the_best_is_said_as_well_as_shown():
    html = table(ROWS, caption="Fresh", best={"pointing": "highest", "seconds": "lowest"}, decimals={"seconds": 0})
    assert html.text.splitlines()[2:] == ["ours <3 | 0.850 ± 0.071 (best) | 41 (best)", "centre | 0.400 | –"]
    best = ElementTree.fromstring(html.markup).findall(".//strong")
    assert [element.text for element in best] == ["0.850 ± 0.071", "41"]


def test_columns_choose_and_order():
    assert table(ROWS, caption="Fresh", columns=["seconds", "method"]).text.splitlines()[1] == "seconds | method"


@pytest.mark.parametrize(
    ("rows", "settings", "complaint"),
    [
        ([], {"caption": "Fresh"}, "0 rows"),
        (ROWS, {"caption": " "}, "caption"),
        (ROWS, {"caption": "Fresh", "columns": ["points"]}, "'points'"),
        (ROWS, {"caption": "Fresh", "best": {"points": "highest"}}, "'points'"),
    ],
)
def test_refused(rows, settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        table(rows, **settings)
