"""Everything that the localization task asks a model about a batch of scenes, scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from avlearn.metrics.localization import Threshold
from avlearn.metrics.trivial import centre_box, centred_disc, edge_energy, whole_image
from avlearn.tasks.frozen import device_of
from avlearn.tasks.map_scores import Hunt, MapScores, join, score_maps, score_random_object
from avlearn.tasks.negative_audio import Answers, negatives, shuffled
from avlearn.types import AVBatch, Localizer, Truth

MAPS = ("attention", "similarity")
"""The maps of `HeatMaps` that are scored."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SceneScores:
    """What was found in some scenes."""

    scores: dict[str, dict[str, MapScores]]
    """For each kind of query (`maps`, `baselines`, `shuffled_audio`, `per_source`, `per_source_baselines`) the scores
    of each map by name. Kinds that nothing was asked for are absent."""
    answers: dict[str, Answers]
    """What the model answered to the scenes' own sounds (`own`) and to each kind of negative sound."""

    @classmethod
    def join(cls, parts: Sequence[SceneScores]) -> SceneScores:
        """The scenes of all parts."""
        kinds = dict.fromkeys(kind for part in parts for kind in part.scores)
        sounds = dict.fromkeys(sound for part in parts for sound in part.answers)
        return cls(
            scores={kind: _join_scores([part.scores[kind] for part in parts if kind in part.scores]) for kind in kinds},
            answers={
                sound: _join_answers([part.answers[sound] for part in parts if sound in part.answers])
                for sound in sounds
            },
        )


def hunt_in(batch: AVBatch, numbers: Int[Tensor, " B"]) -> Hunt:
    """What there is to find in the scenes of a batch; rows may have no target.

    Args:
        batch: scenes with their truth. Of a clip, the middle frame counts.
        numbers: of the scenes.

    Raises:
        ValueError: scenes without truth.
    """
    truth = truth_of(batch)
    masks = truth.masks[:, :, truth.masks.shape[2] // 2]
    seen = truth.visible & masks.flatten(2).any(2)
    return Hunt(scene=numbers, masks=masks, target=seen & truth.sounds, other=seen & ~truth.sounds)


def score_scenes(
    model: Localizer, batch: AVBatch, hunt: Hunt, *, threshold: Threshold, generator: torch.Generator
) -> SceneScores:
    """The model's and the trivial maps of a batch, for the own, for exchanged, for single and for negative sounds.

    Args:
        model: never sees the truth, and no more scenes at once than the batch has.
        batch: scenes with their truth.
        hunt: what is to be found in each of them; at least one target in each row.
        threshold: see `avlearn.metrics.localization.Threshold`.
        generator: of exchanged sounds and noise.
    """
    truth = truth_of(batch)
    everyone, edges = torch.arange(len(hunt)), edge_energy(batch.frames[:, :, batch.frames.shape[2] // 2])
    answers = {"own": _ask(model, batch, everyone, batch.waveform)}
    scores = {
        "maps": _score_answers(answers["own"], hunt, threshold),
        "baselines": _score_baselines(edges, hunt, threshold),
    }
    rows, waveform = shuffled(batch.waveform, truth, generator=generator)
    if len(rows):
        scores["shuffled_audio"] = _score_answers(_ask(model, batch, rows, waveform), hunt[rows], threshold)
    rows, single, stems = _single_sources(hunt, truth)
    if len(rows):
        scores["per_source"] = _score_answers(_ask(model, batch, rows, stems), single, threshold)
        scores["per_source_baselines"] = _score_baselines(edges[rows], single, threshold)
    for sound, (rows, waveform) in negatives(batch.waveform, truth, generator=generator).items():
        if len(rows):
            answers[sound] = _ask(model, batch, rows, waveform)
    return SceneScores(scores=scores, answers=answers)


def _single_sources(hunt: Hunt, truth: Truth) -> tuple[Tensor, Hunt, Tensor]:
    # One query for each visible source, where several are heard; whatever else is seen is wrong
    row, slot = (hunt.target & (truth.complexity >= 2)[:, None]).nonzero().unbind(1)
    target = F.one_hot(slot, hunt.target.shape[1]).bool()
    single = replace(hunt[row], target=target, other=hunt.seen[row] & ~target)
    return row, single, truth.stems[row, slot]


def _ask(model: Localizer, batch: AVBatch, rows: Int[Tensor, " r"], waveform: Float[Tensor, "r S"]) -> Answers:
    pictures, device, parts = batch.without_truth(), device_of(model), []
    for some, heard in zip(rows.split(len(batch)), waveform.split(len(batch)), strict=True):
        maps = model.localize(replace(pictures[some], waveform=heard).to(device))
        parts.append({name: getattr(maps, name).float().cpu() for name in (*MAPS, "score")})
    return _join_answers(parts)


def _score_answers(answers: Answers, hunt: Hunt, threshold: Threshold) -> dict[str, MapScores]:
    enlarged = {name: F.interpolate(answers[name][:, None], hunt.size, mode="bilinear")[:, 0] for name in MAPS}
    return {name: score_maps(heat_map, hunt, threshold=threshold) for name, heat_map in enlarged.items()}


def _score_baselines(edges: Float[Tensor, "R H W"], hunt: Hunt, threshold: Threshold) -> dict[str, MapScores]:
    maps = {
        "whole_image": whole_image(hunt.size),
        "centre_box": centre_box(hunt.size),
        "centred_disc": centred_disc(hunt.size),
        "edge_energy": edges,
    }
    scores = {name: score_maps(heat_map, hunt, threshold=threshold) for name, heat_map in maps.items()}
    return scores | {"random_object": score_random_object(hunt, threshold=threshold)}


def truth_of(batch: AVBatch) -> Truth:
    """What is known of the scenes.

    Raises:
        ValueError: scenes without truth.
    """
    if batch.truth is None:
        raise ValueError("the scenes come without their truth; models are scored on a World or a Collage")
    return batch.truth


def _join_scores(parts: Sequence[dict[str, MapScores]]) -> dict[str, MapScores]:
    return {name: join([part[name] for part in parts]) for name in parts[0]}


def _join_answers(parts: Sequence[Answers]) -> Answers:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
