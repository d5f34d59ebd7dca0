from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from avlearn.tasks import understand
from avlearn.types import AVBatch, HeatMaps

from .conftest import Squares

CLASSES = 5
SINGLE = ("sq--", "-sq-", "q--s")
INTERVALS = {"recall_at_1", "recall_at_5", "median_rank", "map_by_class"}
PARTS = {"audio", "picture", "both", "picture_by_sound", "picture_by_wrong_sound"}
CLUSTER_MEASURES = {"purity", "nmi", "matched_accuracy"}


class Knowing(nn.Module):
    """Features are the classes that are heard, with a little noise, or noise alone."""

    def __init__(self, world, *, ignorant: bool = False) -> None:
        super().__init__()
        self.world, self.ignorant = world, ignorant

    def encode(self, batch: AVBatch) -> tuple[torch.Tensor, torch.Tensor]:
        truth = self.world.batch(batch.index.tolist(), truth=True).truth
        heard = (nn.functional.one_hot(truth.classes.clamp_min(0), CLASSES) * truth.sounds[..., None]).amax(1).float()
        noise = torch.stack(
            [torch.randn(2, CLASSES, generator=torch.Generator().manual_seed(int(index))) for index in batch.index]
        )
        image, audio = (0.01 * noise.unbind(1)[k] + (0 if self.ignorant else heard) for k in range(2))
        return image[..., None, None].expand(-1, -1, 3, 3), audio[..., None, None].expand(-1, -1, 2, 2)


class Comparing(Knowing):
    """Compares and clusters too."""

    def match(self, image: torch.Tensor, audio: torch.Tensor) -> torch.Tensor:
        return image.amax((2, 3)) @ audio.amax((2, 3)).mT

    def explain(self, image: torch.Tensor, audio: torch.Tensor) -> HeatMaps:
        maps, clusters = image.mean(1), torch.softmax(audio, dim=1)
        return HeatMaps(
            similarity=maps, attention=maps, clusters=maps[:, None], score=maps[:, 0, 0], sound_clusters=clusters
        )


@pytest.fixture(scope="module")
def report():
    test, train = Squares(SINGLE, classes=CLASSES), Shifted(Squares(SINGLE, classes=CLASSES))
    others = {"random": Comparing(test, ignorant=True), "probed": Knowing(test)}
    return understand.evaluate(
        Comparing(test), test, train_scenes=train, count=60, train_count=80, others=others, batch_size=32, seed=1
    )


class Shifted:
    """The same world from scene 1000 on."""

    def __init__(self, world) -> None:
        self.world = world

    def batch(self, indices, *, truth):
        return self.world.batch([index + 1000 for index in indices], truth=truth)


def test_record_is_json_and_complete(report):
    assert json.loads(json.dumps(report)) == report
    assert (report["task"], report["scenes"], report["train_scenes"], report["classes"]) == ("understand", 60, 80, 5)
    assert set(report["models"]) == {"model", "random", "probed"}
    for way in ("sound_from_picture", "picture_from_sound"):
        found = report["models"]["model"]["retrieval"][way]
        assert set(found) - {"intervals"} == set(found["intervals"]) == INTERVALS
    assert set(report["models"]["model"]["classification"]) == PARTS
    assert set(report["models"]["model"]["clusters"]) == {f"{part}_kmeans" for part in PARTS} | {"sound_clusters"}
    for clusters in report["models"]["model"]["clusters"].values():
        assert set(clusters) == CLUSTER_MEASURES | {"clusters", "intervals", "chance"}
        assert set(clusters["intervals"]) == set(clusters["chance"]) == CLUSTER_MEASURES


def test_who_knows_the_classes_is_perfect(report):
    knowing = report["models"]["model"]
    for way in knowing["retrieval"].values():
        assert way["map_by_class"] == 1
        assert way["median_rank"] < report["chance"]["retrieval"]["median_rank"] / 3
    for found in (*knowing["classification"].values(), *report["models"]["probed"]["classification"].values()):
        assert (found["accuracy"], found["intervals"]["accuracy"]) == (1.0, [1.0, 1.0])
    for name in ("audio_kmeans", "picture_kmeans", "both_kmeans", "sound_clusters"):
        assert [knowing["clusters"][name][key] for key in CLUSTER_MEASURES] == pytest.approx([1.0] * 3)
        assert knowing["clusters"][name]["clusters"] == CLASSES


def test_who_knows_nothing_scores_chance(report):
    ignorant, chance = report["models"]["random"], report["chance"]
    for way in ignorant["retrieval"].values():
        for measure in ("recall_at_5", "map_by_class"):
            assert way[measure] == pytest.approx(chance["retrieval"][measure], abs=0.08)
    assert ignorant["classification"]["both"]["accuracy"] < 0.45
    for clusters in ignorant["clusters"].values():
        for measure in CLUSTER_MEASURES:
            low, high = clusters["intervals"][measure]
            assert low - 0.05 <= clusters["chance"][measure] <= high + 0.05


