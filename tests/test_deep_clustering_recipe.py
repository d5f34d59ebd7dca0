import pytest
import torch

from avlearn import deep_clustering_recipe, load
from avlearn.deep_clustering_recipe import NAMES, classes_of, get, train
from avlearn.models import DeepClustering
from avlearn.training import read_card


@pytest.mark.parametrize("profile", ["smoke", "book", "gpu", "paper"])
@pytest.mark.parametrize("name", NAMES)
def test_every_scheme_has_every_profile(name, profile):
    recipe = get(name, profile)
    assert (recipe.name, recipe.profile, recipe.model.scheme) == (name, profile, name)
    assert recipe.world.size == recipe.test_world.size == recipe.model.image_size
    assert recipe.world.frames >= 8
    assert recipe.rounds.clips >= recipe.model.num_clusters


def test_schemes_differ_in_the_scheme_alone():
    one, other = get("xdc"), get("sdc")
    assert (one.rounds, one.training, one.world) == (other.rounds, other.training, other.world)


def test_seeds():
    recipe = get("xdc", "smoke")
    first, again, other = recipe.build(0), recipe.build(0), recipe.build(1)
    weight = "encoders.video.layers.0.space.0.weight"
    assert torch.equal(first.state_dict()[weight], again.state_dict()[weight])
    assert not torch.equal(first.state_dict()[weight], other.state_dict()[weight])
    seeds = {recipe.scenes(seed).seed for seed in range(3)}
    assert not seeds & {recipe.fresh_scenes(seed).seed for seed in range(3)}


@pytest.mark.parametrize("name", ["xdc", "same_modality"])
def test_smoke_run_is_loaded_again(name, tmp_path):
    seen = []
    model, result = train(
        get(name, "smoke"), seed=2, out=tmp_path, device="cpu", callback=lambda found, model: seen.append(found.number)
    )
    assert seen == [1, 2]
    card = read_card(tmp_path)
    assert (card.recipe, card.profile, card.seed, card.step) == (name, "smoke", 2, result.steps)
    loaded = load(tmp_path)
    assert isinstance(loaded, DeepClustering)
    clips = get(name, "smoke").fresh_scenes(0).batch(range(3), truth=False)
    for encoder, features in model.eval().embed(clips).items():
        torch.testing.assert_close(loaded.embed(clips)[encoder], features)


def test_one_step_of_the_published_sizes():
    recipe = get("xdc", "paper")
    model = recipe.build(0)
    assert sum(parameter.numel() for parameter in model.encoders["video"].parameters()) == 31_300_125
    clips = recipe.scenes(0).batch(range(2), truth=False)
    small = type(clips)(**{**vars(clips), "frames": clips.frames[..., ::4, ::4]})
    model.config = type(model.config)(**{**vars(model.config), "image_size": small.frames.shape[-1]})
    model.begin_round({"audio": torch.tensor([0, 1]), "video": torch.tensor([1, 0])}, seed=0)
    output = model.step(small)
    output.loss.backward()
    assert torch.isfinite(output.loss)
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_classes_are_those_heard():
    world = get("xdc", "smoke").scenes(0)
    classes = classes_of(world, count=70)
    assert len(classes) == 70
    truth = world[69].truth
    assert int(classes[69]) == int(truth.classes[truth.sounds])


def test_refuses_unknown_names():
    with pytest.raises(ValueError, match="unknown scheme 'dcc'; choose one of xdc, sdc, mdc, cdc, same_modality"):
        get("dcc")
    with pytest.raises(ValueError, match="unknown profile 'large'; choose one of smoke, book, gpu, paper"):
        deep_clustering_recipe.get("xdc", "large")
