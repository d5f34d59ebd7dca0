"""Features of all clips of a data set, one clip after another, into a file that is mapped into memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32
from torch import Tensor

from avlearn.data.manifests import NAMED, Manifest, report_missing

FILE = "features.npy"
"""Name of the file of features in its folder."""

_UNREADABLE = (OSError, ValueError, RuntimeError, EOFError)


@dataclass(frozen=True, eq=False, kw_only=True)
class ClipFeatures:
    """What a description makes of the clips of a data set."""

    manifest: Manifest
    """Of those clips that could be read, in the order of `values`."""
    values: Float32[np.ndarray, "N W E"]
    """A vector for each window of each clip, mapped from a file."""
    missing: dict[str, Any]
    """See `avlearn.data.manifests.report_missing`."""
    broken: dict[str, str]
    """Clips whose files are there and can't be read -> why."""
    silent: tuple[str, ...]
    """Sounds without a single sample that isn't zero; they count like all others."""

    def __len__(self) -> int:
        return len(self.values)

    def report(self) -> dict[str, Any]:
        """What of the data set was used; see `report_missing`, besides `used`, `broken`, `silent` and some of them."""
        return {
            **self.missing,
            "used": len(self),
            "broken": len(self.broken),
            "first_broken": dict(list(self.broken.items())[:NAMED]),
            "silent": len(self.silent),
            "first_silent": list(self.silent[:NAMED]),
        }


def extract(
    manifest: Manifest, read: Callable[[Path], Tensor], describe: Callable[[Tensor], Tensor], *, out: Path
) -> ClipFeatures:
    """Features of every clip that is there and can be read.

    Memory holds the windows of one clip; the features are written to `out` as they come.

    Args:
        manifest: the clips; those whose files are missing are left out and told.
        read: windows of a file, (W, ...); as many of every file.
        describe: vectors of windows, (W, ...) -> (W, E).
        out: folder for the file of features, made if needed.

    Raises:
        ValueError: no clip is there, or none can be read, or some are pieces of files.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from avlearn.data.manifests import LabelledClip, Split
        >>> here = LabelledClip(name="this", path=Path(__file__), labels=(0,), group="")
        >>> one = Manifest(name="one", kind="sound", classes=("a",), clips=(here,), splits=(), remedy="")
        >>> import torch
        >>> def loudness(windows):
        ...     return windows.square().mean(1, keepdim=True)
        >>> with TemporaryDirectory() as folder:
        ...     features = extract(one, lambda path: torch.ones(3, 8), loudness, out=Path(folder))
        >>> features.values.shape
        (1, 3, 1)
    """
    _refuse_pieces(manifest)
    there, kept = manifest.present(), list[int]()
    broken, silent = dict[str, str](), list[str]()
    values: np.ndarray | None = None
    for row, clip in enumerate(there.clips):
        try:
            windows = read(clip.path)
        except _UNREADABLE as problem:
            broken[clip.name] = f"{type(problem).__name__}: {problem}"
            continue
        if windows.is_floating_point() and not windows.any():
            silent.append(clip.name)
        found = describe(windows).float().numpy()
        values = _file(out, (len(there), *found.shape)) if values is None else values
        values[len(kept)] = found
        kept.append(row)
    if values is None:
        raise _nothing_read(there, broken)
    return ClipFeatures(
        manifest=there.only(kept),
        values=values[: len(kept)],
        missing=report_missing(manifest),
        broken=broken,
        silent=tuple(silent),
    )


def readable(manifest: Manifest, read: Callable[[Path], Tensor]) -> tuple[Manifest, dict[str, str]]:
    """The clips that can be read, each tried once, and why the others can't.

    Args:
        manifest: of clips whose files are there.
        read: windows of a file.

    Raises:
        ValueError: none can be read, or some are pieces of files.
    """
    _refuse_pieces(manifest)
    broken: dict[str, str] = {}
    for clip in manifest.clips:
        try:
            read(clip.path)
        except _UNREADABLE as problem:
            broken[clip.name] = f"{type(problem).__name__}: {problem}"
    if len(broken) == len(manifest):
        raise _nothing_read(manifest, broken)
    return manifest.only([row for row, clip in enumerate(manifest.clips) if clip.name not in broken]), broken


def _refuse_pieces(manifest: Manifest) -> None:
    pieces = [clip for clip in manifest.clips if clip.start or clip.duration is not None]
    if pieces:
        raise ValueError(f"{len(pieces)} clips of {manifest.name}, such as {pieces[0].name}, are pieces of files, and "
                         "features are taken of whole files; cut them out first")  # fmt: skip


def _nothing_read(manifest: Manifest, broken: dict[str, str]) -> ValueError:
    name, why = next(iter(broken.items()))
    return ValueError(f"none of the {len(manifest)} files of {manifest.name} can be read; {name}: {why}")


def _file(out: Path, shape: tuple[int, ...]) -> Float32[np.ndarray, "N W E"]:
    out.mkdir(parents=True, exist_ok=True)
    mapped: np.memmap = np.lib.format.open_memmap(out / FILE, mode="w+", dtype=np.float32, shape=shape)
    return mapped
