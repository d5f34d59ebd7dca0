"""Where shards lie: a folder, or an address whose shards are brought into a bounded folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from filelock import FileLock

from avlearn.data.shard_index import INDEX, Shard, ShardIndex
from avlearn.download import download

CACHE_BYTES = 20 * 2**30
"""What a cache holds at most, where nothing else is said."""
TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as broken."""


@dataclass(frozen=True)
class ShardFolder:
    """Shards in a folder of this machine, or of a network drive."""

    folder: Path

    def path(self, shard: Shard) -> Path:
        """The file of a shard.

        Raises:
            FileNotFoundError: it isn't there.
            ValueError: it has another size than the index says.
        """
        path = self.folder / shard.name
        if not path.is_file():
            raise FileNotFoundError(f"the index lists {path}, which isn't there; copy it again")
        if (size := path.stat().st_size) != shard.bytes:
            raise ValueError(f"{path} has {size} bytes, its index says {shard.bytes}; copy it again")
        return path


@dataclass(frozen=True)
class ShardCache:
    """Shards at an address, each brought when it is asked for and kept until others need its room.

    Processes and runs may share the folder: files are named by their hash, and one process at a time brings a shard.

    Raises:
        ValueError: there is not even room for one shard.
    """

    address: str
    """Of the folder that holds the index, ending in a slash."""
    folder: Path
    """Of this machine; made if need be."""
    limit: int = CACHE_BYTES
    """Bytes that the folder holds at most; those that were not used for the longest time go first."""

    def path(self, shard: Shard) -> Path:
        """The file of a shard; downloaded if it isn't here, which goes on where it broke off.

        Raises:
            ConnectionError: it can't be had.
            ValueError: what came has another hash, or is larger than the cache.
        """
        path = self.folder / f"{shard.sha256}.tar"
        try:
            os.utime(path)  # the time of the last use
        except FileNotFoundError:
            self._bring(shard, path)
        return path

    def _bring(self, shard: Shard, path: Path) -> None:
        if shard.bytes > self.limit:
            raise ValueError(f"the cache has {self.limit} bytes, {shard.name} alone {shard.bytes}; give it more")
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if not path.is_file():
                self._make_room(shard.bytes)
                download(self.address + shard.name, path, sha256=shard.sha256, timeout=TIMEOUT)

    def _make_room(self, needed: int) -> None:
        with FileLock(self.folder / "room.lock"):
            oldest_first = sorted(self._held())
            held = sum(size for _, size, _ in oldest_first)
            for _, size, path in oldest_first:
                if held + needed <= self.limit:
                    return
                # Whoever reads it now keeps it open; whoever comes later brings it again
                path.unlink(missing_ok=True)
                path.with_suffix(".lock").unlink(missing_ok=True)
                held -= size

    def _held(self) -> Iterator[tuple[float, int, Path]]:
        for path in self.folder.glob("*.tar"):
            try:
                state = path.stat()
            except FileNotFoundError:
                continue  # another process has just made room
            yield state.st_mtime, state.st_size, path


ShardPlace: TypeAlias = ShardFolder | ShardCache
"""Where the files of shards come from."""


def find_shards(
    where: Path | str, *, cache: Path | str | None = None, cache_bytes: int = CACHE_BYTES
) -> tuple[ShardIndex, ShardPlace]:
    """The index of shards, and the place that has their files.

    Args:
        where: a folder, or the address (`http://` or `https://`) of one, that holds the index; the index itself; or
            some of the shards beside it, such as `clips-{000000..000007}.tar` or `clips-0000*.tar`.
        cache: folder that keeps what comes from an address; by default `avlearn/shards` in the user's cache.
        cache_bytes: what that folder holds at most.

    Raises:
        FileNotFoundError: nothing is there.
        ConnectionError: the index can't be had.
        ValueError: it is no index, or doesn't list these shards.
    """
    address = str(where)
    parent, _, last = address.rpartition("/")
    named = last.endswith(".tar")
    if urlsplit(address).scheme in ("http", "https"):
        base = (parent if named or last == INDEX else address.rstrip("/")) + "/"
        index = ShardIndex.parse(_fetched(base + INDEX), place=base + INDEX)
        folder = _user_cache() if cache is None else Path(cache)
        place: ShardPlace = ShardCache(base, folder, cache_bytes)
    else:
        base_folder = Path(where).parent if named or last == INDEX else Path(where)
        index = _read(base_folder / INDEX)
        place = ShardFolder(base_folder)
    return (_some(index, address) if named else index), place


def is_shards(where: Path | str) -> bool:
    """Whether this is where shards lie, by its name or by an index there."""
    address = str(where)
    remote = urlsplit(address).scheme in ("http", "https")
    return remote or address.endswith((".tar", f"/{INDEX}")) or (Path(where) / INDEX).is_file()


def _some(index: ShardIndex, pattern: str) -> ShardIndex:
    """The shards that a pattern names, with braces or with wildcards."""
    # Imported when needed: it looks for many other packages
    from webdataset.shardlists import expand_urls

    names: list[str] = []
    for path in expand_urls(pattern):
        name = path.rpartition("/")[2]
        matching = [shard.name for shard in index.shards if fnmatchcase(shard.name, name)]
        names += matching or [name]
    return index.only(names)


def _read(path: Path) -> ShardIndex:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; write shards by `avlearn prepare SOURCE --out DIR --shards`")
    return ShardIndex.parse(path.read_text(encoding="utf-8"), place=str(path))


def _fetched(address: str) -> str:
    try:
        with urlopen(address, timeout=TIMEOUT) as response:
            return str(response.read().decode())
    except URLError as error:
        if hasattr(error, "close"):
            error.close()
        raise ConnectionError(f"can't get {address} ({error.reason}); is it the folder of the shards?") from None
    except OSError as error:
        raise ConnectionError(f"can't get {address} ({error}); go online and try again") from error


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "avlearn" / "shards"
