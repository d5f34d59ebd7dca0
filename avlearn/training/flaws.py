"""Counting the scenes of a run that are not as they should be, because their files aren't."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from avlearn.types import AVBatch, Flaw

NAMES = {flaw: f"clips/{flaw.name.lower()}" for flaw in Flaw if flaw.name}
"""What the logs call the number of scenes with each flaw."""


def flaw_shares(batch: AVBatch) -> dict[str, float | Tensor]:
    """Share of a batch's scenes that has each flaw; nothing for scenes that were made.

    Example:
        >>> import torch
        >>> from dataclasses import replace
        >>> from avlearn.data import World, WorldSettings
        >>> batch = World(WorldSettings(), seed=0).batch([0, 1])
        >>> flaw_shares(replace(batch, flaws=torch.tensor([0, 3], dtype=torch.uint8)))["clips/silent"]
        tensor(0.5000)
    """
    if batch.flaws is None:
        return {}
    return {name: (batch.flaws & int(flaw) > 0).float().mean() for flaw, name in NAMES.items()}


def counted(counts: Mapping[str, int], shares: Mapping[str, float | Tensor], *, batch_size: int) -> dict[str, int]:
    """The counts of a run with those of another batch, of which so many scenes were read by all processes.

    Args:
        counts: so far.
        shares: logs of the step, with what `flaw_shares` told, mean over processes; all else is passed over.
        batch_size: scenes of the step.

    Example:
        >>> counted({"clips/skipped": 3}, {"clips/skipped": 0.25, "loss": 0.7}, batch_size=8)
        {'clips/skipped': 5}
    """
    names = [name for name in NAMES.values() if name in shares]
    return {name: counts.get(name, 0) + round(batch_size * float(shares[name])) for name in names}


def advice(counts: Mapping[str, int], *, drawn: int) -> str | None:
    """What to say at the end of a run; None if all is well.

    Args:
        counts: of the whole run.
        drawn: scenes that were trained on, each as often as it was drawn.

    Example:
        >>> print(advice({"clips/skipped": 2, "clips/silent": 0}, drawn=40))
        of 40 clips drawn, 2 skipped; `avlearn prepare` tells which they are and why, and lists the others alone
    """
    found = [f"{counts[name]} {name.removeprefix('clips/')}" for name in NAMES.values() if counts.get(name)]
    if not found:
        return None
    return (f"of {drawn} clips drawn, {', '.join(found)}; `avlearn prepare` tells which they are and why, and lists "
            "the others alone")  # fmt: skip
