"""Does the separator restore the sound of what it is asked about, and is the picture of use?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from avlearn.audio import apply_masks, binary_masks, ratio_masks, to_spectrum
from avlearn.models import Separator, VisualCentre
from avlearn.models.known_class import KnownClass
from avlearn.tasks.factorization import factorize
from avlearn.tasks.frozen import RESAMPLES, check_settings, device_of, draws_of, evaluation_mode
from avlearn.tasks.mixtures import Mixtures, blocks, mixed_scenes, scenes_of_several
from avlearn.tasks.separation_queries import Questions, ask
from avlearn.tasks.separation_scores import SeparationScores, score_answers, summarize_answers
from avlearn.types import SceneSource

QUERIES = ("point", "box", "cluster", "automatic", "shared_point")
CONTROLS = ("mean_query", "shuffled_query")
FACTORS = {"nmf_1_oracle": 1, "nmf_8_oracle": 8}
"""Factors for each source of the factorizations."""
BASELINES = ("mixture", *FACTORS)
UPPER_BOUNDS = ("class_with_labels", "ideal_ratio_mask", "ideal_binary_mask")
MIXED = (2, 3)
"""Numbers of scenes that are mixed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Answered:
    """What came of some mixtures with equally many parts."""

    scores: SeparationScores
    """Of every row of the table."""
    found: Bool[Tensor, "B M"]
    """Sources that the automatic query found."""
    invented: Int[Tensor, " B"]
    """Hills on no source."""


def evaluate(
    separator: Separator,
    scenes: SceneSource,
    several: SceneSource,
    *,
    count: int,
    told: Separator | None = None,
    filters: bool = True,
    batch_size: int = 16,
    seed: int = 0,
) -> dict[str, Any]:
    """Separates mixtures whose parts are known, as one JSON-able record.

    There are two kinds. `mixed`: scenes with a single source, mixed equally loud; each part has a picture of its own.
    `several`: scenes in which several things sound, in one picture, as they are. The separator runs in evaluation mode
    and gets its mode back; of the truth it is told no more than each query says.

    Args:
        separator: its query is a `VisualCentre`.
        scenes: with a single source each, others than those of the training.
        several: with two or more sources each.
        count: mixtures of each kind and number.
        told: a separator that was trained with a `KnownClass` for its query, the upper bound with labels; or None.
        filters: whether SDR, SIR and SAR are computed beside SI-SDR, which takes most of the time.
        batch_size: mixtures at once.
        seed: of the factorization and the intervals.

    Returns:
        Besides what was asked for, `mixed`, with a table for each number of scenes, and `several`, with a table for all
        and `by_sources` one for each number of sources. A table has the numbers of `mixtures`, `sources` and, in all,
        of `skipped` ones: scenes in which a part is silent, or too few things sound. Its rows are:

        - `queries`. `point` in the middle of the object and `box` about it: the attention there asks. `cluster`: the
          attention of the visual cluster that has most of it there. `automatic`: nothing is told; the hills of the
          attention ask, and a source that none of them is on counts as the mixture, with no gain. `shared_point`: as
          `point`, but masks sum to 1 and so the sounds to the mixture.
        - `automatic`: how many sources were `found` and `missed`, and how many hills are `invented`, on no source or on
          one that has a higher hill.
        - `controls`: the mean of all points' queries, and the point of another mixture (of another source, where there
          is a single mixture).
        - `baselines`: the mixture itself, and factorizations with 1 and 8 factors for each source, which an oracle who
          knows the truth gives to the sources.
        - `upper_bounds`, which know the truth: the class (of `told`), and ideal masks.

        The measures are means over the parts, in decibels: `si_sdr`, `sdr`, `sir`, `sar`, and their gain over the
        mixture, `si_sdr_gain`, `sdr_gain`, `sir_gain`; with 95 % bootstrap `intervals` over mixtures.

    Raises:
        ValueError: unusable settings, another query than a `VisualCentre`, scenes without truth or of another sample
            rate, or none that can be used.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DCC, DCCConfig, SeparatorConfig
        >>> separator = Separator(SeparatorConfig(levels=2, width=2), VisualCentre(DCC(DCCConfig())))
        >>> single, several = (World(DIFFICULTIES[name], seed=1) for name in ("clean", "multi"))
        >>> report = evaluate(separator, single, several, count=2, filters=False)
        >>> list(report["several"]["queries"])
        ['point', 'box', 'cluster', 'automatic', 'shared_point']
    """
    check_settings(count=count, batch_size=batch_size, seed=seed)
    _check(separator, told, scenes, several)
    task = _Task(separator, told, filters=filters, size=batch_size, seed=seed)
    mixed = {sources: mixed_scenes(scenes, count=count, sources=sources, batch_size=64) for sources in MIXED}
    together, skipped = scenes_of_several(several, count=count, batch_size=64)
    answered = {sources: task.answer(mixtures) for sources, mixtures in together.items()}
    return {
        "task": "separate",
        "count": count,
        "seed": seed,
        "batch_size": batch_size,
        "resamples": RESAMPLES,
        "mixed": {
            str(sources): task.table([task.answer(mixtures)]) | {"skipped": left}
            for sources, (mixtures, left) in mixed.items()
        },
        "several": task.table(list(answered.values()))
        | {"skipped": skipped, "by_sources": {str(sources): task.table([some]) for sources, some in answered.items()}},
    }


