"""Published weights: what a file holds and needs, and loading it without leaving anything to chance."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from avlearn.encoders.normalize import NORMALIZATIONS, Normalization

SHOWN = 10
"""Names of each kind in an error message."""


@dataclass(frozen=True, kw_only=True)
class WeightsCard:
    """What must be known of a file of weights before it can be used."""

    name: str
    """Architecture and training set."""
    source: str
    """URL of the file, or a path."""
    sha256: str
    """Hexadecimal SHA-256 of the file, or the first 8 digits or more of it."""
    normalization: Normalization | None = None
    """How pictures were normalised; None for sound."""
    sample_rate: int | None = None
    """Hz of the sound; None for pictures."""
    leaves_out: tuple[str, ...] = ()
    """Patterns of names in the file that a trunk has no place for, such as `fc.*`."""
    licence: str
    """Terms of use of the file."""
    paper: str
    """Where the weights or the architecture were published."""

    def __post_init__(self) -> None:
        if len(self.sha256) < 8 or not set(self.sha256) <= set("0123456789abcdef"):
            raise ValueError(f"sha256 is {self.sha256!r}, expected 8 to 64 lower-case hexadecimal digits")

    @property
    def file_name(self) -> str:
        """Last part of the source."""
        return self.source.rsplit("/", 1)[-1]

    def __str__(self) -> str:
        """One line per field."""
        return "\n".join(f"{field.name}: {getattr(self, field.name)}" for field in fields(self))


VGG16_IMAGENET = WeightsCard(
    name="VGG-16, ImageNet",
    source="https://download.pytorch.org/models/vgg16-397923af.pth",
    sha256="397923af",
    normalization=NORMALIZATIONS["imagenet"],
    leaves_out=("classifier.*",),
    licence="BSD 3-Clause (torchvision); the terms of ImageNet may apply",
    paper="Simonyan and Zisserman, ICLR 2015",
)
"""Weights of `vgg16`, trained on the labels of ImageNet."""
RESNET18_IMAGENET = WeightsCard(
    name="ResNet-18, ImageNet",
    source="https://download.pytorch.org/models/resnet18-f37072fd.pth",
    sha256="f37072fd",
    normalization=NORMALIZATIONS["imagenet"],
    leaves_out=("fc.*",),
    licence="BSD 3-Clause (torchvision); the terms of ImageNet may apply",
    paper="He, Zhang, Ren and Sun, CVPR 2016",
)
"""Weights of `resnet18`, trained on the labels of ImageNet."""
VGGISH_AUDIOSET = WeightsCard(
    name="VGGish, port to PyTorch",
    source="https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
    sha256="10086976",
    sample_rate=16_000,
    leaves_out=("embeddings.*",),
    licence="see github.com/harritaylor/torchvggish",
    paper="Hershey et al., ICASSP 2017",
)
"""Weights of `vggish`, trained on the labels of AudioSet."""


def fetch_weights(card: WeightsCard, folder: str | Path) -> Path:
    """Path of the card's file in `folder`, downloaded there if it is absent; its SHA-256 is checked either way.

    Raises:
        ValueError: the file in `folder` is not that of the card.
        RuntimeError: the downloaded file is not that of the card.
    """
    path = Path(folder) / card.file_name
    if path.exists():
        _check_sha256(path, card)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.hub.download_url_to_file(card.source, str(path), hash_prefix=card.sha256, progress=False)
    return path


def load_weights(
    module: nn.Module,
    path: str | Path,
    *,
    card: WeightsCard | None = None,
    key_map: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
) -> None:
    """Copy a file of weights into a module: every name must match, or nothing is changed.

    Only `num_batches_tracked` of a batch norm may be absent, because files of before 2018 do not have it and it is not
    used for prediction.

    Args:
        module: gets the weights.
        path: a `.safetensors` file, or one of `torch.save` with nothing but tensors.
        card: its SHA-256 is checked, and what it leaves out is ignored.
        key_map: names, or beginnings of names up to a dot, in the file, and what they are called in the module:
            `{"conv1_a": "conv1"}`.
        ignore: patterns of names in the file that are left out on purpose: `("fc.*",)`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: another SHA-256, an unreadable file, or names or shapes that differ; these are listed.

    >>> import tempfile; from safetensors.torch import save_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file({"body.weight": torch.ones(1, 2), "fc.bias": torch.ones(1)}, f"{folder}/a.safetensors")
    ...     linear = nn.Linear(2, 1, bias=False)
    ...     load_weights(linear, f"{folder}/a.safetensors", key_map={"body": ""}, ignore=("fc.*",))
    >>> linear.weight.tolist()
    [[1.0, 1.0]]
    """
    path = Path(path)
    if card is not None:
        _check_sha256(path, card)
        ignore = (*card.leaves_out, *ignore)
    kept = {key: value for key, value in _read(path).items() if not any(fnmatchcase(key, name) for name in ignore)}
    weights = _rename(kept, key_map or {})
    own = module.state_dict()
    counters = {key: value for key, value in own.items() if key.endswith("num_batches_tracked") and key not in weights}
    weights |= counters
    _check_match(own, weights, path)
    module.load_state_dict(weights, strict=True)


def _check_sha256(path: Path, card: WeightsCard) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not digest.startswith(card.sha256):
        raise ValueError(
            f"{path} has SHA-256 {digest}, the card of {card.name} says {card.sha256}: "
            f"delete the file and get it from {card.source}"
        )


def _read(path: Path) -> dict[str, Tensor]:
    try:
        content: object = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(
            f"{path} is not a file of weights ({type(error).__name__}): download it again, or save it with "
            "torch.save(module.state_dict(), path) or safetensors"
        ) from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{path} holds a {type(content).__name__}, expected a state dict")
    others = [str(key) for key, value in content.items() if not (isinstance(key, str) and isinstance(value, Tensor))]
    if others:
        raise ValueError(f"{path} holds more than tensors: {_shorten(others)}; save the state dict by itself")
    return dict(content)


def _rename(weights: Mapping[str, Tensor], key_map: Mapping[str, str]) -> dict[str, Tensor]:
    renamed: dict[str, Tensor] = {}
    for key, value in weights.items():
        new = _new_name(key, key_map)
        if new in renamed:
            raise ValueError(
                f"two names of the file become {new!r}, one of them {key!r}: ignore one or map it elsewhere"
            )
        renamed[new] = value
    return renamed


def _new_name(key: str, key_map: Mapping[str, str]) -> str:
    matching = [old for old in key_map if key == old or key.startswith(f"{old}.")]
    if not matching:
        return key
    old = max(matching, key=len)
    return (key_map[old] + key.removeprefix(old)).removeprefix(".")


def _check_match(own: Mapping[str, Tensor], weights: Mapping[str, Tensor], path: Path) -> None:
    differences = {
        "missing in the file": sorted(own.keys() - weights.keys()),
        "unexpected in the file": sorted(weights.keys() - own.keys()),
        "of another shape": [
            f"{key} (file {tuple(weights[key].shape)}, module {tuple(own[key].shape)})"
            for key in sorted(own.keys() & weights.keys())
            if own[key].shape != weights[key].shape
        ],
    }
    found = [f"  {len(names)} {kind}: {_shorten(names)}" for kind, names in differences.items() if names]
    if found:
        raise ValueError(
            "\n".join([f"{path} does not fit:", *found, "Rename with key_map, or leave out by name with ignore."])
        )


def _shorten(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f", and {rest} more" if rest > 0 else "")
