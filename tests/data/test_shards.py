"""Clips from shards: those of the list that was written, each once an epoch, from few files at a time."""

from __future__ import annotations

import pickle
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from avlearn.data.clip_list import ClipList, ClipSpan
from avlearn.data.dataset import ClipFormat, VideoClips
from avlearn.data.media import MediaError
from avlearn.data.opening import describe_data, open_data
from avlearn.data.shard_index import Shard, ShardIndex, ShardSettings
from avlearn.data.shard_writing import write_shards
from avlearn.data.shards import ShardedClips
from avlearn.training import TrainSettings
from avlearn.training.batches import StepBatches
from avlearn.types import AVBatch, Flaw, Ordered

if TYPE_CHECKING:
    from tests.data.conftest import Site

FORMAT = ClipFormat(frames=2, frame_rate=4.0, size=24, seconds=0.5, sample_rate=16_000)


def test_clips_are_those_of_the_list(sharded: Path, long_list: ClipList) -> None:
    clips, originals = ShardedClips(sharded, FORMAT), VideoClips(long_list, FORMAT)
    assert len(clips) == len(originals) == 11
    numbers = [10, 0, 3, 4, 9, 7, 7]
    found, wanted = clips.batch(numbers), originals.batch(torch.tensor(numbers))
    assert found.index.tolist() == wanted.index.tolist() == numbers
    assert found.frames.shape == wanted.frames.shape == (7, 3, 2, 24, 24)
    # Scaled from 48 to 36 lines and encoded, then to 24: a smooth pattern with a range of 160 levels loses little
    assert (found.frames.float() - wanted.frames.float()).abs().mean(dim=(1, 2, 3, 4)).max() < 3
    # To the nearest of 16 bit
    assert (found.waveform - wanted.waveform).abs().max() <= 2.0**-16
    assert (found.sample_rate, found.frame_rate) == (16_000, 4.0)
    assert found.flaws.tolist() == wanted.flaws.tolist() == [0] * 7


def test_a_clip_depends_on_its_number_alone(sharded: Path) -> None:
    clips = ShardedClips(sharded, FORMAT)
    together, again = clips.batch(range(11)), ShardedClips(sharded, FORMAT)
    copy = pickle.loads(pickle.dumps(clips))
    for number in (8, 2):
        for source in (clips, again, copy):
            assert torch.equal(source.batch([number]).frames[0], together.frames[number])
            assert torch.equal(source.batch([number]).waveform[0], together.waveform[number])


def test_addresses_give_the_same_clips(site: Site, sharded: Path, tmp_path: Path) -> None:
    shutil.copytree(sharded, site.folder)
    largest = max(shard.bytes for shard in ShardedClips(sharded, FORMAT).index.shards)
    remote = ShardedClips(site.address, FORMAT, window=1, cache=tmp_path / "cache", cache_bytes=largest)
    local = ShardedClips(sharded, FORMAT)
    for number in (0, 10, 1, 5):  # the cache has room for one shard
        assert torch.equal(remote.batch([number]).frames, local.batch([number]).frames)
    assert remote.fingerprint == local.fingerprint
    assert site.asked == ["index.json", *(f"clips-{shard:06}.tar" for shard in (0, 3, 0, 1))]


def test_data_are_opened_by_what_lies_there(sharded: Path, long_list: ClipList) -> None:
    clips = open_data(sharded, FORMAT)
    assert isinstance(clips, ShardedClips)
    assert describe_data(clips) == {"clips": 11, "fingerprint": clips.fingerprint}
    part = open_data(f"{sharded}/clips-00000[13].tar", FORMAT)
    assert len(part) == 5
    assert torch.equal(part.batch([3]).frames, clips.batch([9]).frames)
    assert part.batch([3]).index.tolist() == [3]
    assert part.fingerprint != clips.fingerprint


def test_a_lost_clip_is_replaced_by_the_next_and_flawed(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None
) -> None:
    good, gone = shelf / "good.mp4", shelf / "gone.mp4"
    spans = [ClipSpan(path=path, start=start, duration=1.0) for path, start in ((good, 0.0), (gone, 0.0), (good, 2.0))]
    write_shards(ClipList([*spans, spans[1]]), tmp_path, ShardSettings(frame_rate=8.0, clips_per_shard=2))
    clips, originals = ShardedClips(tmp_path, FORMAT), VideoClips(ClipList([*spans, spans[1]]), FORMAT)
    found, wanted = clips.batch(range(4)), originals.batch(range(4))
    assert len(clips) == 4
    assert found.index.tolist() == wanted.index.tolist() == [0, 2, 2, 0]
    assert found.flaws.tolist() == wanted.flaws.tolist() == [0, Flaw.SKIPPED, 0, Flaw.SKIPPED]


def test_nothing_but_lost_clips(shelf: Path, tmp_path: Path, in_process: None) -> None:
    write_shards(ClipList([ClipSpan(path=shelf / "gone.mp4", duration=1.0)]), tmp_path)
    with pytest.raises(
        MediaError, match=r"none of 1 clips .*clip 0 is not in clips-000000\.tar: .*gone\.mp4 is no file"
    ):
        ShardedClips(tmp_path, FORMAT).batch([0])


def test_silence_and_black_are_told(shelf: Path, tmp_path: Path, in_process: None) -> None:
    spans = [ClipSpan(path=shelf / name, duration=1.0) for name in ("silent.mp4", "black.mp4", "good.mp4")]
    write_shards(ClipList(spans), tmp_path, ShardSettings(frame_rate=8.0))
    assert ShardedClips(tmp_path, FORMAT).batch(range(3)).flaws.tolist() == [Flaw.SILENT, Flaw.BLACK, 0]


