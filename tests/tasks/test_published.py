from __future__ import annotations

from avlearn.tasks.published import FLICKR_SOUNDNET, NOT_CHECKED


def test_a_row_names_its_source_or_says_that_nobody_checked_it():
    for row in FLICKR_SOUNDNET:
        assert (row.source == NOT_CHECKED) != row.checked


def test_only_what_was_read_at_its_source_is_checked():
    checked = {(row.system, row.ciou, row.auc) for row in FLICKR_SOUNDNET if row.checked}
    assert checked == {
        ("EZ-VSL", 81.93, 62.58),
        ("EZ-VSL", 83.13, 63.06),
        ("whole image, 250 random annotated pairs", 60.8, None),
    }


def test_numbers_are_percentages():
    for row in FLICKR_SOUNDNET:
        assert 1 < row.ciou <= 100
        assert row.auc is None or 1 < row.auc <= 100
