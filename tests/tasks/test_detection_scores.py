from __future__ import annotations

import pytest
import torch
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    precision_recall_curve,
    precision_recall_fscore_support,
    recall_score,
    roc_auc_score,
)

from avlearn.metrics.localization import success_auc, success_rate
from avlearn.tasks.detection_scores import Cut, DetectionScores, choose_cut, score_objects, summarize_objects
from avlearn.tasks.map_scores import Hunt
from avlearn.tasks.object_maps import ObjectMaps

SIZE = 8


def draw(seed: int, *, rows: int = 16, helpful: float = 0.4) -> tuple[Hunt, ObjectMaps, torch.Tensor]:
    """Stripes, half of which sound, under maps that are a little hotter on these; the first scene is empty."""
    generator = torch.Generator().manual_seed(seed)
    owner = torch.randint(4, (rows, SIZE), generator=generator)
    owner[:, :3] = torch.arange(3)
    masks = (owner[:, None] == torch.arange(3)[:, None])[..., None].expand(-1, -1, -1, SIZE)
    target = torch.rand(rows, 3, generator=generator) < 0.5
    other = ~target & (torch.rand(rows, 3, generator=generator) < 0.9)
    target[0], other[0], target[1], other[1] = False, False, False, True
    hunt = Hunt(scene=torch.arange(rows), masks=masks, target=target, other=other)
    maps = torch.rand(rows, 1, SIZE, SIZE, generator=generator) + helpful * hunt.reference[:, None]
    heat = (maps * masks).sum((2, 3)) / masks.sum((2, 3))
    return hunt, ObjectMaps(maps=maps, heat=heat.double()), torch.randint(4, (rows, 3), generator=generator)


def once(count: int) -> torch.Tensor:
    return torch.ones(1, count, dtype=torch.float64)


def test_summary_is_what_the_libraries_say_of_all_objects():
    hunt, shown, classes = draw(0)
    cut = Cut(object=0.6, pixel=0.5)
    found = summarize_objects(score_objects(shown, hunt, classes, cut), once(16))
    seen = hunt.seen
    sounds, heat = hunt.target[seen], shown.heat[seen]
    expected = precision_recall_fscore_support(sounds, heat >= 0.6, average="binary")[:3]
    assert [found[name] for name in ("precision", "recall", "f_measure")] == pytest.approx(expected)
    assert found["detected_per_scene"] == pytest.approx(float((heat >= 0.6).sum() / 16))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(sounds, heat >= 0.6))
    assert found["kept_objects"] == pytest.approx(recall_score(~sounds, heat < 0.6))
    assert found["sounding_silent_auc"] == pytest.approx(roc_auc_score(sounds, heat))
    assert found["average_precision"] == pytest.approx(average_precision_score(sounds, heat))
    precision, recall, _ = precision_recall_curve(sounds, heat)
    assert found["recall_at_precision_0.85"] == pytest.approx(recall[precision >= 0.85].max())
    of = [classes[seen] == label for label in range(4)]
    by_class = [average_precision_score(sounds[rows], heat[rows]) for rows in of]
    assert found["mean_average_precision"] == pytest.approx(sum(by_class) / 4)
    assert "intervals" not in found


def test_class_aware_measures_count_scenes_with_a_source():
    hunt, shown, classes = draw(1)
    found = summarize_objects(score_objects(shown, hunt, classes, Cut(object=0.5, pixel=0.4)), once(16))
    values, kept, silent = [], 0, 0
    for row in range(16):
        selected = shown.maps[row, 0] >= 0.4
        ious = [float((selected & mask).sum() / (selected | mask).sum()) for mask in hunt.masks[row][hunt.target[row]]]
        values += [sum(ious) / len(ious)] if ious else []
        for mask in hunt.masks[row][hunt.other[row]]:
            kept, silent = kept + int((mask & ~selected).sum()), silent + int(mask.sum())
    assert len(values) < 15
    assert found["mean_ciou"] == pytest.approx(sum(values) / len(values))
    assert found["ciou_at_0.3"] == pytest.approx(float(success_rate(torch.tensor(values), 0.3)))
    assert found["ciou_auc"] == pytest.approx(float(success_auc(torch.tensor(values))))
    assert found["nsa"] == pytest.approx(kept / silent)


