"""Clips stored in shards, as a source of scenes that goes through few files at a time."""

from __future__ import annotations

import os
import tarfile
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from avlearn.data.assembly import whole_number
from avlearn.data.dataset import TRIES, ClipFormat, flaws_of, formatted_spans
from avlearn.data.media import MediaBytes, MediaError
from avlearn.data.shard_index import Shard
from avlearn.data.shard_places import CACHE_BYTES, find_shards
from avlearn.data.video import Clip
from avlearn.data.video_frames import read_frames
from avlearn.data.video_sound import read_sound
from avlearn.types import AVBatch, Flaw

WINDOW = 8
"""Shards whose clips are shuffled together."""
_OPEN = 4096
"""Shards whose tables of contents are kept, of some 20 kB each."""

Contents = dict[int, dict[str, tuple[int, int]]]
"""Of a shard: for the number of each clip where its files begin and how long they are, by their suffix."""


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
        self._contents: OrderedDict[str, Contents] = OrderedDict()
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
