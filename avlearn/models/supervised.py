"""The same encoders trained with labels: the upper bound that a model without labels is read against.

Everything else in this library learns from pictures and sounds alone. This model is told which classes are heard in
each scene, and it is the only one that is: `fit` gives it scenes without their truth like all others, so it must be
handed the source of the labels itself (`learn_from`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from avlearn.audio import LogMel
from avlearn.data import SOUNDING
from avlearn.encoders import ImageNormalize
from avlearn.models.dcc import _NORMALIZATION, Encoders, _encoders
from avlearn.types import AVBatch, SceneSource, StepOutput


@dataclass(frozen=True, kw_only=True)
class SupervisedConfig:
    """Everything that defines a model trained with labels; encoders and inputs are those of `DCCConfig`."""

    encoders: Encoders = "small"
    """small, vgg or resnet18."""
    image_size: int = 96
    """Height and width of the pictures in pixels."""
    frontend: str = "small"
    """Preset of `LogMel`."""
    num_classes: int = len(SOUNDING)
    """Classes that can be heard, numbered from 0."""

    def __post_init__(self) -> None:
        if self.num_classes < 2:
            raise ValueError(f"num_classes is {self.num_classes}; there must be 2 at least to tell apart")


class Supervised(nn.Module):
    """Two encoders, each with a linear layer that names the classes heard, from the mean and maximum of its map.

    The picture is asked for what is *heard* too, so it must tell from looks alone what of it may sound.

    Args:
        config: see `SupervisedConfig`.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> world, model = World(DIFFICULTIES["big"], seed=0), Supervised(SupervisedConfig())
        >>> model.learn_from(world)
        >>> sorted(model.step(world.batch(range(4), truth=False)).logs)[:2]
        ['audio/accuracy', 'chance/accuracy']
    """

    def __init__(self, config: SupervisedConfig) -> None:
        super().__init__()
        self.config = config
        self.normalize = ImageNormalize(_NORMALIZATION[config.encoders])
        self.image_encoder, self.audio_encoder = _encoders(config.encoders)
        self.frontend = LogMel(config.frontend)
        self.image_head = nn.Linear(2 * self.image_encoder.out_dim, config.num_classes)
        self.audio_head = nn.Linear(2 * self.audio_encoder.out_dim, config.num_classes)
        self._labels: _Labels | None = None

    def learn_from(self, scenes: SceneSource) -> None:
        """Read the labels of the batches to come in the truth of these scenes, by the scenes' numbers.

        Args:
            scenes: what `fit` trains on, and the only place in the library where training meets truth.
        """
        self._labels = _Labels(scenes, self.config.num_classes)

    def step(self, batch: AVBatch) -> StepOutput:
        """Binary cross-entropy of the classes heard, mean over classes and over picture and sound.

        Raises:
            ValueError: `learn_from` wasn't called, or its scenes have other numbers or more classes.
        """
        if self._labels is None:
            raise ValueError("this model learns from labels and has none; call learn_from(scenes) before training")
        labels = self._labels(batch.index)
        image, audio = self.logits(*self.encode(batch))
        loss = (_cross_entropy(image, labels) + _cross_entropy(audio, labels)) / 2
        return StepOutput(loss=loss, logs=_logs(loss, image, audio, labels))

    def encode(self, batch: AVBatch) -> tuple[Float[Tensor, "B C h w"], Float[Tensor, "B C t f"]]:
        """Feature maps of the pictures (the middle frame of a clip) and of the sounds."""
        picture = self.normalize(batch.frames[:, :, batch.frames.shape[2] // 2])
        image: Tensor = self.image_encoder(picture)
        audio: Tensor = self.audio_encoder(self.frontend(batch.waveform))
        return image, audio

    def logits(
        self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]
    ) -> tuple[Float[Tensor, "V L"], Float[Tensor, "A L"]]:
        """Log-odds that each class is heard, by each picture and by each sound, from their feature maps."""
        return self.image_head(_pooled(image)), self.audio_head(_pooled(audio))

    def match(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Expected number of classes that picture and sound share: all they have in common for this model is a name."""
        seen, heard = self.logits(image, audio)
        return seen.float().sigmoid() @ heard.float().sigmoid().mT


class _Labels:
    """Which classes are heard in the scenes of a source, asked for once for each scene."""

    def __init__(self, scenes: SceneSource, classes: int) -> None:
        self.scenes, self.classes = scenes, classes
        self.known: dict[int, Tensor] = {}

    def __call__(self, index: Int[Tensor, " B"]) -> Float[Tensor, "B L"]:
        numbers = index.tolist()
        new = sorted(set(numbers) - self.known.keys())
        if new:
            self.known.update(zip(new, self._heard(new), strict=True))
        return torch.stack([self.known[number] for number in numbers]).to(index.device)

    def _heard(self, numbers: list[int]) -> Tensor:
        batch = self.scenes.batch(numbers, truth=True)
        truth = batch.truth
        if truth is None or batch.index.tolist() != numbers:
            raise ValueError(f"the source of labels doesn't tell the truth of scenes {numbers[:3]}...; give the source "
                             "that numbers the scenes and knows their truth")  # fmt: skip
        heard = truth.classes.masked_fill(~truth.sounds, -1)
        if int(heard.max()) >= self.classes:
            raise ValueError(f"class {int(heard.max())} is heard, but the model knows {self.classes}; "
                             "build it with more num_classes")  # fmt: skip
        return (heard[..., None] == torch.arange(self.classes)).any(1).float()


def _pooled(maps: Float[Tensor, "B C h w"]) -> Float[Tensor, "B E"]:
    return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)


def _cross_entropy(logits: Float[Tensor, "B L"], labels: Float[Tensor, "B L"]) -> Float[Tensor, ""]:
    return F.binary_cross_entropy_with_logits(logits.float(), labels)


@torch.no_grad()
def _logs(loss: Tensor, image: Tensor, audio: Tensor, labels: Tensor) -> dict[str, float]:
    rate = labels.mean()
    right = {name: labels.gather(1, logits.argmax(1, keepdim=True)).mean()
             for name, logits in (("image", image), ("audio", audio))}  # fmt: skip
    return {
        "loss": float(loss),
        "chance/loss": float(F.binary_cross_entropy(rate, rate)),
        "image/accuracy": float(right["image"]),
        "audio/accuracy": float(right["audio"]),
        "chance/accuracy": float(rate),
    }
