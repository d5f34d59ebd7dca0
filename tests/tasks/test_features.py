from __future__ import annotations

import pytest
import torch
from torch import nn

from avlearn.tasks.features import SceneFeatures, all_pairs, attended, embed, heard_scenes, sound_clusters
from avlearn.types import AVBatch, HeatMaps


class Loudness(nn.Module):
    """Features are the waveform's energy and the picture's brightness; a pair is their product."""

    def __init__(self, clusters: int = 3) -> None:
        super().__init__()
        self.clusters = clusters
        self.asked: list[AVBatch] = []
        self.blocks: list[tuple[int, int]] = []

    def encode(self, batch: AVBatch) -> tuple[torch.Tensor, torch.Tensor]:
        self.asked.append(batch)
        assert not self.training
        brightness = batch.frames.float().mean((1, 2, 3, 4))
        energy = batch.waveform.square().sum(1)
        return brightness.view(-1, 1, 1, 1).expand(-1, 2, 3, 3), energy.view(-1, 1, 1, 1).expand(-1, 4, 2, 2)

    def match(self, image: torch.Tensor, audio: torch.Tensor) -> torch.Tensor:
        self.blocks.append((len(image), len(audio)))
        return image[:, 0, 0, 0][:, None] * audio[:, 0, 0, 0]

    def explain(self, image: torch.Tensor, audio: torch.Tensor) -> HeatMaps:
        held = torch.zeros(len(audio), self.clusters, 2, 2)
        held[audio[:, 0, 0, 0] > 0.5, -1] = 1.0
        maps = image[:, 0]
        return HeatMaps(
            similarity=maps, attention=maps, clusters=maps[:, None], score=maps[:, 0, 0], sound_clusters=held
        )


def embedded(model, world, *, count: int, batch_size: int) -> SceneFeatures:
    return embed(model, heard_scenes(world, count=count, batch_size=batch_size), batch_size=batch_size)


def test_features_and_events_of_scenes_with_a_sound(squares):
    world = squares(("sq--", "q---", "soq-", "--s-"))
    model = Loudness().train()
    found = embedded(model, world, count=8, batch_size=3)
    assert model.training
    assert all(batch.truth is None for batch in model.asked)
    assert [len(batch) for batch in model.asked] == [3, 3]
    truth = world.batch(range(8), truth=True).truth
    scenes = [0, 2, 3, 4, 6, 7]
    assert (found.image.shape, found.audio.shape, len(found)) == ((6, 2, 3, 3), (6, 4, 2, 2), 6)
    for row, scene in enumerate(scenes):
        assert set(found.heard[row].nonzero().flatten().tolist()) == set(
            truth.classes[scene][truth.sounds[scene]].tolist()
        )
    assert found.loudest[0] == truth.classes[0, 0]
    assert found.loudest[2] == truth.classes[3, 2]


def test_loudest_source_is_the_event(squares):
    world = squares(("ssso",))
    batch = world.batch([0], truth=True)
    batch.truth.stems[0, 2] *= 3

    class Given:
        def batch(self, indices, *, truth):
            return batch

    assert embedded(Loudness(), Given(), count=1, batch_size=1).loudest.tolist() == [int(batch.truth.classes[0, 2])]


def test_scenes_are_made_once_for_all_models(squares):
    world, asked = squares(("sq--", "q---")), []

    class Counted:
        def batch(self, indices, *, truth):
            asked.append((list(indices), truth))
            return world.batch(indices, truth=truth)

    scenes = heard_scenes(Counted(), count=5, batch_size=2)
    for _ in range(2):
        found = embed(Loudness(), scenes, batch_size=2)
    assert asked == [([0, 1], True), ([2, 3], True), ([4], True)]
    assert scenes.batch.index.tolist() == [0, 2, 4]
    assert torch.equal(found.image[:, 0, 0, 0], world.batch([0, 2, 4], truth=False).frames.float().mean((1, 2, 3, 4)))


def test_pooled_vectors_are_mean_and_maximum(squares):
    found = embedded(Loudness(), squares(("s---",)), count=2, batch_size=2)
    found.image[:, 1, 0, 0] += 9
    vectors = found.pooled()
    assert {name: vector.shape for name, vector in vectors.items()} == {
        "audio": (2, 8),
        "picture": (2, 4),
        "both": (2, 12),
    }
    assert torch.allclose(vectors["picture"][:, 3] - vectors["picture"][:, 1], torch.tensor(8.0))
    assert torch.equal(vectors["both"], torch.cat([vectors["audio"], vectors["picture"]], dim=1))


def test_all_pairs_meet_in_blocks(squares):
    model = Loudness()
    found = embedded(model, squares(("sq--", "ssq-", "s---")), count=7, batch_size=7)
    pairs = all_pairs(model, found, block=3)
    assert torch.equal(pairs, model.match(found.image, found.audio))
    assert max(max(sizes) for sizes in model.blocks[:-1]) == 3
    assert len(model.asked) == 1  # nothing is encoded twice


def test_dominant_sound_cluster(squares):
    found = embedded(Loudness(), squares(("s---", "sss-")), count=4, batch_size=4)
    assert sound_clusters(Loudness(), found, block=3).tolist() == [0, 2, 0, 2]
    assert sound_clusters(Loudness(clusters=1), found, block=3) is None


def test_bad_input_is_refused(squares):
    with pytest.raises(ValueError, match="nothing is heard in any of the 3 scenes"):
        heard_scenes(squares(("q---",)), count=3, batch_size=2)

    class Untold:
        def batch(self, indices, *, truth):
            return squares(("s---",)).batch(indices, truth=False)

    with pytest.raises(ValueError, match="without their truth"):
        heard_scenes(Untold(), count=3, batch_size=2)


def test_attended_weighs_positions_by_positive_attention():
    torch.manual_seed(0)
    image, audio = torch.randn(5, 3, 2, 4), torch.zeros(5, 1, 2, 2)
    heat = torch.randn(5, 2, 4)
    heat[1], heat[2] = 0.0, -1.0  # nothing is pointed at: all positions alike

    class Pointing(Loudness):
        def explain(self, image: torch.Tensor, audio: torch.Tensor) -> HeatMaps:
            chosen = heat[: len(image)] if len(image) == 3 else heat[3:]
            return HeatMaps(similarity=chosen, attention=chosen, clusters=chosen[:, None], score=chosen[:, 0, 0])

    features = SceneFeatures(image=image, audio=audio, loudest=torch.zeros(5, dtype=torch.long),
                             heard=torch.ones(5, 1, dtype=torch.bool))  # fmt: skip
    found = attended(Pointing(), features, block=3)
    for scene in range(5):
        weights = [max(float(value), 0.0) for value in heat[scene].flatten()]
        weights = weights if sum(weights) > 0 else [1.0] * 8
        for channel in range(3):
            values = image[scene, channel].flatten().tolist()
            expected = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
            assert float(found[scene, channel]) == pytest.approx(expected, abs=1e-5)
