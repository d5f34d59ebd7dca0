"""Fingerprint of all that the results of a notebook depend on."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("torch", "numpy", "plotly", "matplotlib", "ipywidgets", "papermill", "ipykernel")
"""Packages whose new versions ask for a new run."""


def digest(repository: Path, notebook: Path, parameters: Mapping[str, object]) -> str:
    """Changes with the notebook, the library's files, the parameters, or the version of a main package."""
    parts = [notebook.read_bytes(), library(repository), json.dumps(dict(parameters), sort_keys=True).encode()]
    parts += [f"{package} {installed(package)}".encode() for package in PACKAGES]
    return _hash(parts)


def installed(package: str) -> str:
    """Version of an installed package, or `absent`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


@functools.cache
def library(repository: Path) -> bytes:
    """Fingerprint of the library's files, computed once a process."""
    folder = repository / "avlearn"
    parts = ((str(path.relative_to(folder)).encode(), path.read_bytes()) for path in _sources(folder))
    return _hash(part for pair in parts for part in pair).encode()


def _sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _hash(parts: Iterator[bytes] | list[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()
