"""Two short rounds of deep clustering; as a script, under torchrun, whole or with a process that is lost in between."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import torch

from avlearn.data import Augmentation, World, WorldSettings
from avlearn.models import DeepClustering, DeepClusteringConfig
from avlearn.training import ClusteringSettings, RoundsResult, RoundsSettings, TrainSettings, rounds, train_rounds

CLIPS = World(WorldSettings(size=16, frames=3, seconds=0.3, silent=(0, 0)), seed=0)
SETTINGS = RoundsSettings(
    rounds=2,
    clips=25,  # an odd number, so that the shares differ
    augmentation=Augmentation(shift=0.1, hue=0.2, delay=1.0, gain=6.0),
    clustering=ClusteringSettings(directions=4),
)
TRAINING = TrainSettings(
    steps=3,
    batch_size=8,
    pool=None,
    learning_rate=2e-4,
    clip=math.inf,
    schedule="constant",
    log_every=1,
    precision="32-true",
    channels_last=False,
)


def train(folder: Path, *, resume: bool = False) -> RoundsResult:
    """Both rounds, from equal weights."""
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        model = DeepClustering(DeepClusteringConfig(num_clusters=3, image_size=16, width=4))
    return train_rounds(model, CLIPS, SETTINGS, TRAINING, out=folder, device="cpu", resume=resume)


def lose(folder: Path) -> None:
    """The second process ends while the features of the second round are computed."""
    extract, calls = rounds.extract_features, []

    def extract_or_end(*arguments: object, **options: object) -> object:
        calls.append(1)
        if len(calls) == 2 and os.environ["RANK"] == "1":
            os._exit(3)
        return extract(*arguments, **options)

    rounds.extract_features = extract_or_end
    try:
        train(folder)
    except ConnectionError as error:
        (folder / "noticed").write_text(str(error))
        raise


if __name__ == "__main__":
    action, place = sys.argv[1], Path(sys.argv[2])
    if action == "lose":
        lose(place)
    else:
        train(place, resume=action == "resume")
