from __future__ import annotations

import inspect

import pytest
import torch
from sklearn.metrics import average_precision_score, jaccard_score, precision_recall_fscore_support

from avlearn.metrics.detection import (
    best_threshold,
    class_aware_iou,
    detections,
    kept_silent,
    mean_average_precision,
)

SIZE = 8


def draw(seed: int, *, scenes: int = 12, slots: int = 4) -> dict[str, torch.Tensor]:
    """Stripes of random height; the second half of the slots may be empty, and some scenes have no source."""
    generator = torch.Generator().manual_seed(seed)
    owner = torch.randint(slots + 1, (scenes, SIZE), generator=generator)
    owner[:, :slots] = torch.arange(slots)
    masks = (owner[:, None] == torch.arange(slots)[:, None])[..., None].expand(-1, -1, -1, SIZE)
    role = torch.randint(3, (scenes, slots), generator=generator)
    role[0], role[1] = 2, 0
    return {
        "masks": masks,
        "sounding": role == 1,
        "silent": role == 2,
        "maps": torch.rand(scenes, slots, SIZE, SIZE, generator=generator),
        "heat": torch.randint(6, (scenes, slots), generator=generator).double(),
        "classes": torch.randint(3, (scenes, slots), generator=generator),
    }


def slow_class_aware_iou(maps, masks, sounding, threshold: float) -> list[tuple[float, float]]:
    found = []
    for scene in range(len(masks)):
        values = []
        for slot in range(masks.shape[1]):
            if sounding[scene, slot]:
                hit = union = 0
                for row in range(SIZE):
                    for column in range(SIZE):
                        selected = bool(maps[scene, slot, row, column] >= threshold)
                        inside = bool(masks[scene, slot, row, column])
                        hit, union = hit + (selected and inside), union + (selected or inside)
                values.append(hit / union)
        found.append((sum(values) / len(values), 1.0) if values else (0.0, 0.0))
    return found


def test_class_aware_iou_equals_its_slow_twin():
    scenes = draw(0)
    iou, asked = class_aware_iou(scenes["maps"], scenes["masks"], scenes["sounding"], threshold=0.6)
    slow = slow_class_aware_iou(scenes["maps"], scenes["masks"], scenes["sounding"], 0.6)
    assert list(zip(iou.tolist(), asked.tolist(), strict=True)) == [pytest.approx(pair, abs=1e-6) for pair in slow]


def test_class_aware_iou_of_single_sources_is_the_jaccard_index():
    scenes = draw(1)
    alone = torch.zeros(12, 4, dtype=torch.bool)
    alone[:, 2] = True
    iou, _ = class_aware_iou(scenes["maps"], scenes["masks"], alone, threshold=0.3)
    theirs = [
        jaccard_score(mask.flatten(), heat.flatten() >= 0.3)
        for mask, heat in zip(scenes["masks"][:, 2], scenes["maps"][:, 2], strict=True)
    ]
    assert iou.tolist() == pytest.approx(theirs, abs=1e-6)


def test_own_masks_are_perfect_and_their_union_is_shared():
    masks = torch.zeros(1, 3, 4, 4, dtype=torch.bool)
    masks[0, 0, 0], masks[0, 1, 1], masks[0, 2, 2:] = True, True, True
    sounding = torch.tensor([[True, True, False]])
    assert class_aware_iou(masks.float(), masks, sounding, threshold=0.5)[0] == 1
    both = masks[:, :2].any(1, keepdim=True).float()
    assert class_aware_iou(both, masks, sounding, threshold=0.5)[0] == 0.5
    repeated = both.expand(-1, 3, -1, -1)
    assert class_aware_iou(repeated, masks, sounding, threshold=0.5)[0] == 0.5
    assert class_aware_iou(torch.zeros(1, 1, 4, 4), masks, sounding, threshold=0.5)[0] == 0


def test_kept_silent_counts_pixels_of_silent_things():
    scenes = draw(2)
    kept, pixels = kept_silent(scenes["maps"], scenes["masks"], scenes["silent"], threshold=0.4)
    for scene in range(12):
        inside = scenes["masks"][scene] & scenes["silent"][scene][:, None, None]
        assert pixels[scene] == inside.sum()
        assert kept[scene] == (inside & (scenes["maps"][scene] < 0.4)).sum()


def test_scenes_with_nothing_to_ask_for_add_nothing():
    scenes = draw(3)
    none = torch.zeros_like(scenes["sounding"])
    for pair in (
        class_aware_iou(scenes["maps"], scenes["masks"], none, threshold=0.5),
        kept_silent(scenes["maps"], scenes["masks"], none, threshold=0.5),
        detections(scenes["heat"], none, none, threshold=0.0),
    ):
        assert all((part == 0).all() for part in pair)
    hits, detected, sources = detections(scenes["heat"], none, ~none, threshold=0.0)
    assert (hits.sum(), detected.sum(), sources.sum()) == (0, 48, 0)


