from __future__ import annotations

from xml.etree import ElementTree

import pytest

from avlearn.viz.markup import Html, described, figure, gallery, image, side_by_side

PIECES = [Html("<b>one</b>", "first"), Html("<i>two</i>", "second")]


def test_a_notebook_shows_the_markup_and_a_terminal_the_words():
    piece = PIECES[0]
    assert piece._repr_html_() == str(piece) == "<b>one</b>"
    assert repr(piece) == "first"


@pytest.mark.parametrize(
    "together", [gallery(PIECES, caption="Both <here>"), side_by_side(*PIECES, caption="Both <here>")]
)
def test_pieces_keep_their_order_and_their_words(together):
    tree = ElementTree.fromstring(together.markup)
    assert [element.text for element in tree.iter() if element.tag in ("b", "i")] == ["one", "two"]
    assert tree.find("figcaption").text == "Both <here>"
    assert together.text == "Both <here>\nfirst\nsecond"


def test_galleries_nest():
    ElementTree.fromstring(gallery([side_by_side(*PIECES), gallery(PIECES, columns=1)]).markup)


def test_refused():
    with pytest.raises(ValueError, match="pieces"):
        gallery([])
    with pytest.raises(ValueError, match="columns=0"):
        gallery(PIECES, columns=0)
    with pytest.raises(ValueError, match="no pieces"):
        side_by_side()
    with pytest.raises(ValueError, match="scene got alt=''"):
        described("", what="scene")


def test_an_empty_caption_leaves_no_trace():
    assert "figcaption" not in figure("<b/>", kind="picture", caption="")


def test_quotes_in_the_description_stay_in_the_description():
    assert ElementTree.fromstring(image("data:,", alt='x" onerror="y')).attrib["alt"] == 'x" onerror="y'
