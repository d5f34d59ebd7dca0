"""An interval decides a claim only where all of it lies on one side."""

from __future__ import annotations

import pytest

from avlearn.tasks.verdicts import decide, ends_in_words, signed, verdicts


@pytest.mark.parametrize(
    ("ends", "nothing", "verdict"),
    [
        ([0.01, 0.2], 0.0, "confirmed"),
        ([-0.2, -0.01], 0.0, "refuted"),
        ([-0.2, 0.2], 0.0, "open"),
        ([0.0, 0.2], 0.0, "open"),
        ([-0.2, 0.0], 0.0, "open"),
        ([0.5, 0.9], 1.0, "refuted"),
        ([0.9, 1.1], 1.0, "open"),
        ([1.1, 39.0], 1.0, "confirmed"),
        (None, 0.0, "open"),
    ],
)
def test_the_whole_interval_decides(ends, nothing, verdict):
    assert decide(ends, nothing=nothing) == verdict


def test_verdicts_are_counted_also_where_there_are_none():
    rows = [{"verdict": kind} for kind in ("open", "refuted", "open", "confirmed", "open")]
    assert verdicts(rows) == "1 confirmed, 1 refuted, 3 open"
    assert verdicts([]) == "0 confirmed, 0 refuted, 0 open"


def test_numbers_in_words_have_a_real_minus():
    assert ends_in_words([-0.1234, -0.02]) == "−0.123 to −0.020"
    assert ends_in_words(None) is None
    assert (signed(-0.5), signed(0.0), signed(2.0)) == ("−0.500", "+0.000", "+2.000")
