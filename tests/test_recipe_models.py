"""The models of the recipes: controls differ from what they control in one thing, published ones in nothing known."""

from __future__ import annotations

from dataclasses import replace

from avlearn.recipe_models import PUBLISHED, RECIPES


def test_controls_differ_in_one_thing():
    assert replace(RECIPES["one_vector"], num_clusters=RECIPES["dcc_seeded"].num_clusters) == RECIPES["dcc_seeded"]
    for name in ("frame_max", "average_pool"):
        assert replace(RECIPES[name], matcher="max") == RECIPES["max_pool"]


def test_every_published_model_has_a_recipe():
    assert PUBLISHED.keys() <= RECIPES.keys()


def test_published_numbers():
    dcc, simplified, cavl = (PUBLISHED[name] for name in ("dcc", "simplified_dcc", "cavl"))
    assert (dcc.num_clusters, dcc.dim, dcc.iterations, dcc.sharpness, dcc.margin) == (10, 16, 3, 1.0, 10.0)
    for released in (simplified, cavl):
        assert (released.encoders, released.image_size, released.frontend) == ("resnet18", 224, "simplified_dmc")
        assert (released.iterations, released.sharpness, released.objective) == (4, 30.0, "contrastive")
    assert (simplified.num_clusters, simplified.margin) == (2, 5.0)
    assert (cavl.image_clusters, cavl.audio_clusters) == (4, 2)
