"""What studies share: which runs are done, what is kept of them, and what is said of several seeds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from study import ArmStudy, keep_run, made_by, mean_and_range, over_seeds, read_runs, write_record


@dataclass(frozen=True, kw_only=True)
class Counted(ArmStudy):
    """A study whose runs only count."""

    arms: tuple[str, ...] = ("a", "b")
    seeds: tuple[int, ...] = (0, 1)
    done: list[tuple[str, int]] = field(default_factory=list)

    def one(self, name, seed):
        self.done.append((name, seed))
        if (name, seed) == ("b", 1):
            raise KeyboardInterrupt
        return {"arm": name, "seed": seed, "score": 0.5 + seed}

    def write(self):
        write_record(self.out.with_suffix(".json"), {"runs": self.in_order(("b", "a"))})

    def summarize(self, rows):
        return over_seeds(rows, {"score": lambda row: row["score"]})


def test_a_study_goes_on_where_it_stopped(tmp_path):
    file = tmp_path / "runs" / "study.jsonl"
    for done in ([("a", 0), ("a", 1), ("b", 0), ("b", 1)], [("b", 1)]):
        study = Counted(out=file)
        with pytest.raises(KeyboardInterrupt):
            study.run()
        assert study.done == done
    assert [(row["arm"], row["seed"]) for row in read_runs(file)] == [("a", 0), ("a", 1), ("b", 0)]


def test_the_record_and_the_summary_have_all_runs_of_the_file(tmp_path, capsys):
    file = tmp_path / "study.jsonl"
    for arm, seed in (("a", 1), ("a", 0), ("b", 0)):
        keep_run(file, {"arm": arm, "seed": seed, "score": 0.5 + seed})
    Counted(out=file, record=True, arms=()).run()
    runs = json.loads((tmp_path / "study.json").read_text())["runs"]
    assert [(run["arm"], run["seed"]) for run in runs] == [("b", 0), ("a", 0), ("a", 1)]
    capsys.readouterr()
    Counted(out=file, summary=True).run()
    assert capsys.readouterr().out.splitlines() == [
        "a (n=2): score 1.000 [0.500, 1.500]", "b (n=1): score 0.500 [0.500, 0.500]"
    ]  # fmt: skip


def test_a_run_is_printed_whether_it_is_kept_or_not(tmp_path, capsys):
    keep_run(None, {"a": 1})
    keep_run(tmp_path / "file", {"a": 2})
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"a": 1}, {"a": 2}]
    assert read_runs(tmp_path / "file") == [{"a": 2}]
    assert read_runs(tmp_path / "nowhere") == []


def test_the_command_names_the_script():
    assert made_by("/somewhere/some_study.py")["command"] == "python tests/benchmarks/some_study.py --out FILE"
    assert mean_and_range([1.0, 2.0, 6.0]) == "3.000 [1.000, 6.000]"