class _Task:
    """What is the same for all mixtures of a test."""

    def __init__(self, separator: Separator, told: Separator | None, *, filters: bool, size: int, seed: int) -> None:
        self.separator, self.told = separator, told
        self.filters, self.size, self.seed = filters, size, seed

    def answer(self, mixtures: Mixtures) -> Answered:
        """Ask and score everything."""
        with evaluation_mode(self.separator), evaluation_mode(self.told):
            asked = self._ask(mixtures)
            queries = _with_controls(asked.queries)
            scores = []
            for start in range(0, len(mixtures), self.size):
                rows = slice(start, start + self.size)
                some = {name: vectors[rows] for name, vectors in queries.items()}
                answers = self._answers(mixtures[rows], some, asked.found[rows])
                block = mixtures[rows]
                scores.append(score_answers(answers, block.parts, block.waveform, filters=self.filters))
        return Answered(scores=SeparationScores.join(scores), found=asked.found, invented=asked.invented)

    def _ask(self, mixtures: Mixtures) -> Questions:
        centre, device = cast(VisualCentre, self.separator.query), device_of(self.separator)
        return Questions.join([ask(centre, block, device=device) for block in blocks(mixtures, self.size)])

    def _answers(
        self, block: Mixtures, queries: dict[str, Float[Tensor, "B M D"]], found: Bool[Tensor, "B M"]
    ) -> dict[str, Float[Tensor, "B M S"]]:
        config, mixture, parts = self.separator.stft, block.waveform, block.parts
        answers = {name: _separate(self.separator, mixture, vectors) for name, vectors in queries.items()}
        answers["automatic"] = torch.where(found[..., None], answers["automatic"], mixture[:, None])
        answers["shared_point"] = _separate(self.separator, mixture, queries["point"], shared=True)
        answers["mixture"] = mixture[:, None].expand_as(parts)
        for name, factors in FACTORS.items():
            answers[name] = factorize(mixture, parts, config, factors=factors, seed=self.seed)
        if self.told is not None:
            vectors = cast(KnownClass, self.told.query).of_classes(block.classes)
            answers["class_with_labels"] = _separate(self.told, mixture, vectors)
        true = to_spectrum(parts.flatten(0, 1), config).abs().unflatten(0, tuple(parts.shape[:2]))
        answers["ideal_ratio_mask"] = apply_masks(ratio_masks(true), mixture, config)
        answers["ideal_binary_mask"] = apply_masks(binary_masks(true), mixture, config)
        return answers

    def table(self, answered: Sequence[Answered]) -> dict[str, Any]:
        """One table for all of these mixtures."""
        scores = SeparationScores.join([part.scores for part in answered])
        mixtures, sources = int(scores.mixture.max()) + 1, len(scores.mixture)
        rows = summarize_answers(scores, draws_of(mixtures, torch.Generator().manual_seed(self.seed)))
        found = sum(int(part.found.sum()) for part in answered)
        invented = sum(int(part.invented.sum()) for part in answered)
        kinds = {"queries": QUERIES, "controls": CONTROLS, "baselines": BASELINES, "upper_bounds": UPPER_BOUNDS}
        return {
            "mixtures": mixtures,
            "sources": sources,
            **{kind: {name: rows[name] for name in names if name in rows} for kind, names in kinds.items()},
            "automatic": {
                "found": found,
                "missed": sources - found,
                "invented": invented,
                "found_share": found / sources,
                "invented_per_mixture": invented / mixtures,
            },
        }


def _with_controls(queries: dict[str, Float[Tensor, "B M D"]]) -> dict[str, Float[Tensor, "B M D"]]:
    points = queries["point"]
    return queries | {
        "mean_query": points.mean((0, 1), keepdim=True).expand_as(points),
        "shuffled_query": points.roll(1, 0) if len(points) > 1 else points.roll(1, 1),
    }


def _separate(
    separator: Separator, mixture: Float[Tensor, "B S"], queries: Float[Tensor, "B M D"], *, shared: bool = False
) -> Float[Tensor, "B M S"]:
    device = device_of(separator)
    return separator.separate(mixture.to(device), queries.to(device), shared=shared).cpu()


def _check(separator: Separator, told: Separator | None, *sources: SceneSource) -> None:
    if not isinstance(separator.query, VisualCentre):
        raise ValueError(f"the separator asks by {type(separator.query).__name__}; this task needs a VisualCentre")
    if told is not None and not isinstance(told.query, KnownClass):
        raise ValueError(f"the separator that is told the class asks by {type(told.query).__name__}; train it with a "
                         "KnownClass")  # fmt: skip
    for scenes in sources:
        rate = scenes.batch([0], truth=True).sample_rate
        if rate != separator.stft.sample_rate:
            raise ValueError(f"the scenes have {rate} Hz, the separator hears {separator.stft.sample_rate} Hz; "
                             "wrap them in avlearn.data.Resampled")  # fmt: skip
