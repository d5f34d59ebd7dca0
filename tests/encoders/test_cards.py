"""Cards of published weights: consistent, honest about what is unknown, and fit for the encoders they name."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

import avlearn.encoders
from avlearn.encoders import (
    NORMALIZATIONS,
    R2PLUS1D18_KINETICS,
    RESNET18_IMAGENET,
    VGG16_IMAGENET,
    VGGISH_AUDIOSET,
    XDC_WEIGHTS,
    BatchNormSettings,
    ClipSampling,
    WeightsCard,
)

CARDS = [VGG16_IMAGENET, RESNET18_IMAGENET, VGGISH_AUDIOSET, R2PLUS1D18_KINETICS, *XDC_WEIGHTS.values()]
XDC_HASHES = {
    "r2plus1d_18_xdc_ig65m_kinetics": "f24f6ffb",
    "r2plus1d_18_xdc_ig65m_random": "189d23f4",
    "r2plus1d_18_xdc_audioset": "f29ffe8f",
    "r2plus1d_18_fs_kinetics": "622bdad9",
    "r2plus1d_18_fs_imagenet": "ff446670",
}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.file_name)
def test_published_file_names_hold_the_beginning_of_their_hash(card: WeightsCard) -> None:
    assert card.file_name.endswith(f"-{card.sha256[:8]}.pth")
    assert (card.normalization is None) != (card.sample_rate is None)
    assert f"sha256: {card.sha256}" in str(card).splitlines()
    assert f"paper: {card.paper}" in str(card).splitlines()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.file_name)
def test_the_named_encoder_has_the_settings_of_the_card(card: WeightsCard) -> None:
    with torch.device("meta"):
        encoder: nn.Module = eval(card.encoder, vars(avlearn.encoders))
    norms = [part for part in encoder.modules() if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d)]
    assert {BatchNormSettings(eps=norm.eps, momentum=norm.momentum) for norm in norms} == {
        settings for settings in [card.batch_norm] if settings is not None
    }
    assert (card.clip is None) == ("r2plus1d" not in card.encoder)


@pytest.mark.parametrize("name", XDC_HASHES)
def test_released_encoders_of_xdc(name: str) -> None:
    assert list(XDC_WEIGHTS) == list(XDC_HASHES)
    card = XDC_WEIGHTS[name]
    folder = "https://github.com/HumamAlwassel/XDC/releases/download/model_weights"
    assert card.source == f"{folder}/{name}-{XDC_HASHES[name]}.pth"
    assert card.sha256 == XDC_HASHES[name]
    assert card.normalization == NORMALIZATIONS["kinetics"]
    assert card.batch_norm == BatchNormSettings(eps=1e-3, momentum=0.1)
    assert "clip: frames 32, frame_rate unknown, picture_size unknown" in str(card).splitlines()


def test_only_what_a_card_says_is_shown() -> None:
    assert str(VGGISH_AUDIOSET).splitlines() == [
        "name: VGGish, port to PyTorch",
        "source: https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
        "sha256: 10086976",
        "encoder: vggish()",
        "sample_rate: 16000",
        "leaves_out: ('embeddings.*',)",
        "licence: see github.com/harritaylor/torchvggish",
        "paper: Hershey et al., ICASSP 2017",
    ]
    assert "batch_norm: eps 1e-05, momentum 0.1" in str(R2PLUS1D18_KINETICS)
    assert "clip: frames 16, frame_rate 15, picture_size 112" in str(R2PLUS1D18_KINETICS)


@pytest.mark.parametrize("sha256", ["", "abc", "XYZ12345", "ABCDEF01", "0" * 65])
def test_card_refuses_a_hash_that_is_none(sha256: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        replace(VGG16_IMAGENET, sha256=sha256)


@pytest.mark.parametrize("change", [{"frames": 0}, {"frame_rate": -15.0}, {"picture_size": 0}])
def test_clips_that_cannot_be(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(change))} is .*, expected above 0, or None where it is unknown"):
        ClipSampling(**change)
