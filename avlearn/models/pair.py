"""What the models of this library share: two encoders, a matcher, an objective.

Two encoders give a feature map each, a matcher compares every picture of the batch with every sound, and an objective
asks the true pairs to win. The matcher makes the difference between the systems; see `avlearn.clustering`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, Protocol, get_args, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.audio import LogMel
from avlearn.clustering import PooledMatcher
from avlearn.encoders import (
    VGG,
    ImageNormalize,
    ResNet18,
    SmallEncoder,
    resnet18,
    small_audio,
    small_image,
    vgg16,
    vggish,
)
from avlearn.losses import Negatives, contrastive, info_nce, max_margin
from avlearn.metrics.collapse import assignment_entropy, cluster_occupancy, effective_rank
from avlearn.models.hub import HubModel
from avlearn.processes import whole
from avlearn.types import AVBatch, HeatMaps, StepOutput

Encoders = Literal["small", "vgg", "resnet18"]
Objective = Literal["max_margin", "info_nce", "contrastive"]

WATCHED = 8
"""Scenes of each batch whose assignments are watched for collapse."""


@runtime_checkable
class Matcher(Protocol):
    """How sets of vectors are compared: a module from `avlearn.clustering`."""

    def __call__(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Similarity of every picture with every sound."""
        ...

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"]) -> HeatMaps:
        """Heat maps of picture i for sound i."""
        ...