def test_scenes_drawn_twice_count_like_scenes_given_twice():
    hunt, shown, classes = draw(2)
    cut = Cut(object=0.6, pixel=0.5)
    weights = torch.randint(0, 3, (1, 16), generator=torch.Generator().manual_seed(0)).double()
    rows = torch.arange(16).repeat_interleave(weights[0].long())
    repeated = Hunt(
        scene=torch.arange(len(rows)), masks=hunt.masks[rows], target=hunt.target[rows], other=hunt.other[rows]
    )
    given = ObjectMaps(maps=shown.maps[rows], heat=shown.heat[rows])
    first = summarize_objects(score_objects(shown, hunt, classes, cut), weights)
    again = summarize_objects(score_objects(given, repeated, classes[rows], cut), once(len(rows)))
    assert first == pytest.approx(again)


def test_parts_can_be_scored_apart_and_rows_be_chosen():
    hunt, shown, classes = draw(3)
    cut = Cut(object=0.6, pixel=0.5)
    parts = [
        score_objects(ObjectMaps(maps=shown.maps[some], heat=shown.heat[some]), hunt[some], classes[some], cut)
        for some in torch.arange(16).split(5)
    ]
    whole = score_objects(shown, hunt, classes, cut)
    joined = DetectionScores.join(parts)
    assert summarize_objects(joined, once(16)) == pytest.approx(summarize_objects(whole, once(16)))
    few = hunt.target.sum(1) == 1
    assert len(joined[few]) == int(few.sum())
    assert (joined[few].sources == 1).all()


def test_cut_is_the_best_on_the_scenes_it_is_chosen_on():
    hunt, shown, classes = draw(4, rows=40)
    halves = [
        (hunt[some], ObjectMaps(maps=shown.maps[some], heat=shown.heat[some])) for some in torch.arange(40).split(25)
    ]
    cut = choose_cut(halves)

    def measures(object_threshold: float, pixel: float) -> tuple[float, float]:
        scores = score_objects(shown, hunt, classes, Cut(object=object_threshold, pixel=pixel))
        found = summarize_objects(scores, once(40))
        return found["balanced_accuracy"], found["mean_ciou"]

    best = measures(cut.object, cut.pixel)
    for threshold in torch.linspace(0, 1.4, 15).tolist():
        accuracy, ciou = measures(threshold, threshold)
        assert accuracy <= best[0] + 1e-12
        assert ciou <= best[1] + 0.02  # not every threshold is tried


def test_perfect_maps_score_one_everywhere():
    hunt, _, classes = draw(5)
    classes = torch.zeros_like(classes)
    own = ObjectMaps(maps=(hunt.masks & hunt.target[..., None, None]).float(), heat=hunt.target.double())
    found = summarize_objects(score_objects(own, hunt, classes, choose_cut([(hunt, own)])), once(16))
    assert {name: value for name, value in found.items() if value != 1} == {
        "detected_per_scene": pytest.approx(float(hunt.target.sum() / 16))
    }


def test_what_cannot_be_asked_is_none():
    hunt, shown, classes = draw(6)
    none = Hunt(
        scene=hunt.scene, masks=hunt.masks, target=torch.zeros_like(hunt.target), other=torch.zeros_like(hunt.other)
    )
    found = summarize_objects(
        score_objects(shown, none, classes, Cut(object=0.6, pixel=0.5)), torch.cat([once(16)] * 3)
    )
    asked = {name: value for name, value in found.items() if value is not None and name != "intervals"}
    assert asked == {"detected_per_scene": 0.0}
    assert found["intervals"]["precision"] is None
    with pytest.raises(ValueError, match="0 of 0 objects sound"):
        choose_cut([(none, shown)])
