"""Training whole networks with the labels of a data set's splits: full finetuning, or the same from scratch.

The published protocol of UCF101 and HMDB51 is the first: all weights of a pretrained video encoder, top-1 accuracy of
videos, mean over the three splits (XDC's README). Steps, rates and the clips at test are ours, because no source
settles those of XDC: each video gives random clips to learn from and ten equally spaced ones to test on, whose softmax
is averaged. On the folds of ESC-10 it is the bound with labels beside frozen features.
"""

from __future__ import annotations

import copy
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from avlearn.data.labelled_windows import LabelledWindows, random_window
from avlearn.data.manifests import Manifest, Split, report_missing
from avlearn.models.clip_classifier import ClipClassifier
from avlearn.tasks.clip_windows import WINDOWS, cut, sound_windows
from avlearn.tasks.descriptors import View, encoder_of, view_of
from avlearn.tasks.extraction import readable
from avlearn.tasks.frozen import device_of, evaluation_mode
from avlearn.tasks.video_windows import CLIPS_PER_VIDEO, latest_start, video_clip, video_windows
from avlearn.training import TrainSettings, fit

ON_SOUNDS = TrainSettings(steps=300, batch_size=32, learning_rate=2e-3, weight_decay=1e-2, pool=None, flip=False)
"""For a small audio encoder from scratch on the folds of ESC-10: 30 epochs."""
ON_VIDEOS = TrainSettings(steps=2400, batch_size=32, learning_rate=1e-4, weight_decay=5e-3, pool=None)
"""For a pretrained video encoder: 8 epochs of a split of UCF101. Rate and weight decay are those of the same team's
script for another network, with AdamW and one cycle here."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """What of a model is finetuned on a kind of files, and how their windows are made."""

    prepare: nn.Module
    """Frontend of sounds, or normalisation of frames."""
    encoder: nn.Module
    """Gives the feature map."""
    learn: Callable[[Path, float], Tensor]
    """A random window of a file, for a uniform number in [0, 1)."""
    test: Callable[[Path], Tensor]
    """All windows of a file."""
    rate: float
    """Samples or frames per second."""


def evaluate(
    manifest: Manifest, model: nn.Module, settings: TrainSettings, *, view: View | None = None, device: str = "cpu"
) -> dict[str, Any]:
    """Accuracy on each official split of a network that was finetuned on its other clips.

    Args:
        manifest: of sounds or videos with one class each.
        model: with `frontend` and an audio encoder, or with `normalize` and a video encoder; it stays as it is.
        settings: of the training; its seed draws the head, the windows and their order.
        view: clips of frames; None takes the model's.
        device: cpu, cuda or mps.

    Returns:
        `task`; `data`, what was there, see `report_missing`, besides `broken` and `first_broken`; `splits`, each with
        its `train` and `test` clips and its `accuracy`; their mean `accuracy` and its `deviation`.

    Raises:
        ValueError: pictures, a model without the encoder, a split without clips, or no clip that can be read.
    """
    part = part_of(manifest, model, view)
    there, broken = readable(manifest.present(), part.test)
    splits = [_split(there, split, part, settings, device) for split in there.splits]
    accuracies = [split["accuracy"] for split in splits]
    report = report_missing(manifest) | {"broken": len(broken), "first_broken": dict(list(broken.items())[:5])}
    return {
        "task": manifest.name,
        "data": report,
        "splits": splits,
        "accuracy": statistics.fmean(accuracies),
        "deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
    }


def finetune(manifest: Manifest, split: Split, part: Part, settings: TrainSettings, *, device: str) -> ClipClassifier:
    """A copy of an encoder with a new linear layer, all of it trained on the clips that a split gives to learn from.

    Args:
        manifest: whose clips can all be read.
        split: one of its splits.
        part: see `part_of`.
        settings: of the training.
        device: where it runs.
    """
    paths = [manifest.clips[row].path for row in split.train]
    labels = torch.tensor([manifest.clips[row].labels[0] for row in split.train])
    source = LabelledWindows(
        lambda row, draw: part.learn(paths[row], draw), clips=len(paths), rate=part.rate, seed=settings.seed
    )
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        classifier = ClipClassifier(
            copy.deepcopy(part.prepare),
            copy.deepcopy(part.encoder),
            field="waveform" if manifest.kind == "sound" else "frames",
            classes=len(manifest.classes),
            labels=labels,
        )
    for weight in classifier.parameters():
        weight.requires_grad_(True)
    fit(classifier, source, settings, device=device)
    return classifier


def answers(classifier: ClipClassifier, windows: Sequence[Tensor]) -> Int[Tensor, " n"]:
    """Class of each clip by the mean softmax over its windows.

    Args:
        classifier: that was trained.
        windows: of each clip, (W, ...).
    """
    with evaluation_mode(classifier):
        device = device_of(classifier)
        means = [classifier.log_odds(one.to(device)).float().softmax(1).mean(0) for one in windows]
    return torch.stack(means).argmax(1).cpu()


def part_of(manifest: Manifest, model: nn.Module, view: View | None = None) -> Part:
    """What of a model is finetuned on a data set.

    Raises:
        ValueError: the data set holds pictures, or the model lacks what it takes.
    """
    if manifest.kind == "picture":
        raise ValueError(f"{manifest.name} holds pictures; finetuning is for sounds and videos")
    what, needed = ("audio", "frontend") if manifest.kind == "sound" else ("video", "normalize")
    encoder, prepare = encoder_of(model, what), getattr(model, needed, None)
    if encoder is None or prepare is None:
        raise ValueError(f"a {type(model).__name__} has no {needed} with an encoder of {what} to finetune on "
                         f"{manifest.name}; give a model that has")  # fmt: skip
    if manifest.kind == "sound":
        return _sound_part(manifest, prepare, encoder)
    return _video_part(prepare, encoder, view or view_of(model))


def _sound_part(manifest: Manifest, prepare: nn.Module, encoder: nn.Module) -> Part:
    plan, rate = WINDOWS[manifest.name], int(prepare.sample_rate)  # type: ignore[arg-type]
    whole = _Remembered(rate)
    return Part(
        prepare=prepare,
        encoder=encoder,
        learn=lambda path, draw: random_window(whole(path), draw, samples=round(plan.seconds * rate)),
        test=lambda path: cut(whole(path), plan, sample_rate=rate),
        rate=float(rate),
    )


def _video_part(prepare: nn.Module, encoder: nn.Module, view: View) -> Part:
    return Part(
        prepare=prepare,
        encoder=encoder,
        learn=lambda path, draw: video_clip(path, draw * latest_start(path, view), view),
        test=lambda path: video_windows(path, view, CLIPS_PER_VIDEO),
        rate=view.frame_rate,
    )


class _Remembered:
    """Sounds are decoded once and kept: five seconds take 0.3 MB, and training asks for each dozens of times."""

    def __init__(self, rate: int) -> None:
        self.rate, self.sounds = rate, dict[Path, Float[Tensor, " R"]]()

    def __call__(self, path: Path) -> Float[Tensor, " R"]:
        if path not in self.sounds:
            self.sounds[path] = sound_windows(path, None, sample_rate=self.rate)[0]
        return self.sounds[path]


def _split(manifest: Manifest, split: Split, part: Part, settings: TrainSettings, device: str) -> dict[str, Any]:
    if not split.train or not split.test:
        raise ValueError(f"{split.name} of {manifest.name} has {len(split.train)} clips to learn from and "
                         f"{len(split.test)} to test on; {manifest.remedy}")  # fmt: skip
    small = replace(settings, batch_size=min(settings.batch_size, len(split.train)))
    classifier = finetune(manifest, split, part, small, device=device)
    right = 0
    for row in split.test:
        clip = manifest.clips[row]
        right += int(answers(classifier, [part.test(clip.path)])[0] == clip.labels[0])
    return {
        "split": split.name,
        "train": len(split.train),
        "test": len(split.test),
        "accuracy": right / len(split.test),
    }
