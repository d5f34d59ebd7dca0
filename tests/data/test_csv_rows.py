from __future__ import annotations

import pytest

from avlearn.data.csv_rows import read_rows


@pytest.fixture
def write(tmp_path):
    def written(text: str, encoding: str = "utf-8"):
        path = tmp_path / "list.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return written


def test_columns_are_found_by_name(write):
    rows = list(read_rows(write('\ufefflabel,n\r\n"bird chirping, tweeting",3\r\n\r\ndog, 4\r\n'), ["n", "label"]))
    assert [(row.line, row.text("label"), row.number("n")) for row in rows] == [
        (2, "bird chirping, tweeting", 3.0),
        (4, "dog", 4.0),
    ]


def test_what_looks_like_a_comment_may_be_a_name(write):
    rows = list(read_rows(write("path, n\n#1.mp4,1\n 2.mp4,2\n"), ["path", "n"]))
    assert [(row.text("path"), row.number("n")) for row in rows] == [("#1.mp4", 1.0), (" 2.mp4", 2.0)]


def test_without_a_head_columns_are_named_and_comments_passed_over(write):
    path = write('# made today\n# YTID, start, labels\n--4gqARaEJE, 0.000, "/m/068hy,/m/07q6cd_"\n')
    (row,) = read_rows(path, ["id", "start", "labels"], head=False)
    assert (row.line, row.values) == (3, {"id": "--4gqARaEJE", "start": "0.000", "labels": "/m/068hy,/m/07q6cd_"})


@pytest.mark.parametrize(("text", "problem"), [
    ("label\ndog\n", r"list\.csv has no column n; get the list"),
    ("", r"list\.csv has no column label, n; get the list"),
    ("label,n\ndog,1\ncat\n", r"line 3 of .*list\.csv has 1 of 2 fields: label,n"),
    ("label,n\ndog,one\n", r"line 2 of .*list\.csv has the n 'one'; give a number"),
    ("label,n\ndog,\n", r"line 2 of .*list\.csv has the n ''; give a number"),
    ("label,n\n,1\n", r"line 2 of .*list\.csv has no label"),
    ('label,n\n"dog,1\n', r"line 2 of .*list\.csv has 1 of 2 fields"),
])  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(write, text, problem):
    path = write(text)
    with pytest.raises(ValueError, match=problem):
        [(row.text("label"), row.number("n")) for row in read_rows(path, ["label", "n"], remedy="get the list")]


def test_a_file_that_is_none_or_no_csv_is_refused(write, tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.csv is missing; get it"):
        list(read_rows(tmp_path / "nowhere.csv", ["n"], remedy="get it"))
    with pytest.raises(ValueError, match=r"is no csv file in UTF-8 .*; get it"):
        list(read_rows(write("näh,n\nä,1\n", "latin-1"), ["n"], remedy="get it"))
