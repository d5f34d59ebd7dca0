from __future__ import annotations

import pytest
import torch
from torch import nn

from avlearn.clustering import Pairs
from avlearn.data import DIFFICULTIES, World
from avlearn.metrics.trivial import edge_energy
from avlearn.models import CAVL, CAVLConfig
from avlearn.tasks.object_maps import all_objects, edge_maps, model_maps, random_objects
from avlearn.tasks.scene_scores import hunt_in
from avlearn.types import AVBatch, HeatMaps


class Corners(nn.Module):
    """One cluster for each quarter of the picture; the attention is 1 above and 2 below."""

    def localize(self, batch: AVBatch) -> HeatMaps:
        assert batch.truth is None
        clusters = torch.zeros(len(batch), 4, 8, 8)
        for number in range(4):
            top, left = 4 * (number // 2), 4 * (number % 2)
            clusters[:, number, top : top + 4, left : left + 4] = 1
        attention = torch.ones(len(batch), 8, 8)
        attention[:, 4:] = 2
        return HeatMaps(similarity=-attention, attention=attention, clusters=clusters, score=torch.zeros(len(batch)))


@pytest.fixture
def scenes(squares):
    batch = squares(("sqo-", "-s-q")).batch([0, 1], truth=True)
    return batch, hunt_in(batch, torch.arange(2))


def test_shared_maps_have_the_mean_heat_of_each_object(scenes):
    batch, hunt = scenes
    shown = model_maps(Corners(), batch, hunt)
    assert list(shown) == ["attention", "similarity", "clusters"]
    assert shown["attention"].maps.shape == (2, 1, 24, 24)
    assert shown["attention"].heat.tolist() == [[1, 1, 0, 0], [0, 1, 0, 2]]
    assert torch.equal(shown["similarity"].heat, -shown["attention"].heat)


def test_each_object_is_shown_by_the_cluster_that_is_hottest_on_it(scenes):
    batch, hunt = scenes
    split = model_maps(Corners(), batch, hunt)["clusters"]
    assert split.maps.shape == (2, 4, 24, 24)
    assert split.heat.tolist() == [[1, 1, 0, 0], [0, 1, 0, 2]]
    quarter = torch.zeros(24, 24)
    quarter[:10, :10] = 1  # the border is smoothed when maps are enlarged
    assert torch.equal(split.maps[0, 0, :10, :10], quarter[:10, :10])
    assert float(split.maps[0, 0, 14:].abs().max()) == 0
    assert float(split.maps[1, 3, 14:, 14:].min()) == 2
    # The parts of all clusters are the whole attention
    assert float(split.maps[0, 1, :10, 14:].min()) == 1


class Paired(Corners):
    """Two sources: the upper and the lower half; a third slot is left over."""

    def pairs(self, batch: AVBatch) -> Pairs:
        heat = torch.zeros(len(batch), 3, 8, 8)
        heat[:, 0, :4], heat[:, 1, 4:] = 3, 5
        flat = torch.zeros(len(batch), 3, 1, 1)
        return Pairs(mass=flat[:, :, 0, 0], centres=flat[:, :, 0], heat=heat, sound=flat)


def test_each_object_is_shown_by_its_hottest_source(scenes):
    batch, hunt = scenes
    shown = model_maps(Paired(), batch, hunt)
    assert list(shown) == ["attention", "similarity", "clusters", "sources"]
    assert shown["sources"].heat.tolist() == [[3, 3, 0, 0], [0, 3, 0, 5]]
    assert shown["sources"].maps[1, 3, :10].abs().max() == 0


def test_sources_of_a_real_model_sum_to_its_attention():
    batch = World(DIFFICULTIES["multi"], seed=1).batch(range(2))
    model = CAVL(CAVLConfig()).eval()
    with torch.inference_mode():
        answer = model.localize(batch)
        torch.testing.assert_close(model.pairs(batch).heat.sum(1), answer.attention)
        assert "sources" in model_maps(model, batch, hunt_in(batch, batch.index))


def test_a_model_with_one_cluster_has_no_parts(scenes, oracle, squares):
    world = squares(("sqo-", "-s-q"))
    assert list(model_maps(oracle(world), *scenes)) == ["attention", "similarity"]


def test_baselines(scenes):
    batch, hunt = scenes
    every = all_objects(hunt)
    assert every.heat.tolist() == [[1, 1, 0, 0], [0, 1, 0, 1]]
    assert torch.equal(every.maps[:, 0] > 0, (hunt.masks & hunt.seen[..., None, None]).any(1))
    assert torch.equal(edge_maps(batch, hunt).maps[:, 0], edge_energy(batch.frames[:, :, 0]))


def test_random_objects_are_seen_and_as_many_as_asked(squares):
    batch = squares(("sqq-",)).batch(range(400), truth=True)
    hunt = hunt_in(batch, torch.arange(400))
    chosen = random_objects(hunt, share=0.3, generator=torch.Generator().manual_seed(0))
    assert float(chosen.heat.sum() / 1200) == pytest.approx(0.3, abs=0.04)
    assert float(chosen.heat[:, 3].sum()) == 0
    again = random_objects(hunt, share=0.3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(chosen.maps, again.maps)
    assert (chosen.maps.sum((1, 2, 3)) == 36 * chosen.heat.sum(1)).all()
