"""Shards in a folder, and shards at an address that come through a folder of bounded size."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from avlearn.data.shard_index import Shard
from avlearn.data.shard_places import ShardCache, ShardFolder, find_shards, is_shards
from avlearn.download import sha256_of

if TYPE_CHECKING:
    from tests.data.conftest import Site

NAMES = [f"clips-{number:06}.tar" for number in range(4)]


@pytest.fixture
def served(site: Site, sharded: Path) -> Site:
    shutil.copytree(sharded, site.folder)
    return site


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("", NAMES),
        ("/", NAMES),
        ("/index.json", NAMES),
        ("/clips-000002.tar", NAMES[2:3]),
        ("/clips-{000001..000002}.tar", NAMES[1:3]),
        ("/clips-{000003,000000}.tar", [NAMES[3], NAMES[0]]),
        ("/clips-*.tar", NAMES),
        ("/clips-00000[13].tar", [NAMES[1], NAMES[3]]),
    ],
)
@pytest.mark.parametrize("remote", [False, True])
def test_shards_are_found(sharded: Path, served: Site, where: str, names: list[str], remote: bool) -> None:
    index, place = find_shards((served.address if remote else str(sharded)) + where, cache=sharded.parent / "cache")
    assert [shard.name for shard in index.shards] == names
    assert isinstance(place, ShardCache if remote else ShardFolder)
    assert served.asked == (["index.json"] if remote else [])


def test_a_folder_gives_its_own_files(sharded: Path) -> None:
    index, place = find_shards(sharded)
    assert place.path(index.shards[1]) == sharded / NAMES[1]


def test_a_folder_that_lacks_a_shard_or_has_half_of_it(sharded: Path, tmp_path: Path) -> None:
    shutil.copytree(sharded, tmp_path / "copy")
    index, place = find_shards(tmp_path / "copy")
    (tmp_path / "copy" / NAMES[0]).unlink()
    (tmp_path / "copy" / NAMES[1]).write_bytes(b"half")
    with pytest.raises(FileNotFoundError, match=r"the index lists .*clips-000000\.tar, which isn't there"):
        place.path(index.shards[0])
    with pytest.raises(ValueError, match=rf"has 4 bytes, its index says {index.shards[1].bytes}; copy it again"):
        place.path(index.shards[1])


def test_nothing_there(tmp_path: Path, served: Site) -> None:
    with pytest.raises(FileNotFoundError, match=r"index\.json is not there; write shards by `avlearn prepare"):
        find_shards(tmp_path / "nowhere")
    with pytest.raises(ConnectionError, match=r"can't get .*/nowhere/index\.json \(Not Found\)"):
        find_shards(f"{served.address}/nowhere")
    with pytest.raises(ValueError, match=r"the index has no shard clips-000009\.tar"):
        find_shards(f"{served.address}/clips-000009.tar")


def test_each_shard_comes_once_and_whole(served: Site, sharded: Path, tmp_path: Path) -> None:
    index, place = find_shards(served.address, cache=tmp_path / "cache")
    served.breaks[NAMES[1]] = 1000
    for _ in range(2):
        for shard in index.shards[:2]:
            assert place.path(shard).read_bytes() == (sharded / shard.name).read_bytes()
    assert served.asked == ["index.json", NAMES[0], NAMES[1], NAMES[1]], "the rest of the one that broke off, no more"
    assert find_shards(served.address, cache=tmp_path / "cache")[1].path(index.shards[0]).is_file()
    assert served.asked.count(NAMES[0]) == 1, "another run finds it"


def test_what_came_wrong_is_not_kept(served: Site, tmp_path: Path) -> None:
    index, place = find_shards(served.address, cache=tmp_path / "cache")
    (served.folder / NAMES[0]).write_bytes(b"something else")
    with pytest.raises(ValueError, match="SHA-256"):
        place.path(index.shards[0])
    assert not list((tmp_path / "cache").glob("*.tar*"))


def test_the_longest_unused_makes_room(served: Site, tmp_path: Path) -> None:
    index, _ = find_shards(served.address)
    cache = ShardCache(f"{served.address}/", tmp_path / "cache", sum(shard.bytes for shard in index.shards[:2]) + 100)
    paths = [cache.path(shard) for shard in index.shards[:2]]
    os.utime(paths[0], (1, 1))
    os.utime(paths[1], (2, 2))
    cache.path(index.shards[0])
    cache.path(index.shards[3])  # the last one, of two clips, is smaller
    assert (paths[0].exists(), paths[1].exists()) == (True, False)
    assert sum(path.stat().st_size for path in (tmp_path / "cache").glob("*.tar")) <= cache.limit
    assert sha256_of(cache.path(index.shards[1])) == index.shards[1].sha256, "it comes again"


def test_a_shard_larger_than_the_cache_is_refused(served: Site, tmp_path: Path) -> None:
    index, place = find_shards(served.address, cache=tmp_path / "cache", cache_bytes=10)
    with pytest.raises(ValueError, match=r"the cache has 10 bytes, clips-000000\.tar alone"):
        place.path(index.shards[0])


def test_many_who_want_a_shard_bring_it_once(served: Site, tmp_path: Path) -> None:
    index, place = find_shards(served.address, cache=tmp_path / "cache")
    found: list[str] = []

    def want(shard: Shard) -> None:
        found.append(sha256_of(place.path(shard)))

    threads = [threading.Thread(target=want, args=(index.shards[0],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [index.shards[0].sha256] * 4
    assert served.asked == ["index.json", NAMES[0]]


def test_shards_are_told_from_other_data(sharded: Path, shelf: Path) -> None:
    assert all(map(is_shards, (sharded, f"{sharded}/index.json", f"{sharded}/clips-*.tar", "https://a.org/shards")))
    assert not any(map(is_shards, (shelf, shelf / "good.mp4", "clips.csv")))


def test_cache_of_the_user(served: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    index, place = find_shards(served.address)
    assert place.path(index.shards[0]).parent == tmp_path / "xdg" / "avlearn" / "shards"
