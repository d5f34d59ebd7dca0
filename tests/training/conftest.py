"""A model and a source of scenes small enough for tests: nothing random, trained in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from avlearn.types import AVBatch, StepOutput, Truth

SIZE, SAMPLES = 8, 32


class TinyScenes:
    """The side of the picture that is bright says the sign of the sound."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[int], bool]] = []

    def batch(self, indices: Sequence[int], *, truth: bool = True) -> AVBatch:
        self.calls.append((list(indices), truth))
        scenes = [_scene(index) for index in indices]
        return AVBatch(
            frames=torch.stack([frames for frames, _ in scenes]),
            waveform=torch.stack([waveform for _, waveform in scenes]),
            sample_rate=16_000,
            frame_rate=1.0,
            index=torch.tensor(list(indices)),
            truth=_truth(len(scenes)) if truth else None,
        )


class TinyModel(nn.Module):
    """A convolution with batch norm and dropout, so that every kind of state and randomness takes part."""

    def __init__(self, *, width: int = 4, dropout: float = 0.1, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            self.image = nn.Sequential(
                nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(dropout), nn.Flatten(),
                nn.Linear(width * (SIZE - 2) ** 2, 8),
            )  # fmt: skip
            self.sound = nn.Linear(SAMPLES, 8)

    def step(self, batch: AVBatch) -> StepOutput:
        assert batch.truth is None, "training must not see the truth"
        image = self.image(batch.frames[:, :, 0].float() / 255)
        loss = (image - self.sound(batch.waveform)).square().mean() + (image - batch.waveform[:, :8]).square().mean()
        return StepOutput(loss=loss, logs={"loss": loss.detach(), "chance/loss": 1.0})


class TinyClusterer(nn.Module):
    """Deep clustering as small as it gets: each of two encoders learns the clusters of the other."""

    label_sets: ClassVar = {"video": ("video",), "audio": ("audio",)}

    def __init__(self, *, num_clusters: int = 3, seed: int = 0) -> None:
        super().__init__()
        self.config = TinyConfig(num_clusters=num_clusters)
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            self.encoders = nn.ModuleDict(
                {
                    "video": nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
                                           nn.Linear(4 * (SIZE - 2) ** 2, 6)),
                    "audio": nn.Linear(SAMPLES, 5),
                }
            )  # fmt: skip
            self.heads = nn.ModuleDict({"video": nn.Linear(6, num_clusters), "audio": nn.Linear(5, num_clusters)})
        self.labels: dict[str, Tensor] = {}

    def begin_round(self, labels: Mapping[str, Tensor], *, seed: int) -> None:
        self.labels = dict(labels)
        for place, head in enumerate(self.heads.values()):
            head.weight.data.normal_(generator=torch.Generator().manual_seed(seed + place))
            head.bias.data.zero_()

    def embed(self, batch: AVBatch) -> dict[str, Tensor]:
        assert batch.truth is None, "training must not see the truth"
        return {"video": self.encoders["video"](batch.frames[:, :, 0].float() / 255),
                "audio": self.encoders["audio"](batch.waveform)}  # fmt: skip

    def step(self, batch: AVBatch) -> StepOutput:
        features = self.embed(batch)
        losses = [
            nn.functional.cross_entropy(self.heads[one](features[one]), self.labels[other][batch.index])
            for one, other in (("video", "audio"), ("audio", "video"))
        ]
        return StepOutput(loss=sum(losses), logs={"loss": float(sum(losses).detach()), "chance/loss": 2.2})


@dataclass(frozen=True)
class TinyConfig:
    num_clusters: int


@pytest.fixture
def make_clusterer() -> type[TinyClusterer]:
    return TinyClusterer


@pytest.fixture
def scenes() -> TinyScenes:
    return TinyScenes()


@pytest.fixture
def make_model() -> type[TinyModel]:
    return TinyModel


def _scene(index: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(index)
    frames = torch.randint(0, 256, (3, 1, SIZE, SIZE), generator=generator, dtype=torch.uint8)
    return frames, torch.rand(SAMPLES, generator=generator) * (-1.0) ** index


def _truth(count: int) -> Truth:
    return Truth(
        classes=torch.zeros(count, 1, dtype=torch.long),
        sounds=torch.ones(count, 1, dtype=torch.bool),
        visible=torch.ones(count, 1, dtype=torch.bool),
        boxes=torch.zeros(count, 1, 1, 4),
        masks=torch.zeros(count, 1, 1, SIZE, SIZE, dtype=torch.bool),
        stems=torch.zeros(count, 1, SAMPLES),
        ambience=torch.zeros(count, SAMPLES),
    )
