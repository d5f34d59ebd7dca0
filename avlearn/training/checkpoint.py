"""A trained model on disk: `model.safetensors` holds the weights, `card.json` tells what they are.

`card.md` says the same to a reader. The card is the point of no return: new weights lie beside the old ones under a
name that holds their hash until the card that names them is in place, so that there is no moment at which weights
and card don't belong together.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from avlearn.training.atomic import write_atomically
from avlearn.types import Method

WEIGHTS, CARD, README = "model.safetensors", "card.json", "card.md"


def _versions() -> dict[str, str]:
    return {"avlearn": version("avlearn"), "torch": torch.__version__, "python": platform.python_version()}


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a checkpoint is: enough to build the model again, to repeat the run, and to know that nothing is damaged."""

    model: str
    """Class of the model."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What the model was built with."""
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Models inside of it, by their place: `model` and `config` of each."""
    recipe: str = ""
    """Name of the recipe."""
    profile: str = ""
    """Profile of the recipe."""
    seed: int = 0
    """Of the run."""
    step: int = 0
    """Batches trained on."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What it scored, under the names that the logs or the task gave."""
    sha256: str = ""
    """Of the file of weights; `save_checkpoint` fills it in."""
    versions: Mapping[str, str] = field(default_factory=_versions)
    """Of avlearn, torch and Python at the time of training."""

    @classmethod
    def describing(cls, model: nn.Module, **known: Any) -> ModelCard:
        """A card with the class and config of the model, and of models inside of it, where they have a dataclass of
        that name.
        """
        known.setdefault("config", _config_of(model))
        inside = ((name, part) for name, part in model.named_modules() if part is not model)
        parts = {
            name: {"model": type(part).__name__, "config": _config_of(part)}
            for name, part in inside
            if isinstance(part, Method) and isinstance(part, nn.Module)
        }
        known.setdefault("parts", parts)
        return cls(model=type(model).__name__, **known)

    def to_json(self) -> str:
        """The card as one JSON object."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """The card that `to_json` wrote.

        Raises:
            ValueError: not JSON, or fields missing or unknown.
        """
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"a model card must be JSON: {error}") from error
        names = {item.name for item in fields(cls)}
        if not isinstance(content, dict) or "model" not in content or not content.keys() <= names:
            raise ValueError(f"a model card has {', '.join(sorted(names))}, this one {', '.join(sorted(content))}")
        return cls(**content)

    def to_markdown(self) -> str:
        """The card for a reader."""
        title = " ".join(part for part in (self.recipe, self.profile) if part) or self.model
        inside = {f"Inside, {name}": part["model"] for name, part in self.parts.items()}
        facts = {"Model": self.model, "Recipe": self.recipe, "Profile": self.profile, "Seed": self.seed,
                 "Steps": self.step, **inside, "SHA-256": f"`{self.sha256}`", **self.versions}  # fmt: skip
        sections = [f"# {title}", _table("Fact", "Value", facts)]
        if self.metrics:
            scores = {name: f"{value:.4g}" for name, value in sorted(self.metrics.items())}
            sections.append("## Metrics\n\n" + _table("Metric", "Value", scores))
        if self.config:
            sections.append("## Configuration\n\n" + _table("Setting", "Value", self.config))
        return "\n\n".join(sections) + "\n"


def save_checkpoint(folder: Path | str, model: nn.Module, card: ModelCard) -> ModelCard:
    """Write weights and card, the old ones intact until the new ones are whole.

    Args:
        folder: made where it is missing.
        model: whose state dict is saved.
        card: its hash is filled in.

    Returns:
        The card with the hash.

    Raises:
        OSError: the folder can't be written or the disk is full.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = safetensors.torch.save(_plain_tensors(model))
    card = replace(card, sha256=hashlib.sha256(weights).hexdigest())
    _remove_pending(folder)
    write_atomically(_pending(folder, card), weights)
    write_atomically(folder / CARD, card.to_json().encode())
    _pending(folder, card).replace(folder / WEIGHTS)
    write_atomically(folder / README, card.to_markdown().encode())
    return card


def load_checkpoint(folder: Path | str, model: nn.Module) -> ModelCard:
    """Load weights into a model, all or none.

    Args:
        folder: what `save_checkpoint` wrote.
        model: built as the card says.

    Returns:
        The card.

    Raises:
        ValueError: no checkpoint there; weights that are damaged; weights of another model.
    """
    folder = Path(folder)
    card = read_card(folder)
    path = _pending(folder, card) if _pending(folder, card).exists() else folder / WEIGHTS
    if not path.is_file():
        raise ValueError(f"{path} is missing, though there is a card; copy the whole folder again")
    weights = path.read_bytes()
    found = hashlib.sha256(weights).hexdigest()
    if found != card.sha256:
        raise ValueError(f"{path} has the SHA-256 {found[:12]}..., its card says {card.sha256[:12]}...; the file is "
                         "damaged or not the card's: copy or train it again")  # fmt: skip
    load_state(model, safetensors.torch.load(weights), origin=f"{folder} (a {card.model})")
    return card


def read_card(folder: Path | str) -> ModelCard:
    """The card of a checkpoint, to build its model from.

    Raises:
        ValueError: there is none, or it can't be read.
    """
    path = Path(folder) / CARD
    if not path.is_file():
        raise ValueError(f"no checkpoint in {folder}: {CARD} is missing; give a folder that save_checkpoint wrote")
    return ModelCard.from_json(path.read_text())


def load_state(model: nn.Module, weights: Mapping[str, Tensor], *, origin: str) -> None:
    """Load a state dict strictly, with an error that can be read.

    Args:
        model: gets the weights.
        weights: the state dict.
        origin: where it comes from, for the message.

    Raises:
        ValueError: keys or shapes differ.
    """
    own = model.state_dict()
    problems = [f"missing: {name}" for name in own.keys() - weights.keys()]
    problems += [f"unexpected: {name}" for name in weights.keys() - own.keys()]
    problems += [
        f"shape: {name} is {tuple(weights[name].shape)}, the model has {tuple(own[name].shape)}"
        for name in own.keys() & weights.keys()
        if own[name].shape != weights[name].shape
    ]
    if problems:
        shown = sorted(problems)[:12] + ([f"and {len(problems) - 12} more"] if len(problems) > 12 else [])
        raise ValueError(f"the weights of {origin} don't fit this {type(model).__name__}; build the model that they "
                         "were trained with:\n  " + "\n  ".join(shown))  # fmt: skip
    model.load_state_dict(dict(weights))


def _config_of(model: nn.Module) -> dict[str, Any]:
    config = getattr(model, "config", None)
    return asdict(config) if is_dataclass(config) and not isinstance(config, type) else {}


def _plain_tensors(model: nn.Module) -> dict[str, Tensor]:
    # Copies, because safetensors takes neither shared memory nor channels-last layout
    return {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in model.state_dict().items()
    }


def _pending(folder: Path, card: ModelCard) -> Path:
    return folder / f"model-{card.sha256[:16]}.safetensors"


def _remove_pending(folder: Path) -> None:
    # What the last save could not finish: whole and named by the card, or of no use
    if (folder / CARD).is_file():
        promised = _pending(folder, read_card(folder))
        if promised.exists():
            promised.replace(folder / WEIGHTS)
    for leftover in folder.glob("model-*.safetensors"):
        leftover.unlink()


def _table(left: str, right: str, rows: Mapping[str, Any]) -> str:
    return "\n".join([f"| {left} | {right} |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])
