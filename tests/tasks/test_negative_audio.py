from __future__ import annotations

import pytest
import torch

from avlearn.tasks.negative_audio import negatives, shuffled, tell_apart


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def classes(batch, row: int, slots: torch.Tensor) -> set[int]:
    return set(batch.truth.classes[row][slots[row]].tolist())


def source_of(batch, waveform: torch.Tensor) -> int:
    matches = (batch.waveform == waveform).all(1).nonzero().flatten().tolist()
    assert matches
    return matches[0]


@pytest.fixture
def batch(squares):
    return squares(("ssq-", "s-q-", "soq-", "-qs-")).batch(range(24), truth=True)


def test_shuffled_sounds_have_no_class_in_common(batch):
    rows, waveform = shuffled(batch.waveform, batch.truth, generator=generator())
    assert len(rows) == len(waveform) > 12
    for row, heard in zip(rows.tolist(), waveform, strict=True):
        partner = source_of(batch, heard)
        assert not classes(batch, row, batch.truth.sounds) & classes(batch, partner, batch.truth.sounds)


def test_offscreen_sounds_are_of_classes_neither_seen_nor_heard(batch):
    rows, waveform = negatives(batch.waveform, batch.truth, generator=generator())["offscreen"]
    assert len(rows) == len(waveform) > 6
    for row, heard in zip(rows.tolist(), waveform, strict=True):
        here = classes(batch, row, batch.truth.sounds | batch.truth.visible)
        assert not here & classes(batch, source_of(batch, heard), batch.truth.sounds)


def test_every_partner_can_be_drawn_and_the_seed_decides(batch):
    drawn = {
        source_of(batch, shuffled(batch.waveform, batch.truth, generator=generator(seed))[1][0]) for seed in range(300)
    }
    here = classes(batch, 0, batch.truth.sounds)
    allowed = {row for row in range(24) if not here & classes(batch, row, batch.truth.sounds)}
    # Scenes of one class sound alike, and the first of them stands for all
    assert drawn == {source_of(batch, batch.waveform[row]) for row in allowed}
    first, again = (shuffled(batch.waveform, batch.truth, generator=generator(5))[1] for _ in range(2))
    assert torch.equal(first, again)


def test_rows_without_a_partner_are_left_out(squares):
    alike = squares(("s---",), classes=1).batch(range(4), truth=True)
    assert len(shuffled(alike.waveform, alike.truth, generator=generator())[0]) == 0
    drawn = negatives(alike.waveform, alike.truth, generator=generator())
    assert [len(rows) for rows, _ in drawn.values()] == [4, 4, 0]


def test_silence_is_silent_and_noise_as_loud_as_the_scene(squares):
    batch = squares(("s---",)).batch(range(4), truth=True)
    waveform = torch.cat([batch.waveform, torch.zeros(4, 8000)], dim=1) * torch.tensor([[1.0], [2.0], [4.0], [8.0]])
    drawn = negatives(waveform, batch.truth, generator=generator())
    assert (drawn["silence"][1] == 0).all()
    noise = drawn["noise"][1]
    assert noise.square().mean(1).sqrt().tolist() == pytest.approx(waveform.square().mean(1).sqrt().tolist(), rel=0.05)
    assert float((noise[:, 1:] * noise[:, :-1]).mean() / noise.square().mean()) == pytest.approx(0, abs=0.03)


def answers(strength: torch.Tensor, *, score: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
    """Maps of 2 x 2 whose corner has the strength and whose rest is 0."""
    maps = torch.zeros(len(strength), 2, 2)
    maps[:, 0, 0] = strength
    return {"attention": maps, "similarity": maps, "score": strength if score is None else score}


def test_known_strengths():
    own = torch.arange(1.0, 101.0)
    report = tell_apart(
        {"own": answers(own), "silence": answers(torch.zeros(3)), "noise": answers(torch.tensor([5.0, 6.0, 200.0]))},
        size=(2, 2),
    )
    attention = report["strengths"]["attention"]
    assert report["recall"] == 0.95
    assert attention["threshold"] == 6
    assert attention["area"] == pytest.approx(0.95 / 4)
    assert attention["silence"] == {"scenes": 3, "auc": 1.0, "false_alarm_rate": 0.0, "area": 0.0}
    # 5 loses to 95 and ties one, 6 loses to 94 and ties one, 200 beats all
    assert attention["noise"]["auc"] == pytest.approx((95.5 + 94.5 + 0) / 300)
    assert attention["noise"]["false_alarm_rate"] == pytest.approx(2 / 3)
    assert attention["noise"]["area"] == pytest.approx(2 / 3 / 4)
    assert attention["all"]["scenes"] == 6
    assert attention["all"]["false_alarm_rate"] == pytest.approx(2 / 6)
    assert set(report["strengths"]["score"]["silence"]) == {"scenes", "auc", "false_alarm_rate"}


def test_each_strength_has_its_own_threshold():
    own, wrong = torch.arange(1.0, 21.0), torch.arange(1.0, 21.0)
    report = tell_apart({"own": answers(own, score=-own), "noise": answers(wrong, score=-wrong - 100)}, size=(4, 4))
    assert report["strengths"]["attention"]["noise"]["auc"] == 0.5
    assert report["strengths"]["score"]["noise"]["auc"] == 1.0
    assert report["strengths"]["score"]["threshold"] == -19


def test_without_wrong_sounds_there_is_only_the_threshold():
    report = tell_apart({"own": answers(torch.ones(4))}, size=(2, 2))
    assert report["strengths"]["score"] == {"threshold": 1.0}
