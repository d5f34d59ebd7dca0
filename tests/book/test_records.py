"""Records of runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import records

RECORD = records.Record(
    profile="book",
    device="CPU, 2 cores",
    minutes=1.5,
    peak_memory_mib=700.0,
    date="2026-01-02",
    versions={"torch": "2.4"},
    parameters={"profile": "book"},
    digest="0" * 64,
)
PAGE = "notebooks/01_a"


def _write(record: records.Record, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    record.write(path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    _write(RECORD, tmp_path / "a.json")
    assert records.read(tmp_path / "a.json") == RECORD


def test_absent_and_older_records_are_none(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"profile": "book"}')
    (tmp_path / "cut.json").write_text('{"profile": ')
    assert [records.read(tmp_path / name) for name in ("absent.json", "old.json", "cut.json")] == [None] * 3


def test_fresh_record_goes_before_the_kept_one(tmp_path: Path) -> None:
    kept = replace(RECORD, profile="gpu", device="a card", minutes=9.0)
    _write(kept, records.kept_path(tmp_path, "gpu", PAGE))
    _write(RECORD, records.record_path(tmp_path, "book", PAGE))
    assert records.all_records(tmp_path, PAGE) == {"book": RECORD, "gpu": kept}
    _write(replace(kept, minutes=8.0), records.record_path(tmp_path, "gpu", PAGE))
    assert records.all_records(tmp_path, PAGE)["gpu"].minutes == 8.0