@pytest.mark.parametrize("seed", range(3))
def test_precision_recall_and_f_measure_equal_scikit_learn(seed):
    scenes = draw(seed)
    sounding, silent, heat = scenes["sounding"], scenes["silent"], scenes["heat"]
    hits, detected, sources = (float(part.sum()) for part in detections(heat, sounding, silent, threshold=3.0))
    seen = sounding | silent
    theirs = precision_recall_fscore_support(sounding[seen], heat[seen] >= 3, average="binary")[:3]
    assert (hits / detected, hits / sources, 2 * hits / (detected + sources)) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_is_better_than_the_best(seed):
    scenes = draw(seed)
    objects = scenes["heat"], scenes["sounding"], scenes["silent"]

    def measure(threshold: float) -> float:
        hits, detected, sources = (float(part.sum()) for part in detections(*objects, threshold=threshold))
        kept = float(scenes["silent"].sum()) - (detected - hits)
        return hits / sources + kept / float(scenes["silent"].sum())

    best = float(best_threshold(*objects))
    assert measure(best) == pytest.approx(max(measure(level) for level in torch.arange(-1, 7, 0.25).tolist()))
    assert all(measure(higher) < measure(best) for higher in torch.arange(best + 1, 7).tolist())


def test_best_threshold_lies_between_two_objects():
    sounding, silent = torch.tensor([[True, True, False, False]]), torch.tensor([[False, False, True, False]])
    assert best_threshold(torch.tensor([[5.0, 4.0, 2.0, 9.0]]), sounding, silent) == 3
    assert best_threshold(torch.tensor([[5.0, 5.0, 5.0, 9.0]]), sounding, silent) == 5
    neighbours = torch.tensor([[1.0, 1.0, 1.0, 0.0]]).double()
    neighbours[0, 2] = torch.nextafter(neighbours[0, 2], torch.tensor(0.0).double())
    assert best_threshold(neighbours, sounding, silent) == 1


def test_mean_average_precision_is_the_mean_of_scikit_learn_over_the_classes():
    scenes = draw(4, scenes=40)
    scores, positive, classes = (scenes[name].flatten() for name in ("heat", "sounding", "classes"))
    weights = torch.randint(0, 3, (4, 160), generator=torch.Generator().manual_seed(0)).double()
    theirs = [
        sum(
            average_precision_score(positive[of], scores[of], sample_weight=row[of])
            for of in (classes == label for label in range(3))
        )
        / 3
        for row in weights
    ]
    assert mean_average_precision(scores, positive, classes, weights).tolist() == pytest.approx(theirs, abs=1e-12)


def test_classes_that_never_sound_are_left_out():
    scores, positive = torch.tensor([0.9, 0.1, 0.8]), torch.tensor([True, False, False])
    once = torch.ones(1, 3).double()
    assert mean_average_precision(scores, positive, torch.tensor([0, 0, 1]), once) == 1
    assert mean_average_precision(scores, positive, torch.tensor([0, 1, 2]), once).isnan()
    assert mean_average_precision(scores[:0], positive[:0], torch.zeros(0).long(), once[:, :0]).isnan()


def test_bad_input_is_refused():
    masks, yes = torch.zeros(1, 2, 4, 4, dtype=torch.bool), torch.tensor([[False, True]])
    with pytest.raises(ValueError, match="source in slot 1 of scene 0 has no pixels"):
        class_aware_iou(torch.zeros(1, 1, 4, 4), masks, yes, threshold=0.5)
    with pytest.raises(ValueError, match=r"heat_map is \(1, 1, 3, 4\), masks \(1, 2, 4, 4\); bring both"):
        inspect.unwrap(kept_silent)(torch.zeros(1, 1, 3, 4), masks, yes, threshold=0.5)
    with pytest.raises(ValueError, match="heat_map 0 has values that are not finite"):
        kept_silent(torch.full((1, 1, 4, 4), torch.inf), masks, yes, threshold=0.5)
    with pytest.raises(ValueError, match="0 of 1 objects sound"):
        best_threshold(torch.zeros(1, 2), torch.zeros_like(yes), yes)
    with pytest.raises(ValueError, match="1 of 1 objects sound"):
        best_threshold(torch.zeros(1, 2), yes, torch.zeros_like(yes))
    with pytest.raises(ValueError, match="heat has values"):
        best_threshold(torch.full((1, 2), torch.nan), yes, ~yes)
