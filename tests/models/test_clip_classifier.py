from __future__ import annotations

import pytest
import torch
from torch import nn

from avlearn.models.clip_classifier import ClipClassifier
from avlearn.types import AVBatch


class Maps(nn.Module):
    out_dim = 2

    def forward(self, x):
        return torch.stack([x, -x], dim=1)[..., None]


def classifier(**changes) -> ClipClassifier:
    settings = {"field": "waveform", "classes": 3, "labels": torch.tensor([2, 0, 1])} | changes
    return ClipClassifier(nn.Identity(), Maps(), **settings)


def batch(rows) -> AVBatch:
    sounds = torch.arange(12.0).view(3, 4)[rows]
    frames = torch.zeros(len(rows), 3, 1, 1, 1, dtype=torch.uint8)
    return AVBatch(frames=frames, waveform=sounds, sample_rate=1, frame_rate=1.0, index=torch.tensor(rows))


def test_loss_is_the_cross_entropy_of_the_clips_own_labels():
    model, rows = classifier(), [1, 2]
    output = model.step(batch(rows))
    losses = []
    for row in rows:
        x = torch.arange(12.0).view(3, 4)[row]
        vector = torch.tensor([float(x.mean()), float(-x.mean()), float(x.max()), float(-x.min())])
        losses.append(-torch.log_softmax(model.head.weight @ vector + model.head.bias, 0)[[2, 0, 1][row]])
    assert output.loss.item() == pytest.approx(torch.stack(losses).mean().item(), rel=1e-5)
    assert output.logs["chance/accuracy"] == pytest.approx(1 / 3)


def test_labels_are_no_part_of_a_checkpoint():
    assert "labels" not in classifier().state_dict()


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="there are 1 classes"):
        classifier(classes=1)
    with pytest.raises(ValueError, match="labels run from 0 to 3"):
        classifier(labels=torch.tensor([0, 3]))
