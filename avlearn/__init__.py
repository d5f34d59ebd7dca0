"""Unsupervised audiovisual learning by clustering: DCC, its variants and baselines, trainable and measured.

Start at `avlearn.recipes` (complete runs), `avlearn.models` (the systems) or `avlearn.data` (worlds to learn from).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avlearn.environment import report as report
    from avlearn.pretrained import load as load

_HOMES = {"load": "avlearn.pretrained", "report": "avlearn.environment"}


def __getattr__(name: str) -> Any:
    # Loaded at first use, so that importing one part of the library doesn't import all of it
    if name not in _HOMES:
        raise AttributeError(f"module 'avlearn' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
