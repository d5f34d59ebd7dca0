"""A journal keeps what was finished, whatever happens to the process that writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from avlearn.data.journal import Journal, task_of

TASK = {"seconds": 2.0, "every": None}


def test_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "work.jsonl"
    journal = Journal(path, task=TASK)
    journal.add({"piece": "ä\n"})
    journal.add({"piece": 2, "of": [0.1, None]})
    again = Journal(path, task=TASK)
    assert again.entries == journal.entries == [{"piece": "ä\n"}, {"piece": 2, "of": [0.1, None]}]
    again.add({"piece": 3})
    assert len(Journal(path, task=TASK).entries) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["work.jsonl"]


@pytest.mark.parametrize("torn", ['{"piece": 3', '{"piece": 3}', "[1]\n", "\x00\x00\n", '{"pie\n{"piece": 4}\n'])
def test_what_was_left_unfinished_is_cut_off(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "work.jsonl"
    Journal(path, task=TASK).add({"piece": 1})
    whole = path.read_bytes()
    with path.open("a") as file:
        file.write(torn)
    journal = Journal(path, task=TASK)
    assert journal.entries == [{"piece": 1}]
    assert path.read_bytes() == whole
    journal.add({"piece": 2})
    assert Journal(path, task=TASK).entries == [{"piece": 1}, {"piece": 2}]


def test_another_task_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "work.jsonl"
    Journal(path, task=TASK).add({"piece": 1})
    assert task_of(path) == TASK
    assert Journal(path, task={"seconds": 3.0}).entries == []
    assert task_of(path) == {"seconds": 3.0}
    assert Journal(path, task=TASK).entries == []


def test_there_may_be_none(tmp_path: Path) -> None:
    assert task_of(tmp_path / "work.jsonl") is None
    with pytest.raises(FileNotFoundError, match="is no folder"):
        Journal(tmp_path / "nowhere" / "work.jsonl", task=TASK)


def test_a_file_without_a_whole_line_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "work.jsonl"
    path.write_text('{"seconds"')
    assert task_of(path) is None
    assert Journal(path, task=TASK).entries == []
    assert task_of(path) == TASK
