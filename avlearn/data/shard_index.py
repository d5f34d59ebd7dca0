"""The index of a folder of shards: which there are, what they hold, and by which hash a copy is known to be whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from avlearn.data.drafts import draft

INDEX = "index.json"
"""Name of the index file."""
VERSION = 1
"""Of its form."""


@dataclass(frozen=True, kw_only=True)
class ShardSettings:
    """How clips are stored in shards.

    Raises:
        ValueError: a setting makes no sense.
    """

    short_side: int = 128
    """Pixels of the shorter side of the pictures, even; smaller pictures keep their size."""
    frame_rate: float = 16.0
    """Pictures a second, each the one that a player shows at that time."""
    sample_rate: int = 16_000
    """Hz of the sound."""
    clips_per_shard: int = 256
    """Clips in each shard but the last."""

    def __post_init__(self) -> None:
        for name in ("short_side", "frame_rate", "sample_rate", "clips_per_shard"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; give more than 0")
        if self.short_side % 2:
            raise ValueError(f"short_side is {self.short_side}; H.264 stores even sizes only, give an even number")


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One tar file."""

    name: str
    """Of the file, which lies beside the index."""
    first: int
    """Number of its first clip in the list of clips."""
    clips: int
    """Clips of the list that it stands for."""
    bytes: int
    """Size of the file."""
    sha256: str
    """Hexadecimal SHA-256 of the file."""
    lost: tuple[tuple[int, str], ...] = ()
    """Numbers of clips that could not be read when it was written, with the reason: they aren't in the file."""


@dataclass(frozen=True, kw_only=True)
class ShardIndex:
    """All shards of a list of clips, in order.

    Raises:
        ValueError: no shards.
    """

    settings: ShardSettings
    shards: tuple[Shard, ...]

    def __post_init__(self) -> None:
        if not self.shards:
            raise ValueError("an index of no shards is empty; list at least one")

    def __len__(self) -> int:
        return sum(shard.clips for shard in self.shards)

    @property
    def fingerprint(self) -> str:
        """The same for shards of the same content in the same order."""
        digest = hashlib.sha256("".join(shard.sha256 for shard in self.shards).encode())
        return digest.hexdigest()[:16]

    def only(self, names: list[str]) -> ShardIndex:
        """The index of some of the shards, in this order.

        Raises:
            ValueError: one that isn't in the index, or none.
        """
        known = {shard.name: shard for shard in self.shards}
        if strange := [name for name in names if name not in known]:
            raise ValueError(f"the index has no shard {strange[0]}; it has {self.shards[0].name} to "
                             f"{self.shards[-1].name}")  # fmt: skip
        return ShardIndex(settings=self.settings, shards=tuple(known[name] for name in names))

    def write(self, path: Path) -> None:
        """Write the file, in one step.

        Raises:
            OSError: the disk is full; a file that had the name before is as it was.
        """
        content = {"version": VERSION, "clips": len(self), **asdict(self)}
        with draft(path) as place:
            place.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def parse(cls, text: str, *, place: str) -> ShardIndex:
        """The index that a text holds.

        Args:
            text: of the file.
            place: where it was found, for messages.

        Raises:
            ValueError: it is no index, or one of another version.
        """
        try:
            content = json.loads(text)
            if content["version"] != VERSION:
                raise ValueError(f"{place} has version {content['version']}, this is written for {VERSION}")
            shards = tuple(_shard(entry) for entry in content["shards"])
            return cls(settings=ShardSettings(**content["settings"]), shards=shards)
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{place} is no index of shards ({type(error).__name__}: {error}); write it by "
                             "`avlearn prepare SOURCE --out DIR --shards`")  from error  # fmt: skip


def _shard(entry: Mapping[str, Any]) -> Shard:
    return Shard(**{**entry, "lost": tuple((number, reason) for number, reason in entry["lost"])})
