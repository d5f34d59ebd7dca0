"""Trained models, from a folder that a run left, from those that come with the package, or from the Hub."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
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
from avlearn.training import ModelCard, load_checkpoint, read_card, save_checkpoint
from avlearn.training.atomic import write_atomically

M = TypeVar("M", bound=nn.Module)
Localizer = DCC | CAVL | Supervised
Shared = Localizer | Separator | DeepClustering
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
    model.card, model.known_weights = load_checkpoint(folder, model), _fingerprint(model)
    return model.to(device).eval()


def save(model: Shared, folder: str | Path) -> ModelCard:
    """Writes a model so that `load` reads it, and the Hub can show it: what `save_pretrained` does.

    Of a model that was loaded, and not changed since, the card keeps all that was known.

    Args:
        model: of this library.
        folder: made where it is missing.

    Returns:
        The card that was written.

    Raises:
        OSError: the folder can't be written or the disk is full.
    """
    folder, card, weights = Path(folder), ModelCard.describing(model), _fingerprint(model)
    if model.card is not None and model.known_weights == weights:
        card = replace(model.card, config=card.config, parts=card.parts)
    card = save_checkpoint(folder, model, card)
    model.card, model.known_weights = card, weights
    write_atomically(folder / "config.json", (json.dumps(asdict(model.config), indent=2) + "\n").encode())
    return card


def fetch(
    kind: type[M],
    name: str | Path,
    *,
    device: str = "cpu",
    revision: str | None = None,
    cache_dir: str | Path | None = None,
    force_download: bool = False,
    local_files_only: bool = False,
    token: str | bool | None = None,
) -> M:
    """A trained model of this kind, from the Hub if it isn't here: what `from_pretrained` does.

    Args:
        kind: class of the model.
        name: a shipped model, a folder, or a repository of the Hub.
        device: where to put it.
        revision: branch, tag or commit of the repository.
        cache_dir: where downloads are kept.
        force_download: fetch it again, though it is in the cache.
        local_files_only: take what is in the cache, without the network.
        token: of the Hub.

    Raises:
        ValueError: no such model here nor there, a damaged one, or one of another kind.
    """
    if str(name) in shipped() or Path(name).is_dir():
        folder = _folder(name)
    else:
        try:
            folder = Path(
                snapshot_download(
                    str(name),
                    revision=revision,
                    cache_dir=cache_dir,
                    force_download=force_download,
                    local_files_only=local_files_only,
                    token=token,
                    allow_patterns=["card.json", "model.safetensors"],
                )
            )
        except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
            raise ValueError(f"no model {str(name)!r}: it is no folder, none of {', '.join(shipped())}, and the Hub "
                             f"doesn't give it ({type(error).__name__}: {error})") from error  # fmt: skip
    model = load(folder, device=device)
    if not isinstance(model, kind):
        found = type(model).__name__
        raise ValueError(f"{name} holds a {found}; load it by {found}.from_pretrained, or by avlearn.load")
    return model


def readme(model: Shared) -> str:
    """What is known of a model, and how to load it, for a reader of the Hub."""
    card = model.card or ModelCard.describing(model)
    name = type(model).__name__
    code = f'from avlearn.models import {name}\n\nmodel = {name}.from_pretrained("this repository, or its folder")'
    return f"{card.to_markdown()}\n## Use\n\n`pip install avlearn`, then\n\n```python\n{code}\n```\n"


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


def _fingerprint(model: nn.Module) -> str:
    """Tells weights apart, whatever device they are on and in which file they were."""
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


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
