"""Clips stored in shards, as a source of scenes that goes through few files at a time."""

from __future__ import annotations

import json
import os
import tarfile
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from avlearn.data.clip_list import ClipSpan
from avlearn.data.dataset import ClipFormat, halves, read_batch
from avlearn.data.media import MediaBytes, MediaError
from avlearn.data.shard_index import Shard
from avlearn.data.shard_places import CACHE_BYTES, ShardFolder, find_shards
from avlearn.data.video import Clip
from avlearn.data.video_frames import read_frames
from avlearn.data.video_sound import read_sound
from avlearn.types import AVBatch

WINDOW = 8
"""Shards whose clips are shuffled together."""
_KEPT = 1024
"""Shards whose tables of contents are kept, of some 12 kB each."""
_SUFFIXES = ("mp4", "flac", "json")
"""Files of a clip."""


class ShardedClips:
    """Clips in shards that `write_shards` wrote, by the numbers of the list that was written.

    They are the clips of `VideoClips` of that list, but for pictures that were encoded anew, at the shards' frame rate,
    and sound that was rounded to 16 bit. A clip that is lost is replaced by the next one that can be read: its row has
    the other one's number, and a flaw that says so.

    Args:
        where: of the shards, see `find_shards`; some of them only are counted from their own first clip on.
        format: the form that the model takes.
        window: shards whose clips are shuffled together in an epoch. A cache must have room for them all.
        cache: folder that keeps what comes from an address.
        cache_bytes: what that folder holds at most.

    Raises:
        FileNotFoundError: nothing is there.
        ConnectionError: the index can't be had.
        ValueError: no index of shards, sound at a lower rate than the format's, or a cache without room for a window.

    Example:
        >>> import tempfile
        >>> from avlearn.data import ClipList, ClipSpan, WorldSettings, write_shards, write_video
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     video = Path(folder) / "grey.mkv"
        ...     write_video(video, torch.full((3, 30, 48, 64), 99, dtype=torch.uint8), torch.rand(48_000) - 0.5,
        ...                 frame_rate=10, sample_rate=16_000)
        ...     spans = [ClipSpan(path=video, start=start, duration=1.0) for start in (0.0, 1.0, 2.0)]
        ...     _ = write_shards(ClipList(spans), Path(folder) / "shards")
        ...     clips = ShardedClips(Path(folder) / "shards", ClipFormat.of(WorldSettings(size=32)))
        ...     len(clips), clips.batch([2, 0]).frames.shape
        (3, torch.Size([2, 3, 1, 32, 32]))
    """

    # The reader `wids`, which had random access, is no part of webdataset since its release 1.0. The table of contents
    # of a shard is read once from its headers; then two reads at known places bring a clip. A file is opened for each
    # clip: that takes microseconds where decoding takes milliseconds, and leaves nothing to share or to close.

    def __init__(
        self,
        where: Path | str,
        format: ClipFormat,
        *,
        window: int = WINDOW,
        cache: Path | str | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.index, self._place = find_shards(where, cache=cache, cache_bytes=cache_bytes)
        self.format, self.window = format, window
        self._ends = list(accumulate(shard.clips for shard in self.index.shards))
        self._contents: OrderedDict[str, NDArray[np.int64]] = OrderedDict()
        if window < 1:
            raise ValueError(f"window is {window}; give a number of shards, at least 1")
        stored = self.index.settings
        if format.sample_rate > stored.sample_rate:
            raise ValueError(f"{where} holds sound at {stored.sample_rate} Hz, the model takes {format.sample_rate}; "
                             f"write shards by `avlearn prepare ... --sample-rate {format.sample_rate}`")  # fmt: skip
        largest = sum(sorted(shard.bytes for shard in self.index.shards)[-window:])
        if not isinstance(self._place, ShardFolder) and largest > cache_bytes:
            raise ValueError(f"a cache of {cache_bytes} bytes has no room for {window} shards of {largest} bytes; "
                             "give it more, or a smaller window")  # fmt: skip

    def __len__(self) -> int:
        return self._ends[-1]

    @property
    def fingerprint(self) -> str:
        """The same for shards of the same content in the same order."""
        return self.index.fingerprint

    def batch(self, indices: Sequence[int] | Int[Tensor, " B"], *, truth: bool = False) -> AVBatch:
        """The clips of these numbers.

        Args:
            indices: from 0 to len - 1.
            truth: must be False.

        Raises:
            ValueError: no indices, one that there isn't, the truth is asked for, or a shard is damaged.
            FileNotFoundError: a shard isn't there.
            ConnectionError: a shard can't be had.
            MediaError: so many clips in a row can't be read that it is no accident.
        """
        return read_batch(indices, self._read, count=len(self), truth=truth)

    def order(self, generator: torch.Generator) -> Int[Tensor, " N"]:
        """Shards in random order, and the clips of each `window` of them shuffled together."""
        spans = [torch.arange(end - shard.clips, end) for shard, end in zip(self.index.shards, self._ends, strict=True)]
        shards = torch.randperm(len(spans), generator=generator).tolist()
        windows = [
            torch.cat([spans[shard] for shard in shards[begin : begin + self.window]])
            for begin in range(0, len(shards), self.window)
        ]
        return torch.cat([clips[torch.randperm(len(clips), generator=generator)] for clips in windows])

    def _read(self, number: int) -> Clip:
        place = bisect_right(self._ends, number)
        shard = self.index.shards[place]
        row = number - (self._ends[place] - shard.clips)
        video, sound, told = self._files(shard, row)
        name = f"clip {shard.first + row} of {shard.name}"
        stored = ClipSpan(path=Path(name), duration=json.loads(told)["duration"])
        seen, heard = halves(stored, self.format)
        frames = read_frames(
            MediaBytes(video, name=name),
            start=seen.start,
            duration=seen.duration,
            frame_rate=self.format.frame_rate,
            size=self.format.size,
        )
        waveform = read_sound(
            MediaBytes(sound, name=name),
            start=heard.start,
            duration=heard.duration,
            sample_rate=self.format.sample_rate,
        )
        return Clip(
            frames=frames.frames,
            waveform=waveform.waveform,
            frame_rate=self.format.frame_rate,
            sample_rate=self.format.sample_rate,
            start=heard.start,
            remarks=(*frames.remarks, *waveform.remarks),
        )

    def _files(self, shard: Shard, row: int) -> list[bytes]:
        """What the files of a clip hold."""
        try:
            return self._at(self._place.path(shard), shard, row)
        except FileNotFoundError:
            # Another process has just made room in the cache; what is really missing is missing again
            return self._at(self._place.path(shard), shard, row)

    def _at(self, path: Path, shard: Shard, row: int) -> list[bytes]:
        contents = self._contents.get(shard.name)
        if contents is None:
            contents = self._contents[shard.name] = _contents(path, shard)
            if len(self._contents) > _KEPT:
                self._contents.popitem(last=False)
        if not contents[row].all():
            raise MediaError(f"clip {shard.first + row} is not in {shard.name}: {_why(shard, row)}")
        with path.open("rb") as file:
            return [os.pread(file.fileno(), size, begin) for begin, size in contents[row].tolist()]


def _contents(path: Path, shard: Shard) -> NDArray[np.int64]:
    """(clips, 3, 2): where the files of each clip begin and how long they are; 0 for clips that are lost."""
    contents = np.zeros((shard.clips, len(_SUFFIXES), 2), np.int64)
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                key, _, suffix = member.name.partition(".")
                contents[int(key) - shard.first, _SUFFIXES.index(suffix)] = member.offset_data, member.size
    except (tarfile.TarError, ValueError, IndexError, EOFError) as error:
        raise ValueError(f"{path} is damaged, or no shard of clips ({error}); copy or write it again") from error
    return contents


def _why(shard: Shard, row: int) -> str:
    return dict(shard.lost).get(shard.first + row, "it was never written")
