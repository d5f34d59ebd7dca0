"""Measures of separated sounds over many mixtures, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from avlearn.metrics.bootstrap import interval
from avlearn.metrics.separation import score_all


@dataclass(frozen=True, eq=False, kw_only=True)
class SeparationScores:
    """What every row of the table scored, an entry for each part."""

    mixture: Int[Tensor, " R"]
    """Number of the mixture that each part is of."""
    measures: Mapping[str, Mapping[str, Float64[Tensor, " R"]]]
    """For each row of the table, each measure of each part."""

    @classmethod
    def join(cls, parts: Sequence[SeparationScores]) -> SeparationScores:
        """The parts of all mixtures, which are numbered through."""
        offsets = [0]
        for part in parts:
            offsets.append(offsets[-1] + int(part.mixture.max()) + 1)
        return cls(
            mixture=torch.cat([part.mixture + offset for part, offset in zip(parts, offsets, strict=False)]),
            measures={
                row: {name: torch.cat([part.measures[row][name] for part in parts]) for name in measures}
                for row, measures in parts[0].measures.items()
            },
        )


def score_answers(
    answers: Mapping[str, Float[Tensor, "B M S"]],
    parts: Float[Tensor, "B M S"],
    mixture: Float[Tensor, "B S"],
    *,
    filters: bool,
) -> SeparationScores:
    """All measures of all answers.

    An answer that is silent has no ratios; as no answer at all, it counts as the mixture itself.

    Args:
        answers: for each row of the table.
        parts: the truth.
        mixture: what was separated.
        filters: whether SDR, SIR and SAR are asked for.
    """
    heard = {row: torch.where(stems.any(2, keepdim=True), stems, mixture[:, None]) for row, stems in answers.items()}
    scores = score_all(heard, parts, mixture, filters=filters)
    numbers = torch.arange(len(mixture)).repeat_interleave(parts.shape[1])
    flat = {row: {name: values.flatten().cpu() for name, values in found.items()} for row, found in scores.items()}
    return SeparationScores(mixture=numbers, measures=flat)


def summarize_answers(scores: SeparationScores, draws: Float64[Tensor, "Q B"]) -> dict[str, dict[str, Any]]:
    """Means over all parts, as plain numbers; see `avlearn.tasks.separate.evaluate`.

    Args:
        scores: of all mixtures.
        draws: how often each mixture counts; the first row gives the numbers, the others the 95 % intervals.

    Returns:
        For each row of the table a number for each measure, and `intervals`, a pair for each.
    """
    rows = draws[:, scores.mixture]
    summary = {}
    for row, measures in scores.measures.items():
        means = {name: rows @ values / rows.sum(1) for name, values in measures.items() if "/" not in name}
        summary[row] = {name: float(values[0]) for name, values in means.items()} | {
            "intervals": {name: interval(values[1:]) for name, values in means.items()}
        }
    return summary
