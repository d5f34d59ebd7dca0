"""Visual centres: one space for all queries, the same with or without sharing work, and never more than the mixture."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn import load
from avlearn.audio import resample
from avlearn.data import DIFFICULTIES, World, mix_and_separate
from avlearn.models import DCC, DCCConfig, Separator, SeparatorConfig, VisualCentre
from avlearn.models.regions import at_points, pool
from avlearn.models.visual_centre import FLOOR
from avlearn.types import AVBatch

WORLD = World(DIFFICULTIES["multi"], seed=3)


@pytest.fixture(scope="module")
def centre():
    return VisualCentre(load("dcc")).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def batch():
    return WORLD.batch(range(6))


def test_a_query_is_the_mean_under_the_attention(centre, batch):
    features, audio = centre.localizer.encode(batch)
    attention = centre.localizer.explain(features, audio).attention.double().clamp(min=FLOOR)
    for row, found in enumerate(centre(batch)):
        mean = (features[row].double() * attention[row]).sum((1, 2))
        torch.testing.assert_close(found.double(), mean / mean.norm(), atol=1e-5, rtol=0)


def test_all_queries_are_unit_vectors_of_one_space(centre, batch):
    sight = centre.look(batch)
    kinds = {
        "heard": sight.heard()[:, None],
        "at": sight.at(torch.rand(6, 3, 2)),
        "inside": sight.inside(torch.tensor([0.1, 0.2, 0.6, 0.7]).expand(6, 2, 4)),
        "of_clusters": sight.of_clusters(),
        "on": sight.on(sight.hills(most=2)),
    }
    for queries in kinds.values():
        assert queries.shape[0] == 6
        assert queries.shape[2] == centre.out_dim == 128
        torch.testing.assert_close(queries.norm(dim=2), torch.ones(queries.shape[:2]))


def test_a_box_around_everything_asks_for_all_that_is_heard(centre, batch):
    sight = centre.look(batch)
    whole = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(6, 1, 4)
    torch.testing.assert_close(sight.inside(whole)[:, 0], sight.heard())


def test_where_nothing_is_heard_a_point_asks_for_what_is_there(centre, batch):
    sight = centre.look(batch)
    deaf = replace(sight, maps=replace(sight.maps, attention=torch.full_like(sight.maps.attention, -1.0)))
    points = torch.tensor([0.3, 0.4]).expand(6, 1, 2)
    torch.testing.assert_close(deaf.at(points), pool(sight.features, at_points(points, size=sight.size)))
    assert not deaf.hills().there.any()


def test_hills_are_where_sources_are(centre):
    batch = WORLD.batch(range(40))
    truth, hills = batch.truth, centre.look(batch.without_truth()).hills(most=1)
    boxes = truth.boxes[:, :, 0]
    inside = (hills.points >= boxes[..., :2]) & (hills.points <= boxes[..., 2:])
    assert (inside.all(2) & truth.sounding).any(1).float().mean() > 0.8


def test_mixtures_are_asked_about_the_same_with_less_work(centre):
    scenes = World(DIFFICULTIES["big"], seed=0).batch(range(5))
    for sources in (2, 3):
        mixed = mix_and_separate(scenes, generator=torch.Generator().manual_seed(0), sources=sources)
        expected = centre(mixed.questions()).unflatten(0, (5, sources))
        torch.testing.assert_close(centre.of_mixtures(mixed), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("sources", "shown"), [(2, 4), (3, 6)])
def test_a_share_of_the_mixtures_is_asked_about_as_all_are(centre, sources, shown):
    scenes = World(DIFFICULTIES["big"], seed=0).batch(range(6))
    mixed = mix_and_separate(scenes, generator=torch.Generator().manual_seed(0), sources=sources)
    share = mixed[shown - 2 : shown]
    expected = centre.of_mixtures(mixed)[shown - 2 : shown]
    torch.testing.assert_close(centre.of_mixtures(share), expected, atol=1e-5, rtol=0)


def test_mixtures_of_the_same_pictures_are_asked_about_one_by_one(centre):
    scenes = World(DIFFICULTIES["big"], seed=0).batch(range(2))
    mixed = mix_and_separate(scenes, generator=torch.Generator().manual_seed(0))
    names = ("waveform", "parts", "frames", "rows", "index")
    twice = replace(mixed, **{name: torch.cat([getattr(mixed, name)] * 2) for name in names})
    expected = centre.of_mixtures(mixed).repeat(2, 1, 1)
    torch.testing.assert_close(centre.of_mixtures(twice), expected, atol=1e-5, rtol=0)


def test_the_clean_parts_have_no_part_in_the_query(centre):
    mixed = mix_and_separate(World(DIFFICULTIES["big"], seed=0).batch(range(4)), generator=torch.Generator())
    other = replace(mixed, parts=torch.rand_like(mixed.parts))
    assert torch.equal(centre.of_mixtures(other), centre.of_mixtures(mixed))


def test_hears_other_rates_and_other_lengths(centre, batch):
    slow = replace(batch, waveform=resample(batch.waveform, rate=16_000, new_rate=22_050), sample_rate=22_050)
    assert (centre(slow) * centre(batch)).sum(1).min() > 0.95
    assert centre(replace(batch, waveform=batch.waveform.repeat(1, 2))).shape == (6, 128)


def test_a_separator_learns_with_it_and_leaves_it_as_it_was():
    torch.manual_seed(0)
    separator = Separator(SeparatorConfig(levels=2, width=2), VisualCentre(DCC(DCCConfig()))).train()
    before = {name: value.clone() for name, value in separator.query.state_dict().items()}
    batch: AVBatch = World(DIFFICULTIES["big"], seed=0).batch(range(4), truth=False)
    separator.step(batch).loss.backward()
    assert all(torch.equal(value, before[name]) for name, value in separator.query.state_dict().items())
    assert all(parameter.grad is None for parameter in separator.query.parameters())
