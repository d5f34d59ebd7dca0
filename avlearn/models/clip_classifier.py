"""An encoder and a linear layer that name the class of a clip, trained with labels: finetuned, or from scratch.

It is the upper bound beside frozen features. Like `Supervised` it is handed its labels itself, because `fit` gives no
model the truth.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from avlearn.types import AVBatch, StepOutput

Field = Literal["waveform", "frames"]
"""What of a batch is named: its sounds, or its clips of frames."""


class ClipClassifier(nn.Module):
    """Names clips by the mean and the maximum of each channel of a feature map.

    Args:
        prepare: from waveforms or frames to what the encoder takes: a `LogMel`, or an `ImageNormalize`.
        encoder: with `out_dim`.
        field: what of a batch it is given.
        classes: number of classes.
        labels: class of each clip, by the clip's number (`index`) in the source that it is trained on.

    Raises:
        ValueError: fewer than two classes, or a label that isn't one of them.

    Example:
        >>> from avlearn.audio import LogMel
        >>> from avlearn.encoders import small_audio
        >>> labels = torch.tensor([0, 1])
        >>> model = ClipClassifier(LogMel("small"), small_audio(), field="waveform", classes=2, labels=labels)
        >>> model.log_odds(torch.zeros(3, 16_000)).shape
        torch.Size([3, 2])
    """

    labels: Tensor

    def __init__(
        self, prepare: nn.Module, encoder: nn.Module, *, field: Field, classes: int, labels: Int[Tensor, " N"]
    ) -> None:
        super().__init__()
        if classes < 2:
            raise ValueError(f"there are {classes} classes; there must be at least 2 to tell apart")
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            raise ValueError(f"labels run from {int(labels.min())} to {int(labels.max())}, but there are {classes} "
                             "classes, numbered from 0")  # fmt: skip
        self.prepare, self.encoder, self.field, self.classes = prepare, encoder, field, classes
        self.head = nn.Linear(2 * int(encoder.out_dim), classes)  # type: ignore[arg-type]
        self.register_buffer("labels", labels, persistent=False)

    def log_odds(self, given: Tensor) -> Float[Tensor, "B L"]:
        """Log-odds of the classes of some waveforms or clips of frames."""
        maps = self.encoder(self.prepare(given)).flatten(2)
        logits: Tensor = self.head(torch.cat([maps.mean(2), maps.amax(2)], dim=1))
        return logits

    def step(self, batch: AVBatch) -> StepOutput:
        """Cross-entropy of the clips' classes, mean over the batch."""
        logits = self.log_odds(getattr(batch, self.field)).float()
        wanted = self.labels[batch.index]
        loss = F.cross_entropy(logits, wanted)
        logs: dict[str, float | Tensor] = {
            "loss": loss.detach(),
            "accuracy": (logits.detach().argmax(1) == wanted).float().mean(),
            "chance/accuracy": 1 / self.classes,
        }
        return StepOutput(loss=loss, logs=logs)
