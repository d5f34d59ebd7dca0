"""Trained models, from a folder that a run left or from those that come with the package."""

from __future__ import annotations

from pathlib import Path

from avlearn.models import CAVL, DCC, CAVLConfig, DCCConfig, Supervised, SupervisedConfig
from avlearn.training import load_checkpoint, read_card

SHIPPED_FOLDER = Path(__file__).parent / "checkpoints"


def shipped() -> list[str]:
    """Names of the trained models that come with the package."""
    return sorted(card.parent.name for card in SHIPPED_FOLDER.glob("*/card.json"))


def load(checkpoint: str | Path, *, device: str = "cpu") -> DCC | CAVL | Supervised:
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
    model: DCC | CAVL | Supervised
    if card.model == DCC.__name__:
        model = DCC(DCCConfig(**card.config))
    elif card.model == CAVL.__name__:
        model = CAVL(CAVLConfig(**card.config))
    elif card.model == Supervised.__name__:
        model = Supervised(SupervisedConfig(**card.config))
    else:
        raise ValueError(f"the checkpoint in {folder} holds a {card.model}; this version knows DCC, CAVL and "
                         "Supervised, update avlearn")  # fmt: skip
    load_checkpoint(folder, model)
    return model.to(device).eval()


def _folder(checkpoint: str | Path) -> Path:
    if str(checkpoint) in shipped():
        return SHIPPED_FOLDER / checkpoint
    if not Path(checkpoint).is_dir():
        raise ValueError(f"no checkpoint {str(checkpoint)!r}; give a folder or one of {', '.join(shipped())}")
    return Path(checkpoint)
