"""The same encoders trained with labels: the upper bound that a model without labels is read against.

Everything else in this library learns from pictures and sounds alone. This model is told which classes are heard in
each scene, and it is the only one that is: `fit` gives it scenes without their truth like all others, so it must be
handed the source of the labels itself (`learn_from`). It isn't part of any of the papers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from avlearn.data import SOUNDING
from avlearn.metrics.collapse import effective_rank
from avlearn.models.pair import PairConfig, PairModel
from avlearn.processes import whole
from avlearn.types import AVBatch, HeatMaps, SceneSource, StepOutput


@dataclass(frozen=True, kw_only=True)
class SupervisedConfig(PairConfig):
    """Everything that defines a model trained with labels; of what all models have, only the inputs and encoders count.

    Raises:
        ValueError: fewer than two classes.
    """

    num_classes: int = len(SOUNDING)
    """Classes that can be heard, numbered from 0."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_classes < 2:
            raise ValueError(f"num_classes is {self.num_classes}; there must be at least 2 to tell apart")


class Supervised(PairModel):
    """Two encoders, and for each a linear layer that names the classes heard.

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

    config: SupervisedConfig
    matcher: NamingMatcher

    def __init__(self, config: SupervisedConfig) -> None:
        super().__init__(config)
        self._labels: _Labels | None = None

    def build_matcher(self, in_dim: int) -> NamingMatcher:
        """The two linear layers, which compare by names."""
        return NamingMatcher(in_dim, self.config.num_classes)

    def learn_from(self, scenes: SceneSource) -> None:
        """Read the labels of the batches to come in the truth of these scenes, by the scenes' numbers.

        Args:
            scenes: what `fit` trains on. Nowhere else in the library does training meet truth.
        """
        self._labels = _Labels(scenes, self.config.num_classes)

    def step(self, batch: AVBatch) -> StepOutput:
        """Binary cross-entropy of the classes heard, mean over classes and over picture and sound.

        Raises:
            ValueError: `learn_from` wasn't called, or its scenes have other numbers, no truth, or more classes.
        """
        if self._labels is None:
            raise ValueError("this model learns from labels and has none; call learn_from(scenes) before training")
        labels = self._labels(batch.index)
        image, audio = self.encode(batch)
        seen, heard = self.matcher.log_odds(image, audio)
        loss = (_cross_entropy(seen, labels) + _cross_entropy(heard, labels)) / 2
        rank = {"collapse/effective_rank": float(effective_rank(whole(image.detach().float().mean((2, 3)))))}
        return StepOutput(loss=loss, logs=_logs(loss, seen, heard, whole(labels)) | rank)


class NamingMatcher(nn.Module):
    """Compares by names: mean log-odds, by the picture, of the classes that the sound is given.

    The log-odds are linear in the mean and the maximum of each channel of the map, so every position has its exact
    share of them, as in class activation maps (Zhou et al., CVPR 2016).

    Args:
        in_dim: channels of the feature maps.
        classes: L, that can be named.
    """

    def __init__(self, in_dim: int, classes: int) -> None:
        super().__init__()
        self.image_head = nn.Linear(2 * in_dim, classes)
        self.audio_head = nn.Linear(2 * in_dim, classes)

    def log_odds(
        self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]
    ) -> tuple[Float[Tensor, "V L"], Float[Tensor, "A L"]]:
        """Log-odds that each class is heard, by each picture alone and by each sound alone."""
        return self.image_head(_pooled(image)), self.audio_head(_pooled(audio))

    def forward(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Mean log-odds in picture v of the classes that are heard in sound a."""
        seen, heard = self.log_odds(image, audio)
        return seen.float() @ _shares(heard).mT

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"]) -> HeatMaps:
        """Where the named classes are: the score's exact shares, and how likely each position by itself is theirs."""
        shares = _shares(self.log_odds(image, audio)[1])
        maps = image.float()
        # What a position has of a map's maximum: the whole of it where it is the highest, else nothing
        highest = torch.zeros_like(maps).flatten(2)
        highest.scatter_(2, maps.flatten(2).argmax(2, keepdim=True), maps.amax((2, 3))[..., None])
        positions = maps[0, 0].numel()
        added = self._evidence(maps / positions, highest.view_as(maps), bias=1 / positions)
        alone = self._evidence(maps, maps, bias=1.0).sigmoid()
        attention, similarity = (torch.einsum("blhw,bl->bhw", one, shares) for one in (added, alone))
        return HeatMaps(
            similarity=similarity,
            attention=attention,
            clusters=torch.ones_like(attention)[:, None],
            score=attention.sum((1, 2)),
        )

    def _evidence(self, mean: Tensor, highest: Tensor, *, bias: float) -> Tensor:
        weight = self.image_head.weight[..., None, None].float()
        return F.conv2d(torch.cat([mean, highest], dim=1), weight, bias * self.image_head.bias.float())


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
            raise ValueError(f"the labels' source doesn't tell the truth of scene {numbers[0]} under this number; give "
                             "the source that numbers the scenes and knows their truth")  # fmt: skip
        heard = truth.classes.masked_fill(~truth.sounds, -1)
        if int(heard.max()) >= self.classes:
            raise ValueError(f"class {int(heard.max())} is heard, but the model knows {self.classes} classes; "
                             "build it with more num_classes")  # fmt: skip
        return (heard[..., None] == torch.arange(self.classes)).any(1).float()


def _pooled(maps: Float[Tensor, "B C h w"]) -> Float[Tensor, "B E"]:
    return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)


def _shares(heard: Float[Tensor, "A L"]) -> Float[Tensor, "A L"]:
    probabilities = heard.float().sigmoid()
    return probabilities / probabilities.sum(1, keepdim=True)


def _cross_entropy(log_odds: Float[Tensor, "B L"], labels: Float[Tensor, "B L"]) -> Float[Tensor, ""]:
    return F.binary_cross_entropy_with_logits(log_odds.float(), labels)


@torch.no_grad()
def _logs(loss: Tensor, seen: Tensor, heard: Tensor, labels: Tensor) -> dict[str, float]:
    rate = labels.mean()
    logs = {
        "loss": float(loss),
        "chance/loss": float(F.binary_cross_entropy(rate, rate)),
        "chance/accuracy": float(rate),
    }
    for name, log_odds in (("image", seen), ("audio", heard)):
        logs[f"{name}/accuracy"] = float(labels.gather(1, whole(log_odds).argmax(1, keepdim=True)).mean())
    return logs
