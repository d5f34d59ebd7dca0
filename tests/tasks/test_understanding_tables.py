"""Tables hold what the records hold, with chance and bounds."""

from __future__ import annotations

import pytest
import torch

from avlearn.data import World, WorldSettings
from avlearn.tasks import understand
from avlearn.tasks.understanding_tables import PARTS, WAYS, classification_rows, cluster_rows, retrieval_rows
from avlearn.types import AVBatch, HeatMaps


class Bare:
    """Pixels and samples as features, which only encode."""

    def encode(self, batch: AVBatch) -> tuple[torch.Tensor, torch.Tensor]:
        return batch.frames[:, :, 0].float() / 255, batch.waveform[:, None, None, :256]


class Guess(Bare):
    """Compares too, by loudness."""

    def match(self, image: torch.Tensor, audio: torch.Tensor) -> torch.Tensor:
        return image.mean((1, 2, 3))[:, None] * audio.square().mean((1, 2, 3))

    def explain(self, image: torch.Tensor, audio: torch.Tensor) -> HeatMaps:
        maps = image.mean(1)
        return HeatMaps(similarity=maps, attention=maps, clusters=maps[:, None], score=maps[:, 0, 0])


@pytest.fixture(scope="module")
def record():
    test, train = (World(WorldSettings(size=16), seed=seed) for seed in (1, 3))
    return understand.evaluate(Guess(), test, train_scenes=train, count=30, train_count=40, others={"bare": Bare()})


@pytest.mark.parametrize("way", WAYS)
def test_retrieval_rows(record, way):
    rows = retrieval_rows(record, way, model="loudness")
    assert [row["model"] for row in rows] == ["loudness", "classes known", "chance"]
    found = record["models"]["model"]["retrieval"][way]
    assert list(rows[0].values())[1:] == [
        found[key] for key in ("recall_at_1", "recall_at_5", "median_rank", "map_by_class")
    ]
    assert rows[1]["mAP by class"] == 1
    assert rows[2]["R@1"] == pytest.approx(1 / 30)


def test_classification_rows(record):
    rows = classification_rows(record)
    assert [row["features"] for row in rows] == ["model", "bare", "chance"]
    assert list(rows[0]) == ["features", *PARTS.values()]
    assert rows[0]["both"] == record["models"]["model"]["classification"]["both"]["accuracy"]
    assert rows[1]["picture by sound"] is None
    assert set(list(rows[2].values())[1:]) == {record["chance"]["classification"]["accuracy"]}


def test_cluster_rows_have_chance_beside_every_number(record):
    rows = cluster_rows(record, "picture_kmeans", model="loudness")
    assert [row["model"] for row in rows] == ["loudness", "bare"]
    scores = record["models"]["model"]["clusters"]["picture_kmeans"]
    assert rows[0]["NMI"] == scores["nmi"]
    assert rows[0]["NMI by chance"] == scores["chance"]["nmi"]
    assert rows[0]["clusters"] == scores["clusters"]
    assert [row["model"] for row in cluster_rows(record, "picture_by_sound_kmeans")] == ["model"]
    assert cluster_rows(record, "sound_clusters") == []


def test_unknown_ways_and_double_names_are_refused(record):
    with pytest.raises(ValueError, match="unknown way 'sideways'"):
        retrieval_rows(record, "sideways")
    with pytest.raises(ValueError, match="unknown clustering 'heaps'"):
        cluster_rows(record, "heaps")
    with pytest.raises(ValueError, match="another model 'bare'"):
        cluster_rows(record, "audio_kmeans", model="bare")
