"""A made world of coloured squares, and models whose scores are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from avlearn.types import AVBatch, HeatMaps, Scene, Truth

SIZE = 24
SIDE = 6
SAMPLES = 64
CORNERS = ((2, 2), (2, 15), (15, 2), (15, 15))


class Squares:
    """Four squares at most; slot m of a scene stands in corner m and has a class that says what it sounds like."""

    def __init__(self, roles: Sequence[str], *, classes: int = 12, frames: int = 1) -> None:
        # For each scene a letter for each slot: s seen and heard, q seen but quiet, o heard but off-screen, - empty
        self.roles = roles
        self.classes = classes
        self.frames = frames

    def batch(self, indices: Sequence[int], *, truth: bool) -> AVBatch:
        batch = AVBatch.stack([self.scene(index) for index in indices])
        return batch if truth else batch.without_truth()

    def scene(self, index: int) -> Scene:
        roles = self.roles[index % len(self.roles)]
        generator = torch.Generator().manual_seed(index)
        labels = torch.randperm(self.classes, generator=generator)[: len(roles)]
        sounds = torch.tensor([role in "so" for role in roles])
        visible = torch.tensor([role in "sq" for role in roles])
        masks = self._masks(visible)
        stems = torch.stack([self.sound(int(label)) for label in labels]) * sounds[:, None]
        return Scene(
            frames=(masks.any(0) * 255).to(torch.uint8).expand(3, -1, -1, -1),
            waveform=stems.sum(0),
            sample_rate=16_000,
            frame_rate=1.0,
            index=index,
            truth=Truth(
                classes=torch.where(sounds | visible, labels, -1),
                sounds=sounds,
                visible=visible,
                boxes=torch.zeros(len(roles), self.frames, 4),
                masks=masks,
                stems=stems,
                ambience=torch.zeros(SAMPLES),
            ),
        )

    @staticmethod
    def sound(label: int) -> Tensor:
        return 0.1 * torch.sin(torch.arange(SAMPLES) * (label + 1) * torch.pi / 16)

    def _masks(self, visible: Tensor) -> Tensor:
        masks = torch.zeros(len(visible), self.frames, SIZE, SIZE, dtype=torch.bool)
        for slot, (top, left) in enumerate(CORNERS[: len(visible)]):
            for frame in range(self.frames):
                masks[slot, frame, top + frame : top + frame + SIDE, left : left + SIDE] = visible[slot]
        return masks


class Oracle(nn.Module):
    """Hears which stems are in the waveform and shows their masks; a deaf one always shows what sounds in truth."""

    def __init__(self, world: Squares, *, deaf: bool = False, coarse: int = 1) -> None:
        super().__init__()
        self.world = world
        self.coarse = coarse
        self.deaf = deaf
        self.seen: list[AVBatch] = []

    def localize(self, batch: AVBatch) -> HeatMaps:
        self.seen.append(batch)
        truth = self.world.batch(batch.index.tolist(), truth=True).truth
        own = truth.stems.sum(1)
        waveform = own if self.deaf else batch.waveform
        heard = torch.stack([self._heard(label, waveform) for label in truth.classes.T], dim=1) & truth.visible
        maps = (truth.masks[:, :, self.world.frames // 2] & heard[..., None, None]).any(1).float()
        return as_heat_maps(torch.nn.functional.avg_pool2d(maps[:, None], self.coarse)[:, 0])

    def _heard(self, labels: Tensor, waveform: Tensor) -> Tensor:
        templates = torch.stack([self.world.sound(int(label)) for label in labels])
        return ((waveform * templates).sum(1) / templates.square().sum(1).clamp_min(1e-9)) > 0.5


class Constant(nn.Module):
    """The same map whatever there is to see and hear, whose strength is random."""

    def __init__(self, heat_map: Tensor) -> None:
        super().__init__()
        self.heat_map = heat_map

    def localize(self, batch: AVBatch) -> HeatMaps:
        return as_heat_maps(self.heat_map.expand(len(batch), -1, -1))


def as_heat_maps(maps: Tensor) -> HeatMaps:
    return HeatMaps(similarity=2 * maps - 1, attention=maps, clusters=maps[:, None], score=maps.sum((1, 2)))


@pytest.fixture
def squares() -> Callable[..., Squares]:
    return Squares


@pytest.fixture
def oracle() -> Callable[..., Any]:
    return Oracle


@pytest.fixture
def constant() -> Callable[[Tensor], Any]:
    return Constant