@dataclass(frozen=True, kw_only=True)
class PairConfig:
    """What every model is defined by but its matcher."""

    encoders: Encoders = "small"
    """small: for processors. vgg: VGG-16 and VGGish, as in DCC. resnet18: two, as in Simplified_DMC."""
    image_size: int = 96
    """Height and width of the pictures in pixels."""
    frontend: str = "small"
    """Preset of `LogMel`."""
    objective: Objective = "max_margin"
    """Loss on the similarity matrix."""
    margin: float = 10.0
    """Of max_margin and contrastive, on the scaled similarity."""
    negatives: Negatives = "one"
    """Wrong pairs that max_margin and contrastive count."""
    scale: float = 1.0
    """Similarities are multiplied by this before the objective."""
    learn_scale: bool = False
    """Whether the scale is learnt, from `scale` on."""
    warm_up_steps: int = 0
    """Steps over which a max-pooled InfoNCE on the bare encoders fades: a stand-in for pretrained encoders."""
    warm_up_floor: float = 0.0
    """Weight at which that fading ends; 0 leaves the encoders to the matcher alone."""

    def __post_init__(self) -> None:
        for name, allowed in (("encoders", Encoders), ("objective", Objective)):
            check_choice(name, getattr(self, name), get_args(allowed))
        if not self.scale > 0 or self.warm_up_steps < 0:
            raise ValueError(f"scale must be positive and warm_up_steps not negative, got {self.scale}, "
                             f"{self.warm_up_steps}")  # fmt: skip
        if not 0 <= self.warm_up_floor < 1:
            raise ValueError(f"warm_up_floor is {self.warm_up_floor}; give a weight of at least 0 and less than 1")


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is not among the allowed ones.

    Raises:
        ValueError: it is not.
    """
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; choose one of {', '.join(allowed)}")


class PairModel(HubModel, nn.Module, ABC):
    """Two encoders, a matcher and an objective; each system brings its own matcher.

    Args:
        config: see `PairConfig`.
    """

    steps_seen: Tensor
    config: PairConfig

    def __init__(self, config: PairConfig) -> None:
        super().__init__()
        self.config = config
        self.normalize = ImageNormalize(_NORMALIZATION[config.encoders])
        self.image_encoder, self.audio_encoder = _encoders(config.encoders)
        self.frontend = LogMel(config.frontend)
        self.matcher = self.build_matcher(self.image_encoder.out_dim)
        self.warm_up = PooledMatcher("max")
        self.log_scale = nn.Parameter(torch.tensor(math.log(config.scale)), requires_grad=config.learn_scale)
        self.warm_up_log_scale = nn.Parameter(torch.tensor(math.log(10.0)), requires_grad=config.warm_up_steps > 0)
        self.register_buffer("steps_seen", torch.tensor(0))

    @abstractmethod
    def build_matcher(self, in_dim: int) -> Matcher:
        """The matcher of this system, for feature maps of so many channels."""

    def step(self, batch: AVBatch) -> StepOutput:
        """Loss of a batch of true pairs; wrong pairs are made from the same batch.

        Where processes share the batch, each matches its own pictures with the sounds of all.
        """
        image, audio = self.encode(batch)
        sounds = whole(audio)
        similarity = whole(self.matcher(image, sounds))
        loss = self._objective(similarity)
        fade = self._fade()
        if fade > 0:
            warm_up = info_nce(whole(self.warm_up(image, sounds)) * self.warm_up_log_scale.exp())
            loss = (1 - fade) * loss + fade * warm_up
        if self.training:
            self.steps_seen += 1
        return StepOutput(loss=loss, logs=self._logs(loss, similarity, fade, image, sounds))

    def localize(self, batch: AVBatch) -> HeatMaps:
        """Heat maps of each picture for its sound.

        Raises:
            ValueError: wrong type, size or channel number of the pictures, or an unusable sound.
        """
        return self.explain(*self.encode(batch))

    def similarity(self, batch: AVBatch) -> Float[Tensor, "B B"]:
        """Similarity of every picture (row) with every sound (column)."""
        return self.match(*self.encode(batch))

    def encode(self, batch: AVBatch) -> tuple[Float[Tensor, "B C h w"], Float[Tensor, "B C t f"]]:
        """Feature maps of the pictures (the middle frame of a clip) and of the sounds."""
        self._check(batch)
        picture = self.normalize(batch.frames[:, :, batch.frames.shape[2] // 2])
        image: Tensor = self.image_encoder(picture)
        audio: Tensor = self.audio_encoder(self.frontend(batch.waveform))
        return image, audio

    def match(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Similarity of every picture with every sound, from feature maps, which can be kept and compared in blocks."""
        similarity: Tensor = self.matcher(image, audio)
        return similarity

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"]) -> HeatMaps:
        """Heat maps of picture i for sound i, from their feature maps."""
        maps: HeatMaps = self.matcher.explain(image, audio)
        return maps

    def distance(self, similarity: Float[Tensor, "B B"]) -> Float[Tensor, "B B"]:
        """Distance for the contrastive objective; here similarities are negative distances."""
        return -similarity

    def _objective(self, similarity: Float[Tensor, "B B"]) -> Float[Tensor, ""]:
        config, scale = self.config, self.log_scale.exp()
        if config.objective == "info_nce":
            return info_nce(scale * similarity)
        if config.objective == "contrastive":
            return contrastive(scale * self.distance(similarity), margin=config.margin, negatives=config.negatives)
        return max_margin(scale * similarity, margin=config.margin, negatives=config.negatives)

    def _fade(self) -> float:
        steps = self.config.warm_up_steps
        return max(self.config.warm_up_floor, 1 - int(self.steps_seen) / steps) if steps else 0.0

    @torch.no_grad()
    def _logs(self, loss: Tensor, similarity: Tensor, fade: float, image: Tensor, sounds: Tensor) -> dict[str, float]:
        right = (similarity.argmax(1) == torch.arange(len(similarity), device=similarity.device)).float().mean()
        return {
            "loss": float(loss),
            "chance/loss": self._chance_loss(len(similarity), fade),
            "pairs/accuracy": float(right),
            "chance/accuracy": 1 / len(similarity),
            "warm_up/weight": fade,
            **self._collapse_signs(image, sounds),
        }

    def _collapse_signs(self, image: Tensor, sounds: Tensor) -> dict[str, float]:
        signs = {"collapse/effective_rank": float(effective_rank(whole(image.float().mean((2, 3)))))}
        maps = self.matcher.explain(whole(image[:WATCHED])[:WATCHED], sounds[:WATCHED])
        # Pictures are nearly all background, so that one cluster holds most of them is no collapse; sounds tell more
        heard = maps.sound_clusters
        clusters = heard if heard is not None and heard.shape[1] > 1 else maps.clusters
        if clusters.shape[1] > 1:
            signs["collapse/assignment_entropy"] = float(assignment_entropy(clusters))
            signs["collapse/occupancy"] = float(cluster_occupancy(clusters))
        return signs

    def _chance_loss(self, batch_size: int, fade: float) -> float:
        # What each objective gives when all similarities are equal, at best
        margin = self.config.margin
        chance = {"info_nce": math.log(batch_size), "max_margin": margin, "contrastive": margin**2 / 8}
        return (1 - fade) * chance[self.config.objective] + fade * math.log(batch_size)

    def _check(self, batch: AVBatch) -> None:
        size = self.config.image_size
        if batch.frames.dtype != torch.uint8 or batch.frames.ndim != 5 or batch.frames.shape[1] != 3:
            raise ValueError(f"frames are {batch.frames.dtype} {tuple(batch.frames.shape)}; give uint8 (B, 3, T, H, W)")
        if tuple(batch.frames.shape[-2:]) != (size, size):
            raise ValueError(f"pictures are {tuple(batch.frames.shape[-2:])}; this model sees {size} x {size}, resize")
        if batch.sample_rate != self.frontend.sample_rate:
            raise ValueError(f"the sound has {batch.sample_rate} Hz; this model hears {self.frontend.sample_rate} Hz")


_NORMALIZATION: dict[Encoders, str] = {"small": "small", "vgg": "tf", "resnet18": "imagenet"}


def _encoders(name: Encoders) -> tuple[SmallEncoder | VGG | ResNet18, SmallEncoder | VGG | ResNet18]:
    if name == "vgg":
        return vgg16(last_pool=True), vggish(last_pool=True)
    if name == "resnet18":
        return resnet18(3, last_stride=1), resnet18(1, last_stride=1)
    return small_image(), small_audio()
