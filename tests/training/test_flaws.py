"""Counting scenes with flaws."""

from __future__ import annotations

from dataclasses import replace

import torch

from avlearn.training.flaws import advice, counted, flaw_shares
from avlearn.types import Flaw


def test_every_flaw_is_counted_by_itself(scenes):
    batch = scenes.batch(range(4), truth=False)
    flaws = [0, Flaw.SKIPPED, Flaw.SKIPPED | Flaw.SILENT | Flaw.INCOMPLETE, Flaw.BLACK]
    marked = replace(batch, flaws=torch.tensor(flaws, dtype=torch.uint8))
    shares = {name: float(share) for name, share in flaw_shares(marked).items()}
    assert shares == {"clips/skipped": 0.5, "clips/silent": 0.25, "clips/black": 0.25, "clips/incomplete": 0.25}
    counts = counted({"clips/skipped": 7}, {**shares, "loss": 0.9}, batch_size=4)
    assert counts == {"clips/skipped": 9, "clips/silent": 1, "clips/black": 1, "clips/incomplete": 1}


def test_the_shares_of_two_processes_add_up_to_their_scenes():
    mean = (1 / 3 + 0 / 3) / 2  # one of the three scenes of the first process
    assert counted({}, {"clips/skipped": mean}, batch_size=6) == {"clips/skipped": 1}


def test_scenes_that_are_made_have_nothing_to_count(scenes):
    assert flaw_shares(scenes.batch([0], truth=False)) == {}
    assert counted({}, {"loss": 1.0}, batch_size=4) == {}
    assert advice({}, drawn=4) is None


def test_says_nothing_where_all_is_well():
    assert advice({"clips/skipped": 0, "clips/silent": 0}, drawn=4) is None
    said = advice({"clips/skipped": 3, "clips/silent": 0, "clips/black": 1}, drawn=40)
    assert said is not None
    assert said.startswith("of 40 clips drawn, 3 skipped, 1 black; `avlearn prepare`")