def test_chance_is_what_the_numbers_of_scenes_and_classes_say(report):
    chance = report["chance"]["retrieval"]
    assert chance["recall_at_1"] == pytest.approx(1 / 60)
    assert chance["recall_at_5"] == pytest.approx(5 / 60)
    assert chance["median_rank"] == 30.5
    assert 1 / CLASSES < chance["map_by_class"] < 1 / CLASSES + 0.1


def test_who_knows_only_classes_finds_its_own_among_equals(report):
    known = report["classes_known"]["retrieval"]
    world = Squares(SINGLE, classes=CLASSES)
    truth = world.batch(range(60), truth=True).truth
    heard = [int(c[s][0]) for c, s in zip(truth.classes, truth.sounds, strict=True)]
    equals = [heard.count(label) for label in heard]
    assert known["map_by_class"] == 1
    assert known["recall_at_1"] == pytest.approx(sum(1 / n for n in equals) / 60)
    assert known["recall_at_5"] == pytest.approx(sum(min(5, n) / n for n in equals) / 60)


class Pointing(Comparing):
    """The class heard stands in one corner of the map, others elsewhere; only the right sound points at the corner."""

    def encode(self, batch: AVBatch) -> tuple[torch.Tensor, torch.Tensor]:
        image, audio = super().encode(batch)
        image = image.clone()
        image[:, :, 2, 2] = image[:, :, 0, 0].roll(1, 0)
        image[:, :, 1, :] = 1.0
        return image, audio

    def explain(self, image: torch.Tensor, audio: torch.Tensor) -> HeatMaps:
        right = image[:, :, 0, 0].argmax(1) == audio[:, :, 0, 0].argmax(1)
        heat = torch.zeros(len(image), 3, 3)
        heat[right, 0, 0] = heat[~right, 2, 2] = 1.0
        return HeatMaps(similarity=heat, attention=heat, clusters=heat[:, None], score=heat[:, 0, 0])


def test_the_sound_tells_where_to_look_and_a_wrong_one_does_not(squares):
    world = squares(SINGLE, classes=CLASSES)
    found = understand.evaluate(Pointing(world), world, train_scenes=Shifted(world), count=60, train_count=80, seed=0)
    parts = found["models"]["model"]["classification"]
    assert parts["picture_by_sound"]["accuracy"] == 1
    assert parts["picture_by_wrong_sound"]["accuracy"] < 0.7
    clusters = found["models"]["model"]["clusters"]
    assert clusters["picture_by_sound_kmeans"]["purity"] == pytest.approx(1)
    assert clusters["picture_by_wrong_sound_kmeans"]["purity"] < 0.7


def test_intervals_hold_their_number(report):
    found = [report["models"]["random"]["retrieval"]["sound_from_picture"]]
    found += [*report["models"]["random"]["clusters"].values(), *report["models"]["random"]["classification"].values()]
    for numbers in found:
        for name, (low, high) in numbers["intervals"].items():
            assert low <= numbers[name] <= high


def test_a_model_that_only_encodes_is_not_asked_to_compare(report):
    probed = report["models"]["probed"]
    assert probed["retrieval"] is None
    assert set(probed["classification"]) == {"audio", "picture", "both"}
    assert set(probed["clusters"]) == {"audio_kmeans", "picture_kmeans", "both_kmeans"}


def test_several_sources_are_relevant_to_all_that_share_one(squares):
    several = squares(("ssq-", "sq--"), classes=CLASSES)
    found = understand.evaluate(Comparing(several), several, train_scenes=several, count=12, train_count=12, seed=0)
    assert found["models"]["model"]["retrieval"]["sound_from_picture"]["map_by_class"] > 0.9
    assert found["chance"]["retrieval"]["map_by_class"] > 0.4


def test_same_seed_same_record(squares):
    world = squares(SINGLE, classes=CLASSES)
    first, again = (
        understand.evaluate(Comparing(world), world, train_scenes=world, count=20, train_count=30, seed=4)
        for _ in range(2)
    )
    assert first == again


def test_bad_input_is_refused(squares):
    world = squares(SINGLE, classes=CLASSES)
    model = Comparing(world)
    with pytest.raises(ValueError, match="train_count is 0"):
        understand.evaluate(model, world, train_scenes=world, count=4, train_count=0)
    with pytest.raises(ValueError, match='named "model"'):
        understand.evaluate(model, world, train_scenes=world, count=4, others={"model": model})
