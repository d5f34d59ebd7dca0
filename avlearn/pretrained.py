"""Trained models, from a folder that a run left or from those that come with the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from avlearn.models import DCC, DCCConfig, PairModel, Supervised, SupervisedConfig
from avlearn.training import load_checkpoint, read_card

MODELS: dict[str, tuple[Callable[..., PairModel], Callable[..., Any]]] = {
    DCC.__name__: (DCC, DCCConfig),
    Supervised.__name__: (Supervised, SupervisedConfig),
}
"""Class of a model, as its card tells it -> how to build it and its config."""

SHIPPED_FOLDER = Path(__file__).parent / "checkpoints"


def shipped() -> list[str]:
    """Names of the trained models that come with the package."""
    return sorted(card.parent.name for card in SHIPPED_FOLDER.glob("*/card.json"))


def load(checkpoint: str | Path, *, device: str = "cpu") -> PairModel:
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
    card = read_card(folder)
    if card.model not in MODELS:
        raise ValueError(f"the checkpoint in {folder} holds a {card.model}; this version knows {', '.join(MODELS)}, "
                         "update avlearn")  # fmt: skip
    build, configure = MODELS[card.model]
    model = build(configure(**card.config))
    load_checkpoint(folder, model)
    return model.to(device).eval()


def _folder(checkpoint: str | Path) -> Path:
    if str(checkpoint) in shipped():
        return SHIPPED_FOLDER / checkpoint
    if not Path(checkpoint).is_dir():
        raise ValueError(f"no checkpoint {str(checkpoint)!r}; give a folder or one of {', '.join(shipped())}")
    return Path(checkpoint)
