"""Writing clips as shards: tar files of a few hundred clips each, which read in one stretch from disk or network."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from avlearn.data.clip_list import ClipList, ClipSpan
from avlearn.data.drafts import draft
from avlearn.data.isolated_pool import isolated_results
from avlearn.data.isolation import Isolated
from avlearn.data.journal import Journal, task_of
from avlearn.data.media import MediaError
from avlearn.data.probe import probe
from avlearn.data.scanning import TIMEOUT, progress
from avlearn.data.shard_index import INDEX, Shard, ShardIndex, ShardSettings
from avlearn.data.video import read_clip
from avlearn.data.video_writing import write_video
from avlearn.download import sha256_of

JOURNAL = "shards.jsonl"
"""Name of the file that notes which shards are finished."""


def write_shards(
    clips: ClipList,
    out: Path | str,
    settings: ShardSettings | None = None,
    *,
    workers: int = 1,
    timeout: float | int = TIMEOUT,
) -> ShardIndex:
    """Write clips as WebDataset shards, and an index beside them.

    Sample `000000042` has three files: `.mp4`, its pictures in H.264; `.flac`, its sound in 16 bit; and `.json` with
    `source`, `start`, `duration`, `label` and `number`, where it comes from. So `webdataset.WebDataset` reads them as
    well as `ShardedClips`. A shard gets its name when it is whole, and an interrupted run goes on after the shards that
    are finished. A clip that can't be read is left out and noted in the index.

    Args:
        clips: what to store; numbers in this list are the numbers of the clips.
        out: folder of the shards, made if need be.
        settings: size and rates; by default those of `ShardSettings`.
        workers: helper processes that decode and encode; each takes a core.
        timeout: seconds that one clip may take.

    Raises:
        ValueError: no clips, or the folder holds shards of other clips or settings.
        OSError: the disk is full. What is finished stays.
    """
    out, settings = Path(out), settings or ShardSettings()
    if not len(clips):
        raise ValueError("there are no clips to write; list at least one")
    journal = _journal(out, clips, settings)
    done = {shard.name: shard for shard in map(_noted, journal.entries) if _is_whole(out / shard.name, shard)}
    firsts = range(0, len(clips), settings.clips_per_shard)
    left = [(_name(place), first) for place, first in enumerate(firsts) if _name(place) not in done]

    def write(isolated: Isolated, job: tuple[str, int]) -> Shard:
        name, first = job
        return _written(isolated, out / name, clips[first : first + settings.clips_per_shard], first, settings)

    results = isolated_results(write, left, workers=min(workers, max(1, len(left))), timeout=timeout)
    for _, shard in progress(results, "writing shards", total=len(left)):
        journal.add(asdict(shard))
        done[shard.name] = shard
    index = ShardIndex(settings=settings, shards=tuple(done[_name(place)] for place in range(len(firsts))))
    index.write(out / INDEX)
    return index


def encoded(span: ClipSpan, settings: ShardSettings) -> dict[str, bytes]:
    """A clip as the two files of a sample: `mp4` and `flac`.

    Raises:
        MediaError: it can't be read.
    """
    rates = {"frame_rate": settings.frame_rate, "sample_rate": settings.sample_rate}
    clip = read_clip(span.path, start=span.start, duration=span.duration, size=_size(span.path, settings), **rates)  # type: ignore[arg-type]
    with TemporaryDirectory() as folder:
        pictures, sound = Path(folder) / "pictures.mp4", Path(folder) / "sound.flac"
        write_video(pictures, clip.frames, frame_rate=clip.frame_rate)
        soundfile.write(sound, _sixteen_bit(clip.waveform).numpy(), settings.sample_rate, subtype="PCM_16")
        return {"mp4": pictures.read_bytes(), "flac": sound.read_bytes()}


def _journal(out: Path, clips: ClipList, settings: ShardSettings) -> Journal:
    out.mkdir(parents=True, exist_ok=True)
    task = {"shards": 1, "clips": len(clips), "fingerprint": clips.fingerprint, **asdict(settings)}
    before = task_of(out / JOURNAL)
    if before not in (None, task):
        raise ValueError(f"{out} holds shards of other clips or settings; choose another folder, or remove this one")
    for stale in out.glob(".clips-*.tar"):
        stale.unlink()  # the draft of a process that was killed
    return Journal(out / JOURNAL, task=task)


def _noted(entry: Mapping[str, Any]) -> Shard:
    return Shard(**{**entry, "lost": tuple((number, reason) for number, reason in entry["lost"])})


def _is_whole(path: Path, shard: Shard) -> bool:
    return path.is_file() and path.stat().st_size == shard.bytes


def _name(place: int) -> str:
    return f"clips-{place:06}.tar"


def _written(isolated: Isolated, path: Path, spans: Sequence[ClipSpan], first: int, settings: ShardSettings) -> Shard:
    # Imported when needed: it looks for many other packages
    from webdataset.writer import TarWriter

    lost = []
    with draft(path) as place:
        # The same clips give the same bytes: owner and time of the files in it are fixed
        with place.open("wb") as file, TarWriter(file, encoder=False, mtime=0.0) as tar:
            for number, span in enumerate(spans, first):
                try:
                    files = isolated(encoded, span, settings)
                except (MediaError, FileNotFoundError) as error:
                    lost.append((number, str(error)))
                else:
                    tar.write({"__key__": f"{number:09}", **files, "json": _told(number, span)})
        size, sha256 = place.stat().st_size, sha256_of(place)
    return Shard(name=path.name, first=first, clips=len(spans), bytes=size, sha256=sha256, lost=tuple(lost))


def _told(number: int, span: ClipSpan) -> bytes:
    origin = {"source": str(span.path), "start": span.start, "duration": span.duration, "label": span.label}
    return json.dumps({"number": number, **origin}, ensure_ascii=False).encode()


def _size(path: Path, settings: ShardSettings) -> tuple[int, int]:
    """Height and width with the wanted short side, and never more than there is.

    The long side is cut to an even number and not scaled to one, so that squares of the middle stay where they are.
    """
    pictures = probe(path).video
    if pictures is None:
        raise MediaError(f"{path} has no pictures in a known codec")
    scale = min(1.0, settings.short_side / min(pictures.height, pictures.width))
    height, width = (max(2, 2 * math.floor(side * scale / 2 + 1e-6)) for side in (pictures.height, pictures.width))
    return height, width


def _sixteen_bit(waveform: Float[Tensor, " S"]) -> Any:
    # Rounded here, because libsndfile would scale by 32767
    return (waveform * 2**15).round().clamp(-(2**15), 2**15 - 1).to(torch.int16)
