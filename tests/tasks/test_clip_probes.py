from __future__ import annotations

import numpy as np
import pytest

from avlearn.tasks.clip_probes import INNER_FOLDS, Probe, ask, chosen, inner_parts, mean_scores, standard_probes


def blobs(seed: int, *, clips: int = 24, windows: int = 3, spread: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.default_rng(seed)
    classes = np.arange(clips) % 3
    middle = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 400.0]])[classes]
    noise = draws.standard_normal((clips, windows, 2)) * [spread, 100 * spread]
    return (middle[:, None] + noise).astype(np.float32), classes


def names(count: int) -> list[str]:
    return [f"recording {k}" for k in range(count)]


@pytest.mark.parametrize("probe", standard_probes(), ids=lambda probe: probe.name)
def test_what_is_separable_is_seen_whatever_the_scales(probe):
    features, classes = blobs(0)
    asked, wanted = blobs(1)
    answers = ask(probe, features, classes * 5 + 2, names(24), asked)
    assert answers.classes.tolist() == (wanted * 5 + 2).tolist()
    assert answers.validated
    assert answers.choice in probe.choices


class Fixed:
    """Scores of each window are its features."""

    classes_ = np.array([0, 1])

    def fit(self, x, y):
        return self

    def decision_function(self, x):
        return x[:, 0]


def test_scores_are_means_over_the_windows_of_a_clip():
    asked = np.array([[[3.0], [-1.0]], [[-3.0], [2.0]]])
    assert mean_scores(Fixed(), asked).tolist() == [[-1.0, 1.0], [0.5, -0.5]]


def test_windows_vote_together():
    # The first of five windows shows another clip's class
    features, classes = blobs(0, windows=5, spread=0.1)
    asked, wanted = blobs(1, windows=5, spread=0.1)
    asked[:, 0] = np.roll(asked[:, 0], 1, axis=0)
    for probe in standard_probes():
        assert (ask(probe, features, classes, names(24), asked).classes == wanted).all()


def test_the_setting_is_the_best_by_a_plain_count():
    features, classes = blobs(2, spread=1.5, clips=30)
    groups = names(30)
    for probe in standard_probes():
        right = []
        for choice in probe.choices:
            count = 0
            for fit, rest in inner_parts(classes, groups):
                model = probe.make(choice)
                model.fit(features[fit].reshape(-1, 2), np.repeat(classes[fit], 3))
                for row in rest:
                    count += model.classes_[mean_scores(model, features[[row]])[0].argmax()] == classes[row]
            right.append(count)
        assert chosen(probe, features, classes, groups)[0] == probe.choices[int(np.argmax(right))]


def test_recordings_are_never_on_both_sides():
    classes = np.repeat([0, 1], 12)
    groups = [f"{k // 3}" for k in range(24)]
    parts = inner_parts(classes, groups)
    assert len(parts) == INNER_FOLDS
    for fit, rest in parts:
        assert not {groups[row] for row in fit} & {groups[row] for row in rest}
    assert sorted(np.concatenate([rest for _, rest in parts]).tolist()) == list(range(24))


def test_the_asked_clips_have_no_part_in_the_choice():
    features, classes = blobs(3, spread=1.5)
    probe = standard_probes()[1]
    one, other = (ask(probe, features, classes, names(24), asked).choice for asked in (blobs(4)[0], blobs(5)[0] + 99))
    assert one == other


def test_too_few_recordings_leave_the_middle_setting():
    features, classes = blobs(0, clips=6)
    groups = [f"{label}" for label in classes]
    knn, svm, _ = standard_probes()
    assert chosen(svm, features, classes, groups) == (svm.choices[2], False)
    choice, validated = chosen(knn, features, classes, groups)
    assert choice <= 18
    assert not validated
    assert chosen(Probe(name="one", choices=(0.5,), make=svm.make), features, classes, names(6)) == (0.5, False)


def test_bad_features_are_refused():
    features, classes = blobs(0)
    knn = standard_probes()[0]
    with pytest.raises(ValueError, match="all 24 clips to learn from are of one class"):
        ask(knn, features, np.zeros(24, int), names(24), features)
    features[7] = np.nan
    with pytest.raises(ValueError, match="features of 1 clips aren't finite, the first is number 7"):
        ask(knn, features, classes, names(24), blobs(1)[0])
