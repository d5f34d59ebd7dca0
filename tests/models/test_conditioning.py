"""Layers that a query acts through: shapes, what each is made of, and that nearly parallel queries are told apart."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from avlearn.models.conditioning import Directions, FiLM, Mixer, Synthesizer, conditioner
from avlearn.models.unet import UNet


@pytest.mark.parametrize(("name", "kind"), [("mixer", Mixer), ("synthesizer", Synthesizer), ("film", FiLM)])
def test_conditioner_builds_the_named_layers(name, kind):
    assert isinstance(conditioner(name, 5, unet=UNet(1, 4, levels=2, width=3), maps=4, hidden=6), kind)


def test_directions_have_mean_zero_and_variance_one_in_training():
    queries = torch.ones(64, 5) + 0.01 * torch.randn(64, 5, generator=torch.Generator().manual_seed(0))
    spread = Directions(5).train()(queries)
    torch.testing.assert_close(spread.mean(0), torch.zeros(5), atol=1e-3, rtol=0)
    assert spread.std(0).min() > 0.5  # eps of the norm is not small against such a variance
    torch.testing.assert_close(Directions(5).eval()(9 * queries), Directions(5).eval()(queries))


def test_mixer_weighs_each_map_and_adds_a_bias():
    torch.manual_seed(0)
    mixer, maps, queries = Mixer(5, 4, 6).eval(), torch.randn(2, 4, 3, 7), torch.randn(2, 3, 5)
    found, weights = mixer(maps, queries), mixer.weights(queries.flatten(0, 1)).unflatten(0, (2, 3))
    for b in range(2):
        for m in range(3):
            expected = sum(weights[b, m, c] * maps[b, c] for c in range(4)) + weights[b, m, 4]
            torch.testing.assert_close(found[b, m], expected)
    assert (weights < 0).any()


def test_synthesizer_starts_with_shares_of_the_maps():
    torch.manual_seed(0)
    layers = Synthesizer(5, 4).eval()
    found = layers(torch.ones(1, 4, 2, 2), torch.randn(1, 3, 5))
    assert found.shape == (1, 3, 2, 2)
    assert 0 < found.min() < found.max() < 4


def test_film_of_a_silent_modulation_is_the_identity():
    film = FiLM(5, 4).eval()
    for part in film.modulation.modules():
        if isinstance(part, nn.Linear):
            nn.init.zeros_(part.weight)
            nn.init.zeros_(part.bias)
    x = torch.randn(2, 4, 3, 3)
    assert torch.equal(film(x, torch.randn(2, 5)), x)
