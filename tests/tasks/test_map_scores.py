from __future__ import annotations

import pytest
import torch
from sklearn.metrics import roc_auc_score

from avlearn.metrics.bootstrap import bootstrap_weights
from avlearn.metrics.localization import consensus_iou, pointing, success_auc, success_rate
from avlearn.tasks.map_scores import Hunt, join, score_maps, score_random_object, summarize

SIZE = 10


def draw(seed: int, *, rows: int = 8) -> tuple[torch.Tensor, Hunt]:
    """Random maps, and three stripes of random height of which the first always sounds."""
    generator = torch.Generator().manual_seed(seed)
    owner = torch.randint(4, (rows, SIZE), generator=generator)
    owner[:, :3] = torch.arange(3)  # so that no stripe is empty
    masks = (owner[:, None] == torch.arange(3)[:, None])[..., None].expand(-1, -1, -1, SIZE)
    target = torch.rand(rows, 3, generator=generator) < 0.4
    target[:, 0] = True
    other = ~target & (torch.rand(rows, 3, generator=generator) < 0.7)
    hunt = Hunt(scene=torch.arange(rows), masks=masks, target=target, other=other)
    return torch.rand(rows, SIZE, SIZE, generator=generator), hunt


def once(count: int) -> torch.Tensor:
    return torch.ones(1, count, dtype=torch.float64)


def test_summary_is_what_the_metrics_say_of_all_rows():
    heat, hunt = draw(0)
    summary = summarize(score_maps(heat, hunt, threshold="max_half"), once(8))
    values = consensus_iou(heat, hunt.reference, threshold="max_half")
    assert summary["pointing"] == pytest.approx(float(pointing(heat, hunt.reference).mean()))
    assert summary["mean_iou"] == pytest.approx(float(values.mean()))
    assert summary["success_at_0.3"] == pytest.approx(float(success_rate(values, 0.3)))
    assert summary["ciou_at_0.5"] == pytest.approx(float(success_rate(values, 0.5)))
    assert summary["success_auc"] == pytest.approx(float(success_auc(values)))
    seen = hunt.seen
    means = torch.stack([(heat * mask).sum((1, 2)) / mask.sum((1, 2)) for mask in hunt.masks.unbind(1)], dim=1)
    assert summary["sounding_silent_auc"] == pytest.approx(roc_auc_score(hunt.target[seen], means[seen]))
    assert "intervals" not in summary


def test_reference_is_the_union_of_the_targets():
    _, hunt = draw(1)
    for row in range(8):
        slots = hunt.target[row].nonzero().flatten().tolist()
        assert torch.equal(hunt.reference[row], torch.stack([hunt.masks[row, slot] for slot in slots]).any(0))


def test_scenes_drawn_twice_count_like_scenes_given_twice():
    heat, hunt = draw(2)
    weights = torch.tensor([[2.0, 0.0, 1.0, 0.0, 3.0, 0.0, 0.0, 2.0]]).double()
    rows = torch.arange(8).repeat_interleave(weights[0].long())
    weighted = summarize(score_maps(heat, hunt, threshold="true_area"), weights)
    repeated = hunt[rows]
    repeated = Hunt(scene=torch.arange(8), masks=repeated.masks, target=repeated.target, other=repeated.other)
    given = summarize(score_maps(heat[rows], repeated, threshold="true_area"), once(8))
    assert weighted == pytest.approx(given)


def test_rows_of_one_scene_are_drawn_together():
    heat, hunt = draw(3)
    hunt = Hunt(scene=torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]), masks=hunt.masks, target=hunt.target, other=hunt.other)
    scores = score_maps(heat, hunt, threshold="max_half")
    first = summarize(scores, torch.tensor([[1.0, 0.0]]).double())
    assert first["pointing"] == pytest.approx(float(pointing(heat[:4], hunt.reference[:4]).mean()))


def test_intervals_hold_the_number_and_shrink_with_the_scenes():
    widths = []
    for rows in (16, 256):
        heat, hunt = draw(4, rows=rows)
        generator = torch.Generator().manual_seed(0)
        draws = torch.cat([once(rows), bootstrap_weights(rows, resamples=300, generator=generator)])
        summary = summarize(score_maps(heat, hunt, threshold="max_half"), draws)
        for name, (low, high) in summary["intervals"].items():
            assert low <= summary[name] <= high
        widths.append(summary["intervals"]["mean_iou"][1] - summary["intervals"]["mean_iou"][0])
    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.4)


def test_random_object_is_the_mean_over_all_choices():
    _, hunt = draw(5, rows=6)
    summary = summarize(score_random_object(hunt, threshold="max_half"), once(6))
    hits = overlap = 0.0
    for row in range(6):
        slots = hunt.seen[row].nonzero().flatten().tolist()
        for slot in slots:
            mask, reference = hunt.masks[row, slot], hunt.reference[row]
            hits += bool(hunt.target[row, slot]) / len(slots)
            overlap += float((mask & reference).sum() / (mask | reference).sum()) / len(slots)
    assert summary["pointing"] == pytest.approx(hits / 6)
    assert summary["mean_iou"] == pytest.approx(overlap / 6, abs=1e-6)
    assert summary["pair_accuracy"] == pytest.approx(0.5)


def test_parts_can_be_scored_apart():
    heat, hunt = draw(6)
    rows = torch.arange(8)
    parts = [score_maps(heat[some], hunt[some], threshold="top_half") for some in rows.split(3)]
    assert summarize(join(parts), once(8)) == pytest.approx(
        summarize(score_maps(heat, hunt, threshold="top_half"), once(8))
    )


def test_measures_that_cannot_be_asked_are_none():
    heat, hunt = draw(7)
    hunt = Hunt(scene=hunt.scene, masks=hunt.masks, target=hunt.target, other=torch.zeros_like(hunt.other))
    summary = summarize(score_maps(heat, hunt, threshold="max_half"), torch.cat([once(8)] * 3))
    for name in ("sounding_silent_auc", "pair_accuracy", "recall"):
        assert summary[name] is None
        assert summary["intervals"][name] is None
    assert summary["pointing"] is not None
