"""What becomes of good videos, of bad ones, and of those that would take the process with them."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from avlearn.data.candidates import Candidate, candidates_of, manifest_of
from avlearn.data.clip_list import ClipList
from avlearn.data.extent import Extent
from avlearn.data.isolated_pool import isolated_results
from avlearn.data.journal import Journal
from avlearn.data.scanning import KINDS, Examined, Problem, Scan, _starts, _together, scan

pytestmark = pytest.mark.usefixtures("in_process")
WRONG = ("silent", "black", "no_sound", "too_short", "broken", "no_pictures")


def of(found: Scan, name: str) -> Examined:
    (one,) = [one for one in found.examined if one.candidate.path.name == name]
    return one


def test_good_videos_give_clips_and_bad_ones_a_reason(shelf: Path) -> None:
    missing = Candidate(path=shelf / "missing.mp4")
    found = scan([*candidates_of(manifest_of(shelf)), missing], seconds=1, workers=2)
    assert of(found, "good.mp4").starts == (0.0, 1.0, 2.0, 3.0, 4.0)
    assert of(found, "fine.mkv").starts == (0.0, 1.0)
    assert (of(found, "good.mp4").problems, of(found, "fine.mkv").problems) == ((), ())
    for kind in WRONG:
        (one,) = [one for one in found.examined if one.candidate.path.stem == kind]
        assert (one.starts, [problem.kind for problem in one.problems]) == ((), [kind])
    assert of(found, "empty.mp4").problems[0].kind == "broken"
    assert of(found, "missing.mp4").problems[0].kind == "missing"
    partly = of(found, "partly.mkv")
    assert partly.starts == (0.0, 2.0)
    assert [(problem.kind, problem.clips) for problem in partly.problems] == [("silent", 1)]
    assert "1.000 to 2.000 s: the sound is digital silence" in partly.problems[0].reason


def test_report_adds_up(shelf: Path, tmp_path: Path) -> None:
    found = scan(candidates_of(manifest_of(shelf)), seconds=1)
    report = found.report()
    assert report["listed"] == 10 == report["good"] + sum(report[kind] for kind in KINDS)
    assert (report["good"], report["broken"], report["partly"]) == (3, 2, 1)
    assert report["clips"] == len(found.clips()) == 9
    assert report["clips_lost"] == {"black": 2, "silent": 3}
    assert report["hours"] == pytest.approx(9 / 3600)
    found.write_problems(tmp_path / "problems.csv")
    with (tmp_path / "problems.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(one.problems) for one in found.examined) == 8
    assert {Path(row["path"]).name: (row["kind"], row["clips"]) for row in rows}["silent.mp4"] == ("silent", "2")
    assert all(row["reason"] for row in rows)


def test_clips_are_those_that_a_list_reads_back(shelf: Path, tmp_path: Path) -> None:
    candidates = [Candidate(path=shelf / "good.mp4", start=0.5, duration=3.0, label="hum")]
    clips = scan(candidates, seconds=1.0, every=0.5).clips()
    clips.write(tmp_path / "clips.csv")
    again = ClipList.read(tmp_path / "clips.csv")
    assert [(clip.start, clip.duration, clip.label) for clip in again] == [(0.5 * k, 1.0, "hum") for k in range(1, 6)]


def test_no_good_clip_at_all_is_told(shelf: Path) -> None:
    found = scan([Candidate(path=shelf / "empty.mp4")], seconds=1)
    with pytest.raises(ValueError, match=r"none of 1 videos has a good clip of 1 s; the first, .*empty\.mp4 is empty"):
        found.clips()


@pytest.mark.parametrize(
    ("candidate", "found", "every", "starts"),
    [
        ((0.0, None), (0.0, 4.0), 2.0, [0, 2]),
        ((0.0, None), (0.0, 3.96), 2.0, [0, 2]),
        ((0.0, None), (0.0, 3.94), 2.0, [0]),
        ((0.0, None), (0.04, 4.0), 2.0, [0, 2]),
        ((0.0, None), (1.3, 5.3), 2.0, [1.3, 3.3]),
        ((2.0, 2.0), (0.0, 9.0), 2.0, [2]),
        ((2.0, 1.9), (0.0, 9.0), 2.0, []),
        ((1.0, 3.0), (0.0, 9.0), 0.1, [round(1 + k / 10, 6) for k in range(11)]),
        ((7.0, None), (0.0, 8.0), 2.0, []),
        ((0.0, None), (5.0, 5.0), 2.0, []),
    ],
)
def test_clips_lie_where_pictures_and_sound_both_are(
    candidate: tuple[float, float | None], found: tuple[float, float], every: float, starts: list[float]
) -> None:
    piece = Candidate(path=Path("a"), start=candidate[0], duration=candidate[1])
    assert _starts(piece, Extent(start=found[0], end=found[1]), seconds=2.0, every=every) == starts


def test_clips_of_any_length_fit_as_often_as_they_should() -> None:
    draws = np.random.default_rng(0)
    for _ in range(200):
        seconds, every, end = draws.uniform(0.1, 3), draws.uniform(0.05, 3), draws.uniform(0, 20)
        starts = _starts(Candidate(path=Path("a")), Extent(start=0.0, end=end), seconds=seconds, every=every)
        slow = []
        while len(slow) * every + seconds <= end + 0.05:
            slow.append(len(slow) * every)
        assert starts == pytest.approx(slow, abs=1e-6)


def test_commonest_problem_comes_first() -> None:
    outcomes = [("silent", "a"), None, ("black", "b"), ("silent", "c"), None]
    expected = (Problem(kind="silent", reason="a", clips=2), Problem(kind="black", reason="b", clips=1))
    assert _together(outcomes) == expected  # type: ignore[arg-type]


def test_a_further_scan_examines_what_is_new_or_has_changed(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(work, items, **settings):  # type: ignore[no-untyped-def]
        asked.append(len(items))
        return isolated_results(work, items, **settings)

    monkeypatch.setattr("avlearn.data.scanning.isolated_results", counted)
    video, journal = tmp_path / "a.mp4", tmp_path / "scan.jsonl"
    candidates = [Candidate(path=path) for path in (shelf / "good.mp4", shelf / "silent.mp4", video)]
    first = scan(candidates, seconds=1.0, journal=journal)
    assert first.examined[2].problems[0].kind == "missing"
    assert scan(candidates, seconds=1.0, journal=journal) == first
    video.write_bytes((shelf / "silent.mp4").read_bytes())
    assert scan(candidates, seconds=1.0, journal=journal).report()["silent"] == 2
    video.write_bytes((shelf / "good.mp4").read_bytes())
    assert scan(candidates, seconds=1.0, journal=journal).report()["good"] == 2
    scan(candidates, seconds=2.0, journal=journal)
    assert asked == [2, 0, 1, 1, 3]


KILLED = """
import os, signal, sys
from pathlib import Path
from avlearn.data.candidates import Candidate
from avlearn.data.journal import Journal
from avlearn.data import scanning

