"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch

from avlearn.exercises.multi_source_detection import check_class_aware_iou, check_precision_recall, check_threshold


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


def scores(heat, sounding, silent, threshold):
    detected = (heat >= threshold) & (sounding | silent)
    hits = (detected & sounding).sum()
    return hits / detected.sum(), hits / sounding.sum()


def by_scene(heat, sounding, silent, threshold):
    detected = (heat >= threshold) & (sounding | silent)
    hits = (detected & sounding).sum(1)
    return (hits / detected.sum(1)).nanmean(), (hits / sounding.sum(1)).nanmean()


def with_empty(heat, sounding, silent, threshold):
    hits = ((heat >= threshold) & sounding).sum()
    return hits / (heat >= threshold).sum(), hits / sounding.sum()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (scores, "✔"),
        (lambda *a: [float(part) for part in scores(*a)], "✔"),
        (lambda *a: None, "None"),
        (lambda *a: (None, None), "tuple"),
        (lambda *a: scores(*a)[0], "shape"),
        (lambda *a: scores(*a)[::-1], "precision comes first"),
        (lambda h, y, n, t: scores(h, y, n, t + 1e-6), "exactly"),
        (with_empty, "empty slots"),
        (by_scene, "over all scenes first"),
        (lambda h, y, n, t: scores(h, y, n, 0.0), "hits are detected and sound"),
    ],
)
def test_precision_recall(capsys, answer, hint):
    assert hint in said(check_precision_recall, answer, capsys)


def ious(selected, masks):
    one = selected[:, None]
    return (one & masks).sum((2, 3)) / (one | masks).sum((2, 3))


def mean_iou(selected, masks, sounding):
    return (ious(selected, masks) * sounding).sum(1) / sounding.sum(1)


def against_all(selected, masks, sounding):
    union = (masks & sounding[..., None, None]).any(1)
    return (selected & union).sum((1, 2)) / (selected | union).sum((1, 2))


def covered(selected, masks, sounding):
    share = (selected[:, None] & masks).sum((2, 3)) / masks.sum((2, 3))
    return (share * sounding).sum(1) / sounding.sum(1)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (mean_iou, "✔"),
        (lambda a, m, s: None, "None"),
        (against_all, "all sources at once"),
        (lambda a, m, s: ious(a, m).mean(1), "over the sources only"),
        (lambda a, m, s: (ious(a, m) * s).mean(1), "number of sources"),
        (lambda a, m, s: (ious(a, m) * s).sum(1), "the sum"),
        (covered, "the union"),
        (lambda a, m, s: mean_iou(a, m, s).mean(), "for each scene"),
        (lambda a, m, s: 0.5 * mean_iou(a, m, s), "for each source"),
    ],
)
def test_class_aware_iou(capsys, answer, hint):
    assert hint in said(check_class_aware_iou, answer, capsys)


def best(measure):
    def answer(heat, sounds):
        return max(heat, key=lambda cut: measure(heat >= cut, sounds))

    return answer


def balanced(detected, sounds):
    return float(detected[sounds].double().mean() + (~detected[~sounds]).double().mean())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (best(balanced), "✔"),
        (lambda heat, sounds: float(best(balanced)(heat, sounds)) - 1e-7, "✔"),
        (lambda heat, sounds: None, "None"),
        (best(lambda found, sounds: (found & sounds).sum() / (found.sum() + sounds.sum())), "F-measure"),
        (best(lambda found, sounds: (found == sounds).sum()), "most objects sound"),
        (lambda heat, sounds: heat.median(), "higher mean"),
    ],
)
def test_threshold(capsys, answer, hint):
    assert hint in said(check_threshold, answer, capsys)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("check", "answer"),
    [(check_precision_recall, scores), (check_class_aware_iou, mean_iou), (check_threshold, best(balanced))],
)
def test_right_answers_pass_whatever_is_drawn(capsys, check, answer, seed):
    torch.manual_seed(seed)
    check(answer)
    assert "✔" in capsys.readouterr().out
