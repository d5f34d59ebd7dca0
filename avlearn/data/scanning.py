"""Which clips can be cut from videos that nobody vouches for, and what is wrong with the others."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.progress import track

from avlearn.data.candidates import Candidate
from avlearn.data.clip_list import EDGE, ClipList, ClipSpan
from avlearn.data.drafts import draft
from avlearn.data.extent import Extent
from avlearn.data.faults import Fault, ProblemKind, clip_faults, stretches, usable_extent
from avlearn.data.isolated_pool import isolated_results
from avlearn.data.isolation import Isolated
from avlearn.data.journal import Journal
from avlearn.data.media import MediaError

TIMEOUT = 60.0
"""Seconds after which a file is given up that a helper can't get on with."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a video, or some of it, gives no clips."""

    kind: ProblemKind
    reason: str
    """In words, with the place of the first clip that it spoilt."""
    clips: int
    """How many it spoilt; 0 where the whole video gives none."""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What became of a candidate."""

    candidate: Candidate
    starts: tuple[float, ...]
    """Where its good clips begin, in seconds from the first moment of the file."""
    problems: tuple[Problem, ...]
    """What is wrong with the rest; empty if nothing is."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What became of all candidates, in their order."""

    examined: tuple[Examined, ...]
    seconds: float
    """Length of a clip."""

    def clips(self) -> ClipList:
        """The good clips.

        Raises:
            ValueError: there is none.
        """
        spans = [
            ClipSpan(path=one.candidate.path, start=start, duration=self.seconds, label=one.candidate.label)
            for one in self.examined
            for start in one.starts
        ]
        if not spans:
            first = self.examined[0]
            raise ValueError(f"none of {len(self.examined)} videos has a good clip of {self.seconds:g} s; the first, "
                             f"{first.candidate.path}: {first.problems[0].reason}")  # fmt: skip
        return ClipList(spans)

    def write_problems(self, path: Path) -> None:
        """A csv file of all problems: `path,start,duration,kind,clips,reason`, where start and duration are those of
        the candidate, and `clips` is how many clips were lost, 0 for the whole.

        Raises:
            OSError: the disk is full; a file that had the name before is as it was.
        """
        with draft(path) as place, place.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("path", "start", "duration", "kind", "clips", "reason"))
            for one in self.examined:
                piece = one.candidate.path, one.candidate.start, one.candidate.duration
                writer.writerows((*piece, problem.kind, problem.clips, problem.reason) for problem in one.problems)

    def report(self) -> dict[str, Any]:
        """Counts of candidates: `listed` is the sum of `good`, which have a clip, and of all kinds of problems.

        `partly` of the good ones lost clips, `clips_lost` of each kind. `clips` and `hours` are what is good.
        """
        kinds = Counter(one.problems[0].kind for one in self.examined if not one.starts)
        lost = Counter(
            {kind: sum(p.clips for one in self.examined for p in one.problems if p.kind == kind) for kind in KINDS}
        )
        clips = sum(len(one.starts) for one in self.examined)
        return {
            "listed": len(self.examined),
            "good": sum(bool(one.starts) for one in self.examined),
            **{kind: kinds[kind] for kind in KINDS},
            "partly": sum(bool(one.starts and one.problems) for one in self.examined),
            "clips": clips,
            "clips_lost": {kind: count for kind, count in lost.items() if count},
            "hours": clips * self.seconds / 3600,
        }


KINDS: tuple[ProblemKind, ...] = get_args(ProblemKind)


def scan(
    candidates: Sequence[Candidate],
    *,
    seconds: float | int,
    every: float | int | None = None,
    workers: int = 1,
    journal: Path | None = None,
    timeout: float | int = TIMEOUT,
) -> Scan:
    """Decode all of all candidates once, and tell good clips from bad ones.

    Files are read by helper processes, because a file can be made to crash a decoder, or to keep it busy for ever. Such
    a file is refused whole: training decodes where it computes. Clips lie side by side, or `every` so many seconds, as
    far as pictures and sound both reach. In a terminal a bar shows how far it is.

    Args:
        candidates: videos, or pieces of them.
        seconds: length of a clip.
        every: seconds from the start of a clip to that of the next one; by default `seconds`.
        workers: helper processes; each takes a core.
        journal: file that notes what is done. An interrupted scan with the same file goes on where it was, and a
            further one examines only files that are new or have changed. Its folder must be there.
        timeout: seconds that reading one clip, or some neighbours together, may take.

    Raises:
        ValueError: a length that isn't positive, or no workers.
        OSError: the journal can't be written.

    Example:
        >>> found = scan([Candidate(path=Path("gone.mp4"))], seconds=2)
        >>> found.report()["missing"], found.examined[0].problems[0].reason
        (1, 'gone.mp4 is not there')
    """
    every = seconds if every is None else every
    for name, value in (("seconds", seconds), ("every", every)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value}; give more than 0")
    seconds, every = float(seconds), float(every)
    known = _Known(journal, seconds=seconds, every=every)
    found = {number: one for number, candidate in enumerate(candidates) if (one := known.of(candidate))}
    left = [number for number in range(len(candidates)) if number not in found]
    examine = partial(_examined, candidates, seconds=seconds, every=every)
    results = isolated_results(examine, left, workers=min(workers, max(1, len(left))), timeout=timeout)
    for number, one in progress(results, "examining videos", total=len(left)):
        found[number] = one
        known.note(one)
    return Scan(examined=tuple(found[number] for number in range(len(candidates))), seconds=seconds)