class Here(scanning.Isolated):
    def __call__(self, function, *args):
        if function is scanning.clip_faults and len(added) == 1:
            with Path(sys.argv[1]).open("a") as file:
                file.write('{"piece": ["half of a li')
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args)

added, add = [], Journal.add
Journal.add = lambda journal, entry: (add(journal, entry), added.append(entry))
import avlearn.data.isolated_pool
avlearn.data.isolated_pool.Isolated = Here
scanning.scan([Candidate(path=Path(path)) for path in sys.argv[2:]], seconds=1.0, journal=Path(sys.argv[1]))
"""


def test_a_killed_scan_goes_on_where_it_was(shelf: Path, tmp_path: Path) -> None:
    journal, paths = tmp_path / "scan.jsonl", [shelf / name for name in ("good.mp4", "partly.mkv", "silent.mp4")]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(journal), *map(str, paths)], timeout=300, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(Journal(journal, task={"scan": 1, "seconds": 1.0, "every": 1.0}).entries) == 1
    candidates = [Candidate(path=path) for path in paths]
    assert scan(candidates, seconds=1.0, journal=journal) == scan(candidates, seconds=1.0)
    assert len(journal.read_text().splitlines()) == 4


def test_a_full_disk_ends_the_scan_and_keeps_what_was_done(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "scan.jsonl"
    candidates = [Candidate(path=shelf / "good.mp4"), Candidate(path=shelf / "silent.mp4")]
    add = Journal.add

    def full(journal: Journal, entry: dict[str, object]) -> None:
        if len(journal.entries) == 1:
            raise OSError(28, "No space left on device")
        add(journal, entry)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", full)
        with pytest.raises(OSError, match="No space left"):
            scan(candidates, seconds=1.0, journal=journal)
    assert scan(candidates, seconds=1.0, journal=journal).report()["good"] == 1


@pytest.mark.parametrize(
    ("argument", "value"), [("seconds", 0), ("every", -1.0), ("seconds", float("nan")), ("workers", 0)]
)
def test_nonsense_is_refused(shelf: Path, argument: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{argument} is {value}"):
        scan([Candidate(path=shelf / "good.mp4")], **{"seconds": 1.0, argument: value})  # type: ignore[arg-type]


class TestHelpers:
    """With real helper processes."""

    @pytest.fixture
    def in_process(self) -> None:
        """Not here."""

    def test_a_file_that_kills_its_helper_is_refused_whole(self, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("avlearn.data.scanning.clip_faults", kill_where_there_are_several)
        found = scan([Candidate(path=shelf / "deep/fine.mkv"), Candidate(path=shelf / "good.mp4")], seconds=1.5)
        assert found.examined[0].starts == (0.0,)
        assert found.examined[1].starts == ()
        assert found.examined[1].problems[0].kind == "broken"
        assert "reading it killed the helper (SIGSEGV)" in found.examined[1].problems[0].reason


def kill_where_there_are_several(path: Path, starts: list[float], seconds: float) -> list[None]:
    if len(starts) > 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    return [None]
