"""Trained models, from a folder that a run left or from those that come with the package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from avlearn.models import (
    CAVL,
    DCC,
    CAVLConfig,
    DCCConfig,
    DeepClustering,
    DeepClusteringConfig,
    Separator,
    SeparatorConfig,
    Supervised,
    SupervisedConfig,
    VisualCentre,
)
from avlearn.training import ModelCard, load_checkpoint, read_card

M = TypeVar("M", bound=nn.Module)
Localizer = DCC | CAVL | Supervised
LOCALIZERS: tuple[type[Localizer], ...] = (DCC, CAVL, Supervised)

SHIPPED_FOLDER = Path(__file__).parent / "checkpoints"


def shipped() -> list[str]:
    """Names of the trained models that come with the package."""
    return sorted(card.parent.name for card in SHIPPED_FOLDER.glob("*/card.json"))


def load(checkpoint: str | Path, *, device: str = "cpu") -> Localizer | Separator | DeepClustering:
    """A trained model in eval mode.

    Args:
        checkpoint: name of a shipped model, or a folder that `avlearn train` or `save_checkpoint` wrote.
        device: where to put it.

    Raises:
        ValueError: no such checkpoint, a damaged one, or one of a model that this version doesn't know.

    Example:
        >>> model = load("dcc")
        >>> model.config.matcher
        'seeded'
    """
    folder = _folder(checkpoint)
    model = _built(read_card(folder), folder)
    load_checkpoint(folder, model)
    return model.to(device).eval()


def load_localizer(checkpoint: str | Path, *, device: str = "cpu") -> Localizer:
    """The same, of a model that localizes sounds.

    Raises:
        ValueError: as `load`, or a checkpoint that holds another model.
    """
    return _held(checkpoint, LOCALIZERS, "give one of a DCC or CAVL", device)


def load_separator(checkpoint: str | Path, *, device: str = "cpu") -> Separator:
    """The same, of a separator.

    Raises:
        ValueError: as `load`, or a checkpoint that holds another model.
    """
    return _held(checkpoint, (Separator,), "give one that `avlearn train separator` wrote", device)


def load_deep_clustering(checkpoint: str | Path, *, device: str = "cpu") -> DeepClustering:
    """The same, of a model of deep clustering.

    Raises:
        ValueError: as `load`, or a checkpoint that holds another model.
    """
    return _held(checkpoint, (DeepClustering,), "give one that `avlearn train xdc` wrote", device)


def _held(checkpoint: str | Path, kinds: tuple[type[M], ...], remedy: str, device: str) -> M:
    model = load(checkpoint, device=device)
    if not isinstance(model, kinds):
        raise ValueError(f"the checkpoint {str(checkpoint)!r} holds a {type(model).__name__}; {remedy}")
    return model


def _built(card: ModelCard, folder: Path) -> Localizer | Separator | DeepClustering:
    if card.model == DeepClustering.__name__:
        return DeepClustering(DeepClusteringConfig(**card.config))
    if card.model == Separator.__name__ and "query.localizer" in card.parts:
        localizer = card.parts["query.localizer"]
        centre = VisualCentre(_localizer(localizer["model"], localizer["config"], folder))
        return Separator(SeparatorConfig(**card.config), centre)
    return _localizer(card.model, card.config, folder)


def _localizer(name: str, config: Mapping[str, Any], folder: Path) -> Localizer:
    if name == DCC.__name__:
        return DCC(DCCConfig(**config))
    if name == CAVL.__name__:
        return CAVL(CAVLConfig(**config))
    if name == Supervised.__name__:
        return Supervised(SupervisedConfig(**config))
    raise ValueError(f"the checkpoint in {folder} holds a {name}; this version knows DCC, CAVL, Supervised, "
                     "DeepClustering, and separators that ask one of them; update avlearn")  # fmt: skip


def _folder(checkpoint: str | Path) -> Path:
    if str(checkpoint) in shipped():
        return SHIPPED_FOLDER / checkpoint
    if not Path(checkpoint).is_dir():
        raise ValueError(f"no checkpoint {str(checkpoint)!r}; give a folder or one of {', '.join(shipped())}")
    return Path(checkpoint)