def progress(items: Iterable[Any], title: str, *, total: int) -> Iterable[Any]:
    """The items, while a bar on standard error shows how many have come; without a terminal there is none."""
    console = Console(stderr=True)
    return track(items, title, total=total, console=console, disable=not console.is_terminal)


class _Known:
    """Candidates that an earlier scan has examined, by what identifies the piece and the state of its file."""

    def __init__(self, path: Path | None, *, seconds: float, every: float) -> None:
        task = {"scan": 1, "seconds": seconds, "every": every}
        self._journal = None if path is None else Journal(path, task=task)
        entries = self._journal.entries if self._journal else []
        self._found = {tuple(entry["piece"]): entry for entry in entries}

    def of(self, candidate: Candidate) -> Examined | None:
        """What became of it; a file that is missing is soon found out, and one that isn't known must be examined."""
        if not candidate.path.is_file():
            reason = f"{candidate.path} is not there"
            return Examined(candidate=candidate, starts=(), problems=(_whole("missing", reason),))
        entry = self._found.get(_piece(candidate)) if self._found else None
        if entry is None:
            return None
        problems = tuple(Problem(**problem) for problem in entry["problems"])
        return Examined(candidate=candidate, starts=tuple(entry["starts"]), problems=problems)

    def note(self, one: Examined) -> None:
        if self._journal is not None and one.candidate.path.is_file():
            problems = [vars(problem) for problem in one.problems]
            self._journal.add({"piece": _piece(one.candidate), "starts": one.starts, "problems": problems})


def _piece(candidate: Candidate) -> tuple[Any, ...]:
    state = candidate.path.stat()
    return str(candidate.path.absolute()), candidate.start, candidate.duration, state.st_size, state.st_mtime_ns


def _examined(
    candidates: Sequence[Candidate], isolated: Isolated, number: int, *, seconds: float, every: float
) -> Examined:
    candidate = candidates[number]
    try:
        found = isolated(usable_extent, candidate.path)
        if not isinstance(found, Extent):
            return Examined(candidate=candidate, starts=(), problems=(_whole(*found),))
        starts = _starts(candidate, found, seconds=seconds, every=every)
        if not starts:
            reason = f"pictures and sound last together from {found.start:.3f} to {found.end:.3f} s only"
            return Examined(candidate=candidate, starts=(), problems=(_whole("too_short", reason),))
        looks = [isolated(clip_faults, candidate.path, stretch, seconds) for stretch in stretches(starts, seconds)]
    except (MediaError, OSError, MemoryError) as error:
        return Examined(candidate=candidate, starts=(), problems=(_whole("broken", str(error)),))
    faults = [fault for look in looks for fault in look]
    good = tuple(start for start, fault in zip(starts, faults, strict=True) if fault is None)
    return Examined(candidate=candidate, starts=good, problems=_together(faults))


def _starts(candidate: Candidate, found: Extent, *, seconds: float, every: float) -> list[float]:
    begin = candidate.start if found.start <= candidate.start + EDGE else found.start
    end = found.end + EDGE
    if candidate.duration is not None:
        end = min(end, candidate.start + candidate.duration + EDGE)
    # Rounded to microseconds, as a sum of decimal fractions isn't one
    number = max(0, 1 + math.floor(round((end - begin - seconds) / every, 6)))
    return [round(begin + k * every, 6) for k in range(number)]


def _together(faults: Sequence[Fault | None]) -> tuple[Problem, ...]:
    """One problem for each kind, of all clips that it spoilt; the commonest first."""
    reasons: dict[ProblemKind, str] = {}
    counts = Counter(fault[0] for fault in faults if fault)
    for kind, reason in filter(None, faults):
        reasons.setdefault(kind, reason)
    return tuple(Problem(kind=kind, reason=reasons[kind], clips=count) for kind, count in counts.most_common())


def _whole(kind: ProblemKind, reason: str) -> Problem:
    return Problem(kind=kind, reason=reason, clips=0)
