import math

import pytest
import torch
from sklearn.metrics import normalized_mutual_info_score

from avlearn.training.round_record import Round, describe, read_round, read_rounds, save_round


def made(number=1, **changes):
    labels = {"video": torch.tensor([0, 0, 1, 1, 1, 3]), "audio": torch.tensor([2, 1, 0, 3, 2, 1])}
    distances = {"video": torch.tensor([0.5, 0.1, 0.9, 0.2, 0.4, 0.0]), "audio": torch.zeros(6)}
    return Round(number=number, **{"labels": labels, "distances": distances, "num_clusters": 4, **changes})


def test_sizes_count_empty_clusters_too():
    assert made().sizes("video").tolist() == [2, 3, 0, 1]


def test_nearest_clips_come_first():
    assert [clips.tolist() for clips in made().nearest("video", count=2)] == [[1, 0], [3, 4], [], [5]]


def test_refuses_unknown_labels_and_no_clips():
    with pytest.raises(ValueError, match="no labels 'joint'; this run has video, audio"):
        made().nearest("joint", count=1)
    with pytest.raises(ValueError, match="count is 0"):
        made().nearest("video", count=0)


def test_judged_against_classes_of_the_first_clips():
    classes = torch.tensor([7, 7, 5, 7])
    figures = made().judge(classes)
    assert figures["video/nmi"] == pytest.approx(normalized_mutual_info_score([7, 7, 5, 7], [0, 0, 1, 1]))
    assert figures["video/purity"] == 0.75
    assert figures["audio/purity"] == 1.0


def test_figures():
    figures = describe(made(), None)
    shares = torch.tensor([2, 3, 1]) / 6
    assert figures["video/entropy"] == pytest.approx(float(-(shares * shares.log()).sum()) / math.log(4))
    assert figures["video/largest"] == 0.5
    assert (figures["video/smallest"], figures["video/empty"]) == (0.0, 1.0)
    assert figures["video/distance"] == pytest.approx(made().distances["video"].square().mean().item())
    assert "video/nmi_to_last" not in figures


def test_renaming_clusters_changes_nothing_from_round_to_round():
    renamed = {name: 3 - labels for name, labels in made().labels.items()}
    figures = describe(made(2, labels=renamed), made())
    assert figures["video/nmi_to_last"] == pytest.approx(1.0)


def test_saved_rounds_are_read_again(tmp_path):
    for number in (1, 2, 10):
        save_round(tmp_path / f"round-{number:02d}", made(number, figures={"video/entropy": 0.5}))
    (tmp_path / "round-11").mkdir()  # not clustered yet
    rounds = read_rounds(tmp_path)
    assert [found.number for found in rounds] == [1, 2, 10]
    assert list(rounds[0].labels) == ["video", "audio"]  # in the order in which they were given
    for name, labels in made().labels.items():
        assert torch.equal(rounds[0].labels[name], labels)
        assert torch.equal(rounds[0].distances[name], made().distances[name])
    assert rounds[0].figures == {"video/entropy": 0.5}
    assert rounds[0].num_clusters == 4


def test_no_rounds(tmp_path):
    assert read_round(tmp_path) is None
    with pytest.raises(ValueError, match=r"no rounds in .*; give the folder of a run of deep clustering"):
        read_rounds(tmp_path)
