"""Classification of real clips from frozen features, on the official splits of labelled data sets.

ESC-10 and ESC-50 (5 folds), DCASE2014, UCF101 and HMDB51 (3 splits): share of the clips that are named right, mean over
the splits. Pascal VOC 2007: mean average precision, see `avlearn.tasks.named_pictures`.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from avlearn.data.manifests import Manifest, Split
from avlearn.tasks.clip_probes import Probe, ask, standard_probes
from avlearn.tasks.clip_windows import WINDOWS, Windows, picture_window, sound_windows
from avlearn.tasks.descriptors import Hears, Sees
from avlearn.tasks.esc_baselines import HUMAN, PUBLISHED
from avlearn.tasks.extraction import ClipFeatures, extract
from avlearn.tasks.video_windows import CLIPS_PER_VIDEO, video_windows


def features_of(manifest: Manifest, describer: Hears | Sees, *, out: Path, windows: int | None = None) -> ClipFeatures:
    """Features of the windows of every clip of a data set.

    Args:
        manifest: of the data set.
        describer: `Hears` for sounds, `Sees` for pictures and videos; see `avlearn.tasks.descriptors`.
        out: folder for the file of features, which is mapped into memory.
        windows: of each sound or clips of each video; None takes those of the protocol.

    Raises:
        ValueError: a describer that can't take what the data set holds, or no clip that can be read.
    """
    wanted = Hears if manifest.kind == "sound" else Sees
    if not isinstance(describer, wanted):
        raise ValueError(f"{manifest.name} holds files of {manifest.kind}, which a {type(describer).__name__} can't "
                         f"take; give features that {'hear' if wanted is Hears else 'see'}")  # fmt: skip
    if isinstance(describer, Hears) and manifest.kind == "sound":
        plan = None if describer.whole else _plan(manifest, windows)
        rate = describer.sample_rate
        return extract(manifest, lambda path: sound_windows(path, plan, sample_rate=rate), describer.hear, out=out)
    view = describer.view  # type: ignore[union-attr]
    see = describer.see  # type: ignore[union-attr]
    if manifest.kind == "picture":
        return extract(manifest, lambda path: picture_window(path, view), see, out=out)
    return extract(manifest, lambda path: video_windows(path, view, windows or CLIPS_PER_VIDEO), see, out=out)


def evaluate(features: ClipFeatures, *, probes: Sequence[Probe] | None = None) -> dict[str, Any]:
    """How many clips of each official split classifiers name right that have learnt from its other clips.

    Args:
        features: of a data set in which every clip has one class.
        probes: classifiers; None takes `standard_probes()`.

    Returns:
        - `task`, `classes`, `windows` of a clip, `dimensions` of a vector, and `chance`, the share of the largest
          class.
        - `data`: what was there, see `ClipFeatures.report`.
        - `splits`: for each `split`, `train` and `test` (clips), `untaught`, classes to test on without a clip to learn
          from, whose clips count as wrong, and for each probe `accuracy`, `chosen` and `validated`.
        - `probes`: for each its `accuracy`, mean over the splits, and the standard `deviation` between splits.
        - `people` and `published`: accuracies of people and of the baselines of the data set's authors, as fractions.

    Raises:
        ValueError: a split without clips to test on, or of a single class; features that aren't finite; clips of
            several classes.
    """
    manifest = features.manifest
    if any(len(clip.labels) != 1 for clip in manifest.clips):
        raise ValueError(f"clips of {manifest.name} have several classes; use avlearn.tasks.named_pictures")
    probes = standard_probes() if probes is None else probes
    splits = [_split(features, split, probes) for split in manifest.splits]
    people = HUMAN.get(manifest.name)
    return {
        "task": manifest.name,
        "classes": len(manifest.classes),
        "windows": features.values.shape[1],
        "dimensions": features.values.shape[2],
        "chance": _chance(manifest),
        "data": features.report(),
        "splits": splits,
        "probes": {probe.name: _over_splits(splits, probe.name) for probe in probes},
        "people": None if people is None else people / 100,
        "published": {name: percent / 100 for name, percent in PUBLISHED.get(manifest.name, {}).items()},
    }


def accuracy_rows(results: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a table: for each kind of features, and each probe, the accuracies of all splits.

    Args:
        results: title -> what `evaluate` returned; all with the same probes.
    """
    return [
        {"features": title} | {name: [split[name]["accuracy"] for split in one["splits"]] for name in one["probes"]}
        for title, one in results.items()
    ]


def _split(features: ClipFeatures, split: Split, probes: Sequence[Probe]) -> dict[str, Any]:
    manifest = features.manifest
    if not split.train or not split.test:
        raise ValueError(f"{split.name} of {manifest.name} has {len(split.train)} clips to learn from and "
                         f"{len(split.test)} to test on; {manifest.remedy}")  # fmt: skip
    labels = np.array([clip.labels[0] for clip in manifest.clips])
    train, test = np.array(split.train), np.array(split.test)
    groups = [manifest.clips[row].group for row in split.train]
    untaught = sorted(set(labels[test].tolist()) - set(labels[train].tolist()))
    learnt, asked = features.values[train], features.values[test]
    found = {}
    for probe in probes:
        answers = ask(probe, learnt, labels[train], groups, asked)
        accuracy = float((answers.classes == labels[test]).mean())
        found[probe.name] = {"accuracy": accuracy, "chosen": answers.choice, "validated": answers.validated}
    return {
        "split": split.name,
        "train": len(train),
        "test": len(test),
        "untaught": [manifest.classes[label] for label in untaught],
        **found,
    }


def _over_splits(splits: Sequence[Mapping[str, Any]], name: str) -> dict[str, float | None]:
    values = [split[name]["accuracy"] for split in splits]
    return {
        "accuracy": statistics.fmean(values),
        "deviation": statistics.stdev(values) if len(values) > 1 else None,
    }


def _chance(manifest: Manifest) -> float:
    labels = np.array([clip.labels[0] for clip in manifest.clips])
    tested = np.concatenate([np.array(split.test, dtype=int) for split in manifest.splits])
    return float(np.bincount(labels[tested]).max() / max(len(tested), 1))


def _plan(manifest: Manifest, count: int | None) -> Windows:
    plan = WINDOWS[manifest.name]
    return plan if count is None else Windows(count=count, seconds=plan.seconds, last_start=plan.last_start)
