"""CAVL: released sizes, sources of a scene, and numbers of clusters that change."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn import recipes
from avlearn.data import DIFFICULTIES, World
from avlearn.losses import contrastive
from avlearn.models import CAVL, CAVLConfig

SMALL = replace(DIFFICULTIES["multi"], size=32, seconds=0.5)


@pytest.fixture(scope="module")
def batch():
    return World(SMALL, seed=0).batch(range(6))


def build(**changes) -> CAVL:
    torch.manual_seed(0)
    return CAVL(CAVLConfig(**{"image_size": 32, "image_clusters": 4, "audio_clusters": 2, **changes}))


def test_paper_recipe_has_the_released_sizes_and_takes_a_step():
    recipe = recipes.get("cavl", "paper")
    model = recipe.build(0).train()
    curriculum = recipe.scenes(0)
    clusters = [(stage.image_clusters, stage.audio_clusters) for stage in curriculum.stages]
    assert clusters == [(2, 1), (4, 2)]
    batch = curriculum.stages[1].scenes.batch(range(2), truth=False)
    image, audio = model.encode(batch)
    assert (image.shape, audio.shape) == ((2, 512, 14, 14), (2, 512, 13, 4))
    output = model.step(batch)
    output.loss.backward()
    assert torch.isfinite(output.loss)
    assert model.image_encoder.conv1.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("objective", ["max_margin", "info_nce", "contrastive"])
def test_a_step_reaches_encoders_and_detectors(batch, objective):
    model = build(objective=objective, margin=1.0).train()
    model.step(batch).loss.backward()
    reached = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    wanted = {name for name, _ in model.named_parameters() if "encoder" in name or name.endswith("linear.weight")}
    assert wanted <= reached


def test_the_contrastive_distance_is_that_of_matched_centres(batch):
    model = build(objective="contrastive", margin=1.0).eval()
    image, audio = model.encode(batch)
    seen, heard = model.matcher.see(image), model.matcher.hear(audio)
    gaps = (seen.centres[:, None, :, None] - heard.centres[None, :, None]).square().sum(-1).amin(2)
    distance = (gaps * heard.mass).sum(-1).sqrt()
    torch.testing.assert_close(model.step(batch).loss, contrastive(distance, margin=1.0), rtol=1e-3, atol=1e-5)


def test_sources_of_each_scene(batch):
    model = build(image_clusters=8, audio_clusters=4).eval()
    pairs = model.pairs(batch)
    assert pairs.heat.shape == (6, 8, 4, 4)
    assert (pairs.count(0.0) == 8).all()
    assert (pairs.count(1.1) == 0).all()
    torch.testing.assert_close(pairs.heat.sum(1), model.localize(batch).attention)


def test_changed_clusters_equal_those_of_a_model_built_with_them(batch):
    changed, built = build(image_clusters=6, audio_clusters=1), build(image_clusters=4, audio_clusters=2)
    changed.set_clusters(image=4)
    assert (changed.config.image_clusters, changed.config.audio_clusters) == (4, 1)
    changed.set_clusters(audio=2)
    assert changed.config == built.config
    built.load_state_dict(changed.state_dict())
    torch.testing.assert_close(changed.eval().similarity(batch), built.eval().similarity(batch))


def test_silence_before_an_empty_picture_has_a_finite_step(batch):
    model = build(image_clusters=8, audio_clusters=4).train()
    frames = torch.full_like(batch.frames, 90)
    empty = replace(batch, frames=frames, waveform=torch.zeros_like(batch.waveform), truth=None)
    loss = model.step(empty).loss
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_refuses_no_clusters():
    with pytest.raises(ValueError, match="got 0 visual clusters and 2 of the sound; give at least one of each"):
        build().set_clusters(image=0)


def test_training_never_reads_the_truth(batch):
    losses = [build().train().step(b).loss for b in (batch, batch.without_truth())]
    assert torch.equal(*losses)
