"""Loading published weights: complete or not at all, with a report of what was taken."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from avlearn.download import download, sha256_of
from avlearn.encoders.cards import WeightsCard

SHOWN = 10
"""Names of each kind in a message."""
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """What a module took from a file of weights; as text, a few lines for people."""

    path: Path
    """The file."""
    card: WeightsCard | None
    """Its card, if one was given."""
    taken: tuple[str, ...]
    """Names in the module of all that was copied."""
    renamed: tuple[tuple[str, str], ...]
    """Name in the file and name in the module, where they differ."""
    left_out: tuple[str, ...]
    """Names in the file that were left out on purpose."""
    kept: tuple[str, ...]
    """Batch counters that the file lacks and the module kept."""
    values: int
    """Numbers that were copied."""

    def __str__(self) -> str:
        """A line for the total, one for each kind of exception, and the card."""
        exceptions = {
            "renamed": [f"{old} -> {new}" for old, new in self.renamed],
            "left out": self.left_out,
            "kept, as the file lacks them": self.kept,
        }
        lines = [f"{self.path}: took {len(self.taken)} tensors, {self.values:,} numbers"]
        lines += [f"  {len(names)} {kind}: {_shorten(names)}" for kind, names in exceptions.items() if names]
        return "\n".join(lines + [f"  {line}" for line in str(self.card or "").splitlines()])


def fetch_weights(card: WeightsCard, folder: str | Path) -> Path:
    """Path of the card's file in `folder`, downloaded there if it is absent; its SHA-256 is checked either way.

    Raises:
        ValueError: the file, here or at the address, is not that of the card.
        ConnectionError: the file is not here and can't be downloaded; the message says where to put it.
    """
    path = Path(folder) / card.file_name
    if not path.exists():
        return download(card.source, path, sha256=card.sha256)
    _check_sha256(path, card)
    return path


def load_weights(
    module: nn.Module,
    path: str | Path,
    *,
    card: WeightsCard | None = None,
    key_map: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
    quiet: bool = False,
) -> LoadReport:
    """Copy a file of weights into a module and print what it took: every name must match, or nothing is changed.

    Only `num_batches_tracked` of a batch norm may be absent, because files of before 2018 do not have it and it is not
    used for prediction.

    Args:
        module: gets the weights.
        path: a `.safetensors` file, or one of `torch.save` with nothing but tensors.
        card: its SHA-256 and the `eps` of all batch norms are checked, what it leaves out is ignored, and its names
            are mapped.
        key_map: names, or beginnings of names up to a dot, in the file, and what they are called in the module:
            `{"conv1_a": "conv1"}`.
        ignore: patterns of names in the file that are left out on purpose: `("fc.*",)`.
        quiet: nothing is printed.

    Returns:
        What is printed: names taken, renamed, left out, and the card.

    Raises:
        FileNotFoundError: no such file.
        ValueError: another SHA-256, an unreadable file, another `eps`, or names or shapes that differ; these are
            listed.

    >>> import tempfile; from safetensors.torch import save_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file({"body.weight": torch.ones(1, 2), "fc.bias": torch.ones(1)}, f"{folder}/a.safetensors")
    ...     linear = nn.Linear(2, 1, bias=False)
    ...     report = load_weights(linear, f"{folder}/a.safetensors", key_map={"body": ""}, ignore=("fc.*",), quiet=True)
    >>> report.taken, report.renamed, report.left_out
    (('weight',), (('body.weight', 'weight'),), ('fc.bias',))
    >>> linear.weight.tolist()
    [[1.0, 1.0]]
    """
    path = Path(path)
    if card is not None:
        _check_sha256(path, card)
        _check_batch_norms(module, card)
        ignore, key_map = (*card.leaves_out, *ignore), {**dict(card.key_map), **(key_map or {})}
    content = _read(path)
    left_out = tuple(key for key in content if any(fnmatchcase(key, pattern) for pattern in ignore))
    names = _new_names([key for key in content if key not in left_out], key_map or {})
    weights = {new: content[old] for old, new in names.items()}
    own = module.state_dict()
    counters = {key: value for key, value in own.items() if key.endswith("num_batches_tracked") and key not in weights}
    _check_match(own, weights | counters, path, card)
    module.load_state_dict(weights | counters, strict=True)
    report = LoadReport(
        path=path,
        card=card,
        taken=tuple(weights),
        renamed=tuple((old, new) for old, new in names.items() if old != new),
        left_out=left_out,
        kept=tuple(counters),
        values=sum(value.numel() for value in weights.values()),
    )
    if not quiet:
        print(report)
    return report


def _check_sha256(path: Path, card: WeightsCard) -> None:
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is absent: fetch_weights(card, folder) brings it, or get it from {card.source}"
        )
    digest = sha256_of(path)
    if not digest.startswith(card.sha256):
        raise ValueError(
            f"{path} has SHA-256 {digest}, the card of {card.name} says {card.sha256}: "
            f"delete the file and get it from {card.source}"
        )


def _check_batch_norms(module: nn.Module, card: WeightsCard) -> None:
    norms = {name: part.eps for name, part in module.named_modules() if isinstance(part, BATCH_NORMS)}
    wrong = [name for name, eps in norms.items() if card.batch_norm is not None and eps != card.batch_norm.eps]
    if wrong:
        raise ValueError(
            f"batch norm {wrong[0]!r} has eps {norms[wrong[0]]:g}, the weights of {card.name} were trained with "
            f"{card.batch_norm}: features would differ; build the module with {card.encoder}"
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


def _new_names(keys: Sequence[str], key_map: Mapping[str, str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for key in keys:
        new = _new_name(key, key_map)
        if new in names.values():
            raise ValueError(
                f"two names of the file become {new!r}, one of them {key!r}: ignore one or map it elsewhere"
            )
        names[key] = new
    return names


def _new_name(key: str, key_map: Mapping[str, str]) -> str:
    matching = [old for old in key_map if key == old or key.startswith(f"{old}.")]
    if not matching:
        return key
    old = max(matching, key=len)
    return (key_map[old] + key.removeprefix(old)).removeprefix(".")


def _check_match(
    own: Mapping[str, Tensor], weights: Mapping[str, Tensor], path: Path, card: WeightsCard | None
) -> None:
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
        remedy = "" if card is None else f"The card is for {card.encoder}. "
        remedy += "Rename with key_map, or leave out by name with ignore."
        raise ValueError("\n".join([f"{path} does not fit:", *found, remedy]))


def _shorten(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f", and {rest} more" if rest > 0 else "")
