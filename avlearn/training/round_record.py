"""What a round of deep clustering found: the cluster of every clip, in one file a round."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import safetensors.torch
import torch
from jaxtyping import Float, Int
from safetensors import safe_open
from torch import Tensor

from avlearn.metrics.clustering import contingency, nmi, purity
from avlearn.training.atomic import write_atomically

SETTINGS, CLUSTERS = "rounds.json", "clusters.safetensors"


@dataclass(frozen=True, eq=False, kw_only=True)
class Round:
    """The clusters that were learnt in one round."""

    number: int
    """Counted from 1."""
    labels: Mapping[str, Int[Tensor, " N"]]
    """For each set of labels, the cluster of each clip."""
    distances: Mapping[str, Float[Tensor, " N"]]
    """Distance of each clip from the centre of its cluster, in the space that was clustered."""
    num_clusters: int
    """Clusters of each set, also those that are empty."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Numbers under names like `video/entropy`; see `describe`."""

    def sizes(self, labels: str) -> Int[Tensor, " K"]:
        """Clips in each cluster of a set."""
        return self.labels[labels].long().bincount(minlength=self.num_clusters)

    def nearest(self, labels: str, *, count: int) -> list[Int[Tensor, " n"]]:
        """For each cluster of a set, up to `count` of its clips, from its centre outwards: what to show and to play.

        Raises:
            ValueError: a set of labels that the round doesn't have, or no clips asked for.
        """
        if labels not in self.labels:
            raise ValueError(f"there are no labels {labels!r}; this run has {', '.join(self.labels)}")
        if count < 1:
            raise ValueError(f"count is {count}; ask for at least 1 clip")
        order = self.distances[labels].argsort(stable=True)
        own = self.labels[labels][order]
        return [order[own == cluster][:count] for cluster in range(self.num_clusters)]

    def judge(self, classes: Int[Tensor, " n"]) -> dict[str, float]:
        """NMI and purity of each set of labels against classes that they were never told. Evaluation only.

        Args:
            classes: of the clips 0 to n - 1, the first of those that were clustered.

        Example:
            >>> labels = {"audio": torch.tensor([1, 1, 0])}
            >>> found = Round(number=1, labels=labels, distances={"audio": torch.zeros(3)}, num_clusters=2)
            >>> found.judge(torch.tensor([4, 4, 2]))
            {'audio/nmi': 1.0, 'audio/purity': 1.0}
        """
        figures: dict[str, float] = {}
        for name, labels in self.labels.items():
            table = contingency(labels[: len(classes)], classes)
            figures |= {f"{name}/nmi": float(nmi(table)), f"{name}/purity": float(purity(table))}
        return figures


def describe(found: Round, before: Round | None) -> dict[str, float]:
    """Figures of each set of labels.

    Returns:
        `entropy` of the sizes over that of equal ones, `largest` and `smallest` share, `empty` clusters, mean squared
        `distance` to the centre, and `nmi_to_last`: what the labels have in common with those of the round before.
    """
    figures: dict[str, float] = {}
    for name, labels in found.labels.items():
        share = found.sizes(name).double() / len(labels)
        figures |= {
            f"{name}/entropy": float(torch.special.entr(share).sum() / torch.tensor(found.num_clusters).log()),
            f"{name}/largest": float(share.max()),
            f"{name}/smallest": float(share.min()),
            f"{name}/empty": float((share == 0).sum()),
            f"{name}/distance": float(found.distances[name].double().square().mean()),
        }
        if before is not None:
            figures[f"{name}/nmi_to_last"] = float(nmi(contingency(labels, before.labels[name])))
    return figures


def save_round(folder: Path, found: Round) -> None:
    """Write a round's clusters, in one indivisible step.

    Raises:
        OSError: the disk is full or the folder is gone.
    """
    tensors = {f"labels/{name}": labels.int().contiguous() for name, labels in found.labels.items()}
    tensors |= {f"distances/{name}": one.float().contiguous() for name, one in found.distances.items()}
    # A file of tensors has no order, but the sets of labels take turns in theirs
    about = {"sets": list(found.labels), "number": found.number, "num_clusters": found.num_clusters}
    about["figures"] = dict(found.figures)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / CLUSTERS, safetensors.torch.save(tensors, {"round": json.dumps(about)}))


def read_round(folder: Path | str) -> Round | None:
    """The clusters in a folder; None where there are none yet."""
    path = Path(folder) / CLUSTERS
    if not path.is_file():
        return None
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["round"])
    tensors = safetensors.torch.load_file(path)
    sets = about.pop("sets")
    return Round(
        **about,
        labels={name: tensors[f"labels/{name}"].long() for name in sets},
        distances={name: tensors[f"distances/{name}"] for name in sets},
    )


def trained_on_data(run: Path | str) -> bool:
    """Whether a run's clips were data, of which nobody knows the truth that a world tells."""
    path = Path(run) / SETTINGS
    return path.is_file() and json.loads(path.read_text()).get("data") is not None


def read_rounds(run: Path | str) -> list[Round]:
    """The rounds of a run, in order.

    Raises:
        ValueError: the folder holds no run of deep clustering.
    """
    found = [read_round(folder) for folder in sorted(Path(run).glob("round-*"))]
    rounds = sorted((one for one in found if one is not None), key=lambda one: one.number)
    if not rounds:
        raise ValueError(
            f"no rounds in {run}; give the folder of a run of deep clustering, such as `avlearn train xdc`"
        )
    return rounds
