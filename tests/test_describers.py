from __future__ import annotations

import pytest
import torch

from avlearn.describers import RELEASED_VIEW, VideoNetwork, describer, network
from avlearn.encoders import r2plus1d_18
from avlearn.encoders.cards import XDC_WEIGHTS
from avlearn.tasks.descriptors import Cepstra, Hears, Sees, View


def test_names_give_what_they_say():
    assert isinstance(describer("mfcc", "sound"), Cepstra)
    hears = describer("random", "sound")
    assert isinstance(hears, Hears)
    assert hears.hear(torch.zeros(1, 32_000)).shape == (1, 256)
    assert isinstance(describer("dcc", "picture"), Sees)
    assert describer("random", "video").see(torch.zeros(1, 3, 8, 64, 64, dtype=torch.uint8)).shape == (1, 256)


def test_an_untrained_network_depends_on_its_seed_alone():
    for kind in ("sound", "video"):
        first, again, other = (network("random", kind, seed=seed).state_dict() for seed in (1, 1, 2))
        assert all(torch.equal(first[name], again[name]) for name in first)
        assert any(not torch.equal(first[name], other[name]) for name in first)


def test_trained_and_untrained_differ():
    sound = 0.1 * torch.randn(1, 16_000, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(describer("dcc", "sound").hear(sound), describer("random", "sound").hear(sound))


def test_released_weights_go_into_the_network_of_their_card(tmp_path, monkeypatch):
    from avlearn import describers

    torch.manual_seed(0)
    states = {f"{name}": value for name, value in r2plus1d_18("vmz").state_dict().items()}
    card = XDC_WEIGHTS["r2plus1d_18_xdc_audioset"]
    asked = []
    monkeypatch.setattr(describers, "fetch_weights", lambda card, folder: asked.append((card.name, folder)) or folder)
    monkeypatch.setattr(describers, "load_weights", lambda module, path, **words: module.load_state_dict(states))
    model = network("r2plus1d_18_xdc_audioset", "video", weights=tmp_path)
    assert isinstance(model, VideoNetwork)
    assert model.view == RELEASED_VIEW == View(size=112, frames=32, frame_rate=30.0)
    assert asked == [(card.name, tmp_path)]
    assert torch.equal(model.video_encoder.state_dict()["stem.0.weight"], states["stem.0.weight"])


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("mfcc", "video", "mfcc describes sounds, and these are files of video"),
        ("nowhere", "sound", "no checkpoint 'nowhere'"),
        ("r2plus1d_18_xdc_audioset", "video", "say by `weights` in which folder"),
        ("separator", "sound", "has no frontend"),
    ],
)
def test_mistakes_are_named(name, kind, said):
    with pytest.raises(ValueError, match=said):
        describer(name, kind)


def test_hand_made_features_are_no_network():
    with pytest.raises(ValueError, match="mfcc is no network"):
        network("mfcc", "sound")
