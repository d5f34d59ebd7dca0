"""How well a model does while it trains, on scenes that it never trains on."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from avlearn.metrics.localization import sounding_silent_auc
from avlearn.tasks.frozen import evaluation_mode
from avlearn.tasks.object_maps import model_maps
from avlearn.tasks.scene_scores import hunt_in
from avlearn.types import Localizer, SceneSource


class Watch:
    """Looks at the sounding-versus-silent AUC of the attention every few steps; a callback for `fit`.

    The number is that of `localize.evaluate` on the same scenes, without all that takes long there.

    Args:
        scenes: with their truth, others than those of training and test.
        count: scenes to look at: 0 to count - 1, in one batch.
        every: steps between two looks.

    Raises:
        ValueError: count or every below 1.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import CAVL, CAVLConfig
        >>> watch = Watch(World(DIFFICULTIES["multi"], seed=3), count=8, every=10)
        >>> watch(10, CAVL(CAVLConfig()), {})
        >>> watch.steps
        [10]
    """

    def __init__(self, scenes: SceneSource, *, count: int = 128, every: int) -> None:
        if count < 1 or every < 1:
            raise ValueError(f"count is {count}, every is {every}; both must be at least 1")
        self.every = every
        self.steps: list[int] = []
        self.quality: list[float] = []
        self._batch = scenes.batch(range(count), truth=True)
        self._hunt = hunt_in(self._batch, torch.arange(count))

    def __call__(self, step: int, model: nn.Module, logs: Mapping[str, float | Tensor]) -> None:
        """Look, if it is time to; the model keeps its mode and is not changed.

        Raises:
            ValueError: a model without heat maps; or among the scenes nothing sounds, or nothing is silent.
        """
        if not isinstance(model, Localizer):
            raise ValueError(f"{type(model).__name__} has no method localize; watch a model that gives heat maps")
        if step % self.every:
            return
        with evaluation_mode(model):
            heat = model_maps(model, self._batch, self._hunt)["attention"].heat
        self.steps.append(step)
        self.quality.append(float(sounding_silent_auc(heat, self._hunt.target, self._hunt.other)))
