"""From bytes to the numbers that a set of weights expects."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from avlearn.encoders import NORMALIZATIONS, ImageNormalize, Normalization, SubtractBackground


@pytest.mark.parametrize("name", list(NORMALIZATIONS))
def test_known_values(name: str) -> None:
    """Every byte of every colour, by the definition (x / 255 - mean) / std."""
    frames = torch.arange(256, dtype=torch.uint8).repeat(3, 1).view(1, 3, 16, 16)
    expected = torch.stack(
        [
            (torch.arange(256, dtype=torch.float64) / 255 - mean) / std
            for mean, std in zip(NORMALIZATIONS[name].mean, NORMALIZATIONS[name].std, strict=True)
        ]
    ).view(1, 3, 16, 16)
    torch.testing.assert_close(ImageNormalize(name)(frames).double(), expected, rtol=1e-6, atol=1e-6)


def test_tf_is_minus_one_to_one() -> None:
    normalized = ImageNormalize("tf")(torch.tensor([0, 255], dtype=torch.uint8).expand(1, 3, 4, 2))
    assert (normalized.min(), normalized.max()) == (-1.0, 1.0)


def test_a_clip_is_normalised_frame_by_frame() -> None:
    clip = torch.randint(0, 256, (2, 3, 4, 5, 6), dtype=torch.uint8)
    normalize = ImageNormalize("imagenet")
    torch.testing.assert_close(normalize(clip)[:, :, 2], normalize(clip[:, :, 2]), rtol=0, atol=0)


def test_own_settings() -> None:
    own = Normalization(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    assert ImageNormalize(own)(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)).unique().tolist() == [1.0]


def test_autocast_leaves_float32_and_state_is_empty() -> None:
    normalize = ImageNormalize("small")
    with torch.autocast("cpu", torch.bfloat16):
        assert normalize(torch.zeros(1, 3, 2, 2, dtype=torch.uint8)).dtype == torch.float32
    assert normalize.state_dict() == {}


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (torch.zeros(1, 3, 2, 2), "float32, expected uint8"),
        (torch.zeros(1, 1, 2, 2, dtype=torch.uint8), r"\(1, 1, 2, 2\), expected \(B, 3, H, W\)"),
        (torch.zeros(3, 2, 2, dtype=torch.uint8), r"\(3, 2, 2\), expected \(B, 3, H, W\)"),
    ],
)
def test_refuses_what_is_no_picture(frames: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ImageNormalize("tf")(frames)


def test_refuses_unknown_names_and_flat_spreads() -> None:
    with pytest.raises(ValueError, match=r"'caffe'.*imagenet, kinetics, tf, small"):
        ImageNormalize("caffe")
    with pytest.raises(ValueError, match="std must be positive"):
        Normalization(mean=(0.0, 0.0, 0.0), std=(1.0, 0.0, 1.0))


def test_background_is_what_stands_still() -> None:
    still, moving = torch.rand(2, 3, 1, 5, 4), torch.randn(2, 3, 6, 5, 4)
    moving -= moving.mean(2, keepdim=True)
    torch.testing.assert_close(SubtractBackground()(still + moving), moving)
