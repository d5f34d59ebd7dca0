"""The index is read back as it was written, and refused if it is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from avlearn.data.shard_index import Shard, ShardIndex, ShardSettings

SHARDS = tuple(
    Shard(
        name=f"clips-{k:06}.tar", first=3 * k, clips=3 - k, bytes=100 + k, sha256=f"{k}" * 64, lost=((3 * k, "gone"),)
    )
    for k in range(3)
)
INDEX = ShardIndex(settings=ShardSettings(short_side=64), shards=SHARDS)


def test_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    INDEX.write(tmp_path / "index.json")
    text = (tmp_path / "index.json").read_text()
    assert ShardIndex.parse(text, place="here") == INDEX
    assert json.loads(text)["clips"] == len(INDEX) == 6


def test_some_of_the_shards() -> None:
    some = INDEX.only(["clips-000002.tar", "clips-000000.tar"])
    assert [shard.first for shard in some.shards] == [6, 0]
    assert len(some) == 4
    with pytest.raises(ValueError, match=r"has no shard other\.tar; it has clips-000000\.tar to clips-000002\.tar"):
        INDEX.only(["other.tar"])
    with pytest.raises(ValueError, match="no shards is empty"):
        INDEX.only([])


def test_fingerprint_follows_content_and_order() -> None:
    changed = ShardIndex(settings=INDEX.settings, shards=(replace(SHARDS[0], sha256="f" * 64), *SHARDS[1:]))
    turned = ShardIndex(settings=INDEX.settings, shards=SHARDS[::-1])
    assert len({index.fingerprint for index in (INDEX, changed, turned)}) == 3
    assert INDEX.fingerprint == ShardIndex(settings=ShardSettings(), shards=SHARDS).fingerprint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "here has version 2, this is written for 1"),
        ({"shards": None}, "here is no index of shards"),
        ({"settings": {"side": 3}}, "here is no index of shards"),
        ({"shards": [{"name": "a"}]}, r"here is no index of shards \(KeyError: 'lost'\)"),
        ({"shards": []}, "no shards is empty"),
    ],
)
def test_what_is_no_index_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    INDEX.write(tmp_path / "index.json")
    content = json.loads((tmp_path / "index.json").read_text())
    with pytest.raises(ValueError, match=message):
        ShardIndex.parse(json.dumps(content | change), place="here")


@pytest.mark.parametrize("text", ["", "[]", "<html>", "{}"])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="here is no index of shards"):
        ShardIndex.parse(text, place="here")


@pytest.mark.parametrize(
    ("name", "value"),
    [("short_side", 0), ("short_side", 63), ("frame_rate", -1.0), ("sample_rate", 0), ("clips_per_shard", 0)],
)
def test_settings_that_make_no_sense_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        ShardSettings(**{name: value})  # type: ignore[arg-type]
