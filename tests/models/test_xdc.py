"""The five schemes of deep clustering: who learns whose clusters, with which heads."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from avlearn.data import World, WorldSettings
from avlearn.models import TARGETS, DeepClustering, DeepClusteringConfig

CLIPS = World(WorldSettings(size=16, frames=3, seconds=0.3, silent=(0, 0)), seed=0).batch(range(6), truth=False)


def built(scheme="xdc", **changes):
    config = DeepClusteringConfig(**{"scheme": scheme, "num_clusters": 3, "image_size": 16, "width": 4, **changes})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return DeepClustering(config)


def labels(model):
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randint(0, 3, (6,), generator=generator) for name in model.label_sets}


def begun(scheme="xdc", **changes):
    model = built(scheme, **changes)
    model.begin_round(labels(model), seed=0)
    return model


@pytest.mark.parametrize(
    ("scheme", "sets"),
    [
        ("xdc", {"audio": ("audio",), "video": ("video",)}),
        ("sdc", {"audio": ("audio",), "video": ("video",)}),
        ("mdc", {"audio": ("audio",), "video": ("video",)}),
        ("cdc", {"joint": ("video", "audio")}),
        ("same_modality", {name: (name,) for name in ("audio", "audio_twin", "video", "video_twin")}),
    ],
)
def test_sets_of_labels(scheme, sets):
    assert dict(built(scheme).label_sets) == sets


@pytest.mark.parametrize("scheme", TARGETS)
def test_loss_is_the_sum_of_the_cross_entropies_of_the_table(scheme):
    model = begun(scheme).eval()
    known, expected = labels(model), 0.0
    with torch.no_grad():
        features = model.embed(CLIPS)
    for encoder, targets in TARGETS[scheme].items():
        for target in targets:
            logits = model.heads[encoder][target](features[encoder]).detach()
            for row in range(6):
                expected -= float(F.log_softmax(logits[row], 0)[known[target][row]])
    output = model.step(CLIPS)
    assert output.loss.item() == pytest.approx(expected / 6, rel=1e-5)
    heads = sum(len(targets) for targets in TARGETS[scheme].values())
    parts = [output.logs[f"loss/{encoder}"] for encoder in TARGETS[scheme]]
    assert sum(parts) == pytest.approx(output.loss.item(), rel=1e-5)
    assert output.logs["chance/loss"] == pytest.approx(heads * math.log(3))
    assert not any(isinstance(value, torch.Tensor) and value.requires_grad for value in output.logs.values())


@pytest.mark.parametrize(
    ("scheme", "changed", "encoder", "learns"),
    [
        ("xdc", "audio", "video", True),
        ("xdc", "video", "video", False),
        ("sdc", "video", "video", True),
        ("sdc", "audio", "video", False),
        ("mdc", "audio", "video", True),
        ("mdc", "video", "video", True),
        ("cdc", "joint", "video", True),
        ("same_modality", "video_twin", "video", True),
        ("same_modality", "video", "video", False),
        ("same_modality", "audio", "video", False),
    ],
)
def test_whose_labels_reach_an_encoder(scheme, changed, encoder, learns):
    def gradient(known):
        model = built(scheme)
        model.begin_round(known, seed=0)
        model.step(CLIPS).loss.backward()
        return next(model.encoders[encoder].parameters()).grad

    before = labels(built(scheme))
    after = {name: (one + 1) % 3 if name == changed else one for name, one in before.items()}
    assert torch.equal(gradient(before), gradient(after)) != learns


def test_twins_start_differently():
    model = built("same_modality")
    for name in ("video", "audio"):
        pair = (next(model.encoders[one].parameters()) for one in (name, f"{name}_twin"))
        assert not torch.equal(*pair)


def test_heads_die_with_their_labels():
    model = begun()
    encoder = {name: tensor.clone() for name, tensor in model.encoders.state_dict().items()}
    first = model.heads["video"]["audio"][1].weight.clone()
    model.step(CLIPS)  # moves the running means
    model.begin_round(labels(model), seed=1)
    second = model.heads["video"]["audio"]
    assert not torch.equal(first, second[1].weight)
    assert not second[1].bias.any()
    assert not second[0].running_mean.any()
    model.begin_round(labels(model), seed=0)
    assert torch.equal(first, model.heads["video"]["audio"][1].weight)
    for name, tensor in encoder.items():
        if "running" not in name and "num_batches" not in name:
            assert torch.equal(tensor, model.encoders.state_dict()[name])


def test_new_heads_are_small_and_know_nothing():
    weight = begun(num_clusters=512).heads["video"]["audio"][1].weight.detach()
    assert float(weight.std()) == pytest.approx(0.01, rel=0.05)
    model = begun().eval()
    logits = model.heads["video"]["audio"](model.embed(CLIPS)["video"])
    assert logits.abs().max() < 1


def test_labels_are_found_by_the_number_of_the_clip():
    model = begun().eval()
    back = CLIPS[torch.tensor([4, 1])]
    torch.testing.assert_close(
        model.step(back).loss, sum(model.step(CLIPS[torch.tensor([row])]).loss for row in (4, 1)) / 2
    )


def test_features_are_means_of_feature_maps():
    model = built().eval()
    video, audio = model.encode(CLIPS)
    assert video.ndim == 5
    features = model.embed(CLIPS)
    torch.testing.assert_close(features["video"], video.mean((2, 3, 4)))
    torch.testing.assert_close(features["audio"], audio.mean((2, 3)))
    assert features["video"].shape == (6, model.out_dim("video"))


@pytest.mark.parametrize("standardize", [True, False])
def test_learns_labels_by_heart(standardize):
    model = begun(standardize=standardize)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(40):
        optimizer.zero_grad()
        output = model.step(CLIPS)
        output.loss.backward()
        optimizer.step()
    assert output.loss.item() < 0.5 * output.logs["chance/loss"]


def test_needs_labels_first():
    with pytest.raises(ValueError, match="no labels yet; call begin_round, or train it by train_rounds"):
        built().step(CLIPS)


def test_refuses_clips_without_a_label():
    with pytest.raises(ValueError, match="clip 9 has no label; the clips 0 to 5 were clustered"):
        begun().step(replace(CLIPS, index=torch.tensor([0, 1, 2, 3, 4, 9])))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"audio": torch.zeros(6).long()}, "labels are audio; xdc needs audio, video"),
        ({"audio": torch.zeros(6).long(), "video": torch.zeros(5).long()}, "different lengths: audio 6, video 5"),
        ({"audio": torch.full((6,), 3), "video": torch.zeros(6).long()}, "labels of audio must be .* from 0 to 2"),
        ({"audio": torch.zeros(0).long(), "video": torch.zeros(0).long()}, "one or more numbers"),
    ],
)
def test_refuses_unusable_labels(wrong, message):
    with pytest.raises(ValueError, match=message):
        built().begin_round(wrong, seed=0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_clusters": 1}, "num_clusters is 1; there must be at least 2"),
        ({"width": 0}, "width is 0"),
    ],
)
def test_refuses_settings_without_sense(wrong, message):
    with pytest.raises(ValueError, match=message):
        DeepClusteringConfig(**wrong)


@pytest.mark.parametrize(
    ("name", "choices"), [("scheme", "xdc, sdc, mdc, cdc, same_modality"), ("encoders", "small, r2p")]
)
def test_refuses_unknown_names(name, choices):
    config = object.__new__(DeepClusteringConfig)  # the type checker of the tests would object first
    object.__setattr__(config, name, "xcd")
    with pytest.raises(ValueError, match=f"{name} is 'xcd'; choose one of {choices}"):
        config.__post_init__()


def test_refuses_unusable_clips():
    model = begun()
    wrong = object.__new__(type(CLIPS))  # the shape checker of the tests would object to the record itself
    for name, value in vars(CLIPS).items():
        object.__setattr__(wrong, name, value.float() if name == "frames" else value)
    with pytest.raises(ValueError, match=r"frames are torch\.float32"):
        model.embed(wrong)
    with pytest.raises(ValueError, match="this model sees 16 x 16, resize"):
        model.embed(replace(CLIPS, frames=CLIPS.frames[..., :8]))
    with pytest.raises(ValueError, match="this model hears 16000 Hz"):
        model.embed(replace(CLIPS, sample_rate=8000))


def test_silent_and_frozen_clips_have_features():
    still = replace(CLIPS, frames=torch.zeros_like(CLIPS.frames), waveform=torch.zeros_like(CLIPS.waveform))
    assert all(torch.isfinite(one).all() for one in built().eval().embed(still).values())


def test_a_background_that_is_subtracted_has_no_part_in_what_is_seen():
    plain, other = built(subtract_background=True).eval(), replace(CLIPS, frames=CLIPS.frames // 2)
    lit = replace(other, frames=other.frames + torch.arange(16, dtype=torch.uint8) * 5)  # the same light in all frames
    with torch.no_grad():
        torch.testing.assert_close(plain.embed(lit)["video"], plain.embed(other)["video"], rtol=1e-4, atol=1e-5)
        moved = replace(other, frames=other.frames.roll(2, dims=-1))
        assert not torch.allclose(plain.embed(moved)["video"], plain.embed(other)["video"], rtol=1e-3)
        usual = built().eval()
        assert not torch.allclose(usual.embed(lit)["video"], usual.embed(other)["video"], rtol=1e-3)
