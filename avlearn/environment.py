"""What this installation is and where it runs: the first thing to know when numbers differ."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

import torch

from avlearn.recipes import RECIPES, Profile

PURPOSES: dict[Profile, str] = {
    "smoke": "shows that everything runs; its numbers mean nothing",
    "book": "trains for real on two processor cores, at most four minutes a page",
    "gpu": "for one graphics card, about ten minutes a page",
    "paper": "the published sizes, for your own data; days of training",
}
"""What each profile is for."""


def describe() -> dict[str, str]:
    """Versions and device, as `avlearn info` and every measurement report them."""
    return {
        "avlearn": version("avlearn"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": device_name(),
        "recipes": ", ".join(RECIPES),
    }


def device_name() -> str:
    """Name of the graphics card, or the number of processor cores in use."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{platform.machine()} processor, {torch.get_num_threads()} of {os.cpu_count()} cores"


def report(profile: Profile) -> None:
    """Print versions, device and what the profile is for: the first output of every notebook.

    Raises:
        ValueError: unknown profile.

    Example:
        >>> report("smoke")  # doctest: +ELLIPSIS
        avlearn ..., torch ..., Python ...
        profile smoke: shows that everything runs; its numbers mean nothing
    """
    if profile not in PURPOSES:
        raise ValueError(f"unknown profile {profile!r}; choose one of {', '.join(PURPOSES)}")
    facts = describe()
    print(f"avlearn {facts['avlearn']}, torch {facts['torch']}, Python {facts['python']}, {facts['device']}")
    print(f"profile {profile}: {PURPOSES[profile]}")