def test_damage_is_found(sharded: Path, tmp_path: Path) -> None:
    shutil.copytree(sharded, tmp_path / "copy")
    shard = tmp_path / "copy" / "clips-000000.tar"
    shard.write_bytes(bytes(shard.stat().st_size))
    with pytest.raises(MediaError, match="is not in"):  # zeros are an empty tar file
        ShardedClips(tmp_path / "copy" / "clips-000000.tar", FORMAT).batch([0])
    shard.write_bytes(b"x" * shard.stat().st_size)
    with pytest.raises(ValueError, match=r"clips-000000\.tar is damaged, or no shard of clips"):
        ShardedClips(tmp_path / "copy", FORMAT).batch([0])
    (tmp_path / "copy" / "clips-000001.tar").unlink()  # one file is no clip that may be skipped
    with pytest.raises(FileNotFoundError, match="copy it again"):
        ShardedClips(tmp_path / "copy", FORMAT).batch([3])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"format": ClipFormat(frames=1, frame_rate=2.0, size=8, seconds=0.5, sample_rate=44_100)},
            "44100.*write shards",
        ),
        ({"window": 0}, "window is 0"),
    ],
)
def test_nonsense_is_refused(sharded: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ShardedClips(sharded, **{"format": FORMAT, **change})  # type: ignore[arg-type]


def test_numbers_and_truth_that_there_are_not(sharded: Path) -> None:
    clips = ShardedClips(sharded, FORMAT)
    with pytest.raises(ValueError, match="there is no clip 11; use numbers from 0 to 10"):
        clips.batch([11])
    with pytest.raises(ValueError, match="nobody knows the truth"):
        clips.batch([0], truth=True)


def test_a_cache_needs_room_for_a_window(site: Site, sharded: Path, tmp_path: Path) -> None:
    shutil.copytree(sharded, site.folder)
    with pytest.raises(ValueError, match=r"a cache of 1000 bytes has no room for 2 shards of \d+ bytes"):
        ShardedClips(site.address, FORMAT, window=2, cache=tmp_path, cache_bytes=1000)


class Counted(ShardedClips):
    """Shards that nobody wrote, of which it is only counted who is asked for."""

    def batch(self, indices: object, *, truth: bool = False) -> AVBatch:
        index = torch.as_tensor(indices)
        frames, waveform = torch.zeros(len(index), 3, 1, 1, 1, dtype=torch.uint8), torch.zeros(len(index), 1)
        return AVBatch(frames=frames, waveform=waveform, sample_rate=16_000, frame_rate=1.0, index=index)


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    """107 shards of 7 clips and a last one of 3: 752 clips."""
    sizes = [7] * 107 + [3]
    shards = tuple(
        Shard(name=f"clips-{k:06}.tar", first=7 * k, clips=size, bytes=1, sha256=str(k)) for k, size in enumerate(sizes)
    )
    ShardIndex(settings=ShardSettings(clips_per_shard=7), shards=shards).write(tmp_path / "index.json")
    return Counted(tmp_path, FORMAT, window=5)


def test_an_epoch_has_every_clip_once_in_an_order_of_its_own(counted: Counted) -> None:
    assert isinstance(counted, Ordered)
    epochs = [counted.order(torch.Generator().manual_seed(seed)).tolist() for seed in (0, 1, 2, 0)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(752))
    assert epochs[0] == epochs[3]
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_few_shards_at_a_time(counted: Counted) -> None:
    order = counted.order(torch.Generator().manual_seed(0))
    seen: list[set[int]] = []
    begin = 0
    while begin < len(order):
        # As long as the clips of this window last: 5 shards of 7, or one of 3 among them
        shards = {int(clip) // 7 for clip in order[begin : begin + 31]}
        length = sum(3 if shard == 107 else 7 for shard in shards)
        assert {int(clip) // 7 for clip in order[begin : begin + length]} == shards
        seen.append(shards)
        begin += length
    assert all(len(shards) <= 5 for shards in seen)
    assert Counter(shard for shards in seen for shard in shards) == Counter(range(108))


def test_clips_of_a_window_are_shuffled(counted: Counted) -> None:
    changes = 0
    for seed in range(10):
        order = counted.order(torch.Generator().manual_seed(seed))
        changes += int((order[:30] // 7 != order[1:31] // 7).sum())
    # By chance 28 of 34 others lie in another shard: 24.7 of 30, with a standard error of 0.7 over ten draws
    assert 22 < changes / 10 < 27


@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_ranks_and_workers_share_an_epoch_without_loss_or_repetition(counted: Counted, world_size: int) -> None:
    settings = TrainSettings(steps=2 * (752 // 12), batch_size=12, pool=None, flip=False)
    epochs: list[Counter[int]] = [Counter(), Counter()]
    for rank in range(world_size):
        batches = StepBatches(counted, settings, rank=rank, world_size=world_size)
        for step, batch in enumerate(batches.onward(0)):  # by worker processes
            assert len(batch) == 12 // world_size
            epochs[step // (752 // 12)].update(batch.index.tolist())
    for epoch in epochs:
        assert set(epoch.values()) == {1}
        assert len(epoch) == 752 // 12 * 12, "all but the rest that fills no batch"


def test_a_restart_within_an_epoch_gives_the_same_batches(counted: Counted) -> None:
    settings = TrainSettings(steps=150, batch_size=8, pool=None, flip=False)
    whole = [batch.index.tolist() for batch in StepBatches(counted, settings).onward(0)]
    for first in (41, 94, 140):
        fresh = StepBatches(Counted(counted._place.folder, FORMAT, window=5), settings)  # type: ignore[union-attr]
        assert [batch.index.tolist() for batch in fresh.onward(first)] == whole[first:]
    assert whole[:94] != whole[94:], "another order in the second epoch"
