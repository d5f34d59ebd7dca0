from __future__ import annotations

import gzip

import pytest

from avlearn.data.annotation_files import read_ids, read_json


def test_json_is_read_compressed_or_not(tmp_path):
    (tmp_path / "a.json").write_text('{"x": [1]}')
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'{"x": [1]}'))
    assert read_json(tmp_path / "a.json") == read_json(tmp_path / "a.json.gz") == {"x": [1]}


@pytest.mark.parametrize(("name", "content"), [("a.json", b"{"), ("a.json.gz", b"{}"), ("a.json", b"\xff\xfe")])
def test_what_is_no_json_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name} can't be read as JSON"):
        read_json(tmp_path / name)


def test_ids_are_what_lines_begin_with_each_once(tmp_path):
    (tmp_path / "list").write_text("\ufeff12,3\r\n\r\n 34.png\r\n12\n56")
    assert read_ids(tmp_path / "list") == ["12", "34", "56"]
