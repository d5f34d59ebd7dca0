"""What every model promises, whatever its matcher: a step, maps, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from avlearn.data import DIFFICULTIES, World
from avlearn.models import DCC, DCCConfig

SMALL = replace(DIFFICULTIES["big"], size=32, seconds=0.5)
MATCHERS = ("co_clustering", "seeded", "simplified", "max", "frame_max", "average")


@pytest.fixture(scope="module")
def batch():
    return World(SMALL, seed=0).batch(range(6))


def build(**changes) -> DCC:
    torch.manual_seed(0)
    return DCC(DCCConfig(**{"image_size": 32, "num_clusters": 3, "sharpness": 10.0, **changes}))


@pytest.mark.parametrize("matcher", MATCHERS)
@pytest.mark.parametrize("objective", ["max_margin", "info_nce", "contrastive"])
def test_a_step_gives_a_finite_loss_and_gradients_everywhere(batch, matcher, objective):
    model = build(matcher=matcher, objective=objective, warm_up_steps=4, learn_scale=True).train()
    model.step(batch).loss.backward()
    trained = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    encoders = {name for name, _ in model.named_parameters() if "encoder" in name}
    assert encoders <= trained
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_logs_tell_loss_chance_and_collapse(batch):
    logs = build().train().step(batch).logs
    assert logs["chance/accuracy"] == pytest.approx(1 / 6)
    assert logs["chance/loss"] == 10.0
    assert 0 <= logs["collapse/assignment_entropy"] <= 1
    assert 0 <= logs["collapse/occupancy"] <= 1
    assert logs["collapse/effective_rank"] >= 1
    assert logs.keys() == build().train().step(batch).logs.keys()


def test_warm_up_fades_with_the_steps_of_training(batch):
    model = build(warm_up_steps=2, objective="info_nce")
    assert model.train().step(batch).logs["warm_up/weight"] == 1.0
    assert model.train().step(batch).logs["warm_up/weight"] == 0.5
    assert model.eval().step(batch).logs["warm_up/weight"] == 0.0
    assert int(model.steps_seen) == 2
    assert model.step(batch).logs["chance/loss"] == pytest.approx(math.log(6))


@pytest.mark.parametrize("matcher", MATCHERS)
def test_training_never_reads_the_truth(batch, matcher):
    losses = [build(matcher=matcher).train().step(b).loss for b in (batch, batch.without_truth())]
    assert torch.equal(*losses)


@pytest.mark.parametrize("matcher", MATCHERS)
def test_maps_have_the_encoder_s_size_and_the_similarity_s_score(batch, matcher):
    model = build(matcher=matcher).eval()
    maps = model.localize(batch)
    assert maps.similarity.shape == maps.attention.shape == (6, 4, 4)
    torch.testing.assert_close(maps.score, model.similarity(batch).diagonal(), rtol=1e-3, atol=1e-4)


def test_a_clip_is_seen_by_its_middle_frame(batch):
    model = build().eval()
    clip = replace(batch, frames=batch.frames.repeat(1, 1, 3, 1, 1) * torch.tensor([0, 1, 0])[:, None, None].byte())
    torch.testing.assert_close(model.similarity(clip), model.similarity(batch))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"frames": torch.zeros(6, 3, 1, 16, 16, dtype=torch.uint8)}, r"\(16, 16\); this model sees 32 x 32"),
        ({"frames": torch.zeros(6, 1, 1, 32, 32, dtype=torch.uint8)}, r"give uint8 \(B, 3, T, H, W\)"),
        ({"sample_rate": 8000}, "8000 Hz; this model hears 16000 Hz"),
        ({"waveform": torch.zeros(6, 100)}, "pad it with zeros"),
        ({"waveform": torch.full((6, 8000), torch.nan)}, "NaN or infinite"),
    ],
)
def test_refuses_what_it_was_not_made_for(batch, changes, said):
    with pytest.raises(ValueError, match=said):
        build().localize(replace(batch, **changes))


def test_refuses_float_pictures(batch):
    wrong = object.__new__(type(batch))  # the shape checker of the tests would object to the record itself
    for name, value in vars(batch).items():
        object.__setattr__(wrong, name, value.float() if name == "frames" else value)
    with pytest.raises(ValueError, match=r"frames are torch\.float32"):
        build().encode(wrong)


def test_silence_is_heard_without_error(batch):
    maps = build(sharpness=30.0).eval().localize(replace(batch, waveform=torch.zeros_like(batch.waveform)))
    assert torch.isfinite(maps.attention).all()


@pytest.mark.parametrize(
    ("changes", "said"), [({"num_clusters": 1}, "num_clusters is 1"), ({"scale": 0.0}, "scale must be positive")]
)
def test_refuses_nonsense_settings(changes, said):
    with pytest.raises(ValueError, match=said):
        build(**changes)


@pytest.mark.parametrize("matcher", MATCHERS)
def test_kept_features_give_what_the_batch_gives(batch, matcher):
    model = build(matcher=matcher).eval()
    image, audio = model.encode(batch)
    blocks = torch.cat([torch.cat([model.match(v, a) for a in audio.split(4)], dim=1) for v in image.split(2)])
    assert torch.allclose(blocks, model.similarity(batch), atol=1e-6)
    assert torch.equal(model.explain(image, audio).attention, model.localize(batch).attention)
