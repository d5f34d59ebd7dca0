"""Features by name, as `avlearn evaluate` asks for them: hand-made ones, an untrained network, or a trained model."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from avlearn import pretrained, recipes
from avlearn.data.manifests import Kind
from avlearn.encoders import ImageNormalize, fetch_weights, load_weights, r2plus1d_18, small_video
from avlearn.encoders.cards import XDC_WEIGHTS, WeightsCard
from avlearn.recipe_models import RECIPES
from avlearn.tasks.descriptors import Cepstra, Hears, Sees, View, hearing_of, seeing_of

HAND_MADE, UNTRAINED = "mfcc", "random"
"""Names of the features that need no checkpoint."""
UNTRAINED_RECIPE = "dcc"
"""Recipe whose encoders of sounds and pictures are left untrained."""
RELEASED_VIEW = View(size=112, frames=32, frame_rate=30.0)
"""How clips lie for the released weights of XDC: 32 frames as published for its final table; size and rate are ours."""


class VideoNetwork(nn.Module):
    """A video encoder with what it needs to see clips.

    Args:
        video_encoder: (B, 3, T, H, W) to a feature map.
        normalize: of frames in bytes.
        view: how the frames lie.
    """

    def __init__(self, video_encoder: nn.Module, normalize: ImageNormalize, view: View) -> None:
        super().__init__()
        self.video_encoder, self.normalize, self.view = video_encoder, normalize, view


def describer(
    name: str, kind: Kind, *, seed: int = 0, device: str = "cpu", weights: Path | None = None, view: View | None = None
) -> Hears | Sees:
    """What describes the files of a data set.

    Args:
        name: `mfcc`, for sounds; or a network, see `network`.
        kind: of the files.
        seed: of an untrained network.
        device: where a network runs.
        weights: folder of downloaded weights.
        view: clips of frames that a network sees; None leaves it to the network.

    Raises:
        ValueError: no such checkpoint, or features that can't be had of such files.
    """
    if name == HAND_MADE:
        if kind != "sound":
            raise ValueError(f"{HAND_MADE} describes sounds, and these are files of {kind}; give {UNTRAINED} or a "
                             "checkpoint")  # fmt: skip
        return Cepstra()
    model = network(name, kind, seed=seed, device=device, weights=weights)
    return hearing_of(model) if kind == "sound" else seeing_of(model, view)


def network(name: str, kind: Kind, *, seed: int = 0, device: str = "cpu", weights: Path | None = None) -> nn.Module:
    """A network by name.

    Args:
        name: `random`, the untrained encoders of this library for such files; a shipped model; the folder of a run; or
            one of the five released video encoders of XDC, such as `r2plus1d_18_xdc_audioset`.
        kind: of the files that it is for.
        seed: of an untrained network.
        device: where it runs.
        weights: folder that holds the released weights, or gets them.

    Raises:
        ValueError: no such checkpoint, hand-made features, or released weights without a folder.
        ConnectionError: released weights that aren't there and can't be downloaded.
    """
    if name == HAND_MADE:
        raise ValueError(f"{HAND_MADE} is no network that could be trained; give {UNTRAINED} or a checkpoint")
    if name == UNTRAINED:
        return _untrained(kind, seed).to(device).eval()
    if name in XDC_WEIGHTS:
        return _released(XDC_WEIGHTS[name], weights).to(device).eval()
    return pretrained.load(name, device=device)


def _untrained(kind: Kind, seed: int) -> nn.Module:
    if kind != "video":
        return recipes.untrained(RECIPES[UNTRAINED_RECIPE], seed=seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return VideoNetwork(small_video(), ImageNormalize("small"), View(size=64))


def _released(card: WeightsCard, folder: Path | None) -> nn.Module:
    if folder is None:
        raise ValueError(f"{card.file_name} is {card.name}; say by `weights` in which folder it lies, or where it "
                         "is to be downloaded to")  # fmt: skip
    encoder = r2plus1d_18("vmz")
    load_weights(encoder, fetch_weights(card, folder), card=card, ignore=card.leaves_out, quiet=True)
    return VideoNetwork(encoder, ImageNormalize(card.normalization or "kinetics"), RELEASED_VIEW)
