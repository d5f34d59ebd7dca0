"""What the command line does with videos before they are learnt from: `avlearn prepare`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from avlearn.data.candidates import Candidate, candidates_of, manifest_of
from avlearn.data.drafts import draft
from avlearn.data.manifests import report_missing
from avlearn.data.scanning import Scan, scan
from avlearn.data.shard_index import ShardSettings
from avlearn.data.shard_writing import write_shards


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """Find out which clips can be cut from videos, and what is wrong with the others; write them as shards if wanted.

    The folder then holds `clips.csv`, which `avlearn train RECIPE --data DIR/clips.csv` takes; `problems.csv`, which
    names every file that is no use, and why; `report.json`, the counts that are printed; and with `--shards` a folder
    `shards`, for `--data DIR/shards`. If it is interrupted, the same command goes on where it was.

    Example: avlearn prepare videos --out prepared

    Example: avlearn prepare list.csv --out prepared --seconds 10 --every 5 --workers 8

    Example: avlearn prepare data/vggsound --data-set vggsound --out prepared --shards --json
    """

    source: Positional[Path]
    """A folder of videos, in folders for their classes if there are classes; a csv file with the column path and, if
    wanted, start, duration or end (in seconds) and label; or the folder of a labelled data set."""
    out: Path
    """Folder for the results, made if need be."""
    data_set: str | None = None
    """Name of the labelled data set that is unpacked in the folder: kinetics400, kinetics600, kinetics700, audioset,
    vggsound, music, ave, ucf101 or hmdb51."""
    seconds: float = 2.0
    """Length of a clip."""
    every: float | None = None
    """Seconds from the start of a clip to that of the next one; by default clips lie side by side."""
    workers: int = 1
    """Helper processes that decode; each takes a core."""
    timeout: float = 60.0
    """Seconds after which a file is given up whose reading doesn't get on."""
    shards: bool = False
    """Write the clips as WebDataset shards too."""
    short_side: int = 128
    """Of the pictures in shards, in pixels; smaller pictures keep their size."""
    frame_rate: float = 16.0
    """Pictures a second in shards."""
    sample_rate: int = 16_000
    """Hz of the sound in shards."""
    clips_per_shard: int = 256
    """Clips in each shard but the last."""

    def run(self) -> dict[str, Any]:
        """Counts of what was found and written."""
        settings = ShardSettings(
            short_side=self.short_side,
            frame_rate=self.frame_rate,
            sample_rate=self.sample_rate,
            clips_per_shard=self.clips_per_shard,
        )
        manifest = manifest_of(self.source, self.data_set)
        candidates = candidates_of(manifest)
        self.out.mkdir(parents=True, exist_ok=True)
        try:
            return self._prepared(candidates, {"data_set": report_missing(manifest)} if self.data_set else {}, settings)
        except OSError as error:
            raise OSError(f"{error}; what is done is kept in {self.out}: make room, and give the same command again"
                          ) from error  # fmt: skip

    def _prepared(self, candidates: list[Candidate], listed: dict[str, Any], settings: ShardSettings) -> dict[str, Any]:
        found = scan(
            candidates,
            seconds=self.seconds,
            every=self.every,
            workers=self.workers,
            journal=self.out / "scan.jsonl",
            timeout=self.timeout,
        )
        found.write_problems(self.out / "problems.csv")
        report = {"out": str(self.out), **listed, **found.report()}
        _write(report, self.out / "report.json")
        clips = found.clips()
        clips.write(self.out / "clips.csv")
        if self.shards:
            report["shards"] = self._sharded(found, settings)
            _write(report, self.out / "report.json")
        return report

    def _sharded(self, found: Scan, settings: ShardSettings) -> dict[str, Any]:
        index = write_shards(found.clips(), self.out / "shards", settings, workers=self.workers, timeout=self.timeout)
        return {
            "files": len(index.shards),
            "bytes": sum(shard.bytes for shard in index.shards),
            "clips": len(index) - sum(len(shard.lost) for shard in index.shards),
            "lost": sum(len(shard.lost) for shard in index.shards),
        }


def _write(report: dict[str, Any], path: Path) -> None:
    with draft(path) as place:
        place.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
