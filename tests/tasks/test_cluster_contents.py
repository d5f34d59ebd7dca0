"""Titles tell sizes of all clips, and classes of those that are known."""

from __future__ import annotations

import pytest
import torch

from avlearn.tasks.cluster_contents import cluster_titles

CLUSTERS = torch.tensor([0, 0, 0, 0, 2, 2, 2, 2, 2])
NAMES = ("bell", "horn", "siren")


def test_every_cluster_has_its_size_and_its_commonest_class():
    classes = torch.tensor([0, 0, 0, 1, 2, 2, 2, 1, 2])
    assert cluster_titles(CLUSTERS, classes, NAMES, num_clusters=4) == [
        "cluster 0: 4 clips, 75 % bell",
        "cluster 1: 0 clips",
        "cluster 2: 5 clips, 80 % siren",
        "cluster 3: 0 clips",
    ]


def test_only_known_classes_count():
    assert cluster_titles(CLUSTERS, torch.tensor([0, 1, 1]), NAMES, num_clusters=3) == [
        "cluster 0: 4 clips, 67 % horn",
        "cluster 1: 0 clips",
        "cluster 2: 5 clips",
    ]


def test_more_classes_than_clips_are_told():
    with pytest.raises(ValueError, match="2 classes for 1 clips"):
        cluster_titles(torch.tensor([0]), torch.tensor([0, 1]), NAMES, num_clusters=1)
