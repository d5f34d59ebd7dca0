"""Sound localization on scenes whose truth is known: every measure, beside what needs no hearing at all."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from avlearn.metrics.localization import Threshold, check_threshold
from avlearn.tasks.frozen import RESAMPLES, check_settings, draws_of, evaluation_mode, numbered
from avlearn.tasks.map_scores import summarize
from avlearn.tasks.negative_audio import tell_apart
from avlearn.tasks.scene_scores import MAPS, SceneScores, hunt_in, score_scenes
from avlearn.types import Localizer, SceneSource


def evaluate(
    model: Localizer,
    scenes: SceneSource,
    *,
    count: int,
    batch_size: int = 64,
    threshold: Threshold = "max_half",
    seed: int = 0,
) -> dict[str, Any]:
    """Scores a model's heat maps on scenes 0 to count - 1, with all baselines and controls, as one JSON-able record.

    Maps are enlarged bilinearly to the size of the picture; of a clip, the masks of the middle frame count. Scenes in
    which no source is visible are left out. The model sees no truth, runs in evaluation mode and gets its mode back.

    Args:
        model: gives heat maps.
        scenes: gives scenes with their truth; use others than those of the training.
        count: scenes to look at.
        batch_size: scenes at once; sounds are exchanged within a batch only, so it changes those draws.
        threshold: rule for the intersection over union, see `avlearn.metrics.localization.Threshold`.
        seed: of exchanged sounds, noise and intervals.

    Returns:
        Besides what was asked for, `scenes` (those with a visible source), the sizes of picture and map, and:

        - `maps`: the model's `attention` and `similarity`, for the scene's own sound.
        - `baselines`: whole image, centre box (half of each side), centred disc (half of the area), edge energy, and
          the exact expectation for an object chosen at random.
        - `controls`: the model's maps for the sound of another scene without a common class (`shuffled_audio`). A
          model that listens gets much worse.
        - `per_source`: in scenes with several sources heard, each visible source asked for by its own stem; only this
          source is right, all other objects count as silent. None without such scenes.
        - `negative_audio`: see `avlearn.tasks.negative_audio.tell_apart`.

        The measures of a map, None where they can't be asked, with 95 % bootstrap `intervals` over scenes:

        - `pointing`: the highest pixel lies on a source; easy where sources are many, so see `per_source` there.
        - `sounding_silent_auc`: chance that an object that sounds has more mean heat than one that is silent, all
          objects of all scenes on one scale; `pair_accuracy`: the same within scenes.
        - `recall`: of the n objects with most mean heat, n the number of visible sources, the share that sounds; only
          scenes with a silent object count.
        - `iou_at_true_area`: intersection over union with as many of the highest pixels as the sources have.
        - under the threshold rule: `mean_iou`, `success_at_0.3`, `ciou_at_0.5`, `success_auc`.

    Raises:
        ValueError: unusable settings, scenes without truth, no visible source in any scene, or maps that are not
            finite.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DCC, DCCConfig
        >>> report = evaluate(DCC(DCCConfig()), World(DIFFICULTIES["big_test"], seed=1), count=4)
        >>> sorted(report["maps"])
        ['attention', 'similarity']
    """
    check_settings(count=count, batch_size=batch_size, seed=seed)
    check_threshold(threshold)
    generator = torch.Generator().manual_seed(seed)
    parts = []
    with evaluation_mode(model):
        for numbers in numbered(count, batch_size):
            batch = scenes.batch(numbers, truth=True)
            hunt = hunt_in(batch, torch.tensor(numbers))
            rows = hunt.target.any(1).nonzero().flatten()
            if len(rows):
                part = score_scenes(model, batch[rows], hunt[rows], threshold=threshold, generator=generator)
                parts.append(part)
    if not parts:
        raise ValueError(f"none of the {count} scenes has a visible source; look at more scenes or at another world")
    settings = {"task": "localize", "count": count, "batch_size": batch_size, "seed": seed, "threshold": threshold}
    return settings | _report(SceneScores.join(parts), hunt.size, draws_of(count, generator))


def _report(found: SceneScores, size: tuple[int, int], draws: Float64[Tensor, "Q S"]) -> dict[str, Any]:
    own = found.answers["own"]
    return {
        "scenes": len(own["score"]),
        "picture_size": list(size),
        "map_size": list(own[MAPS[0]].shape[-2:]),
        "upsampling": "bilinear",
        "resamples": RESAMPLES,
        "maps": _summaries(found, "maps", draws),
        "baselines": _summaries(found, "baselines", draws[:1]),
        "controls": {"shuffled_audio": _shuffled(found, draws)},
        "per_source": _per_source(found, draws),
        "negative_audio": tell_apart(found.answers, size=size),
    }


def _shuffled(found: SceneScores, draws: Float64[Tensor, "Q S"]) -> dict[str, Any] | None:
    if "shuffled_audio" not in found.scores:
        return None
    scenes = len(found.scores["shuffled_audio"][MAPS[0]].scene)
    return {"scenes": scenes, **_summaries(found, "shuffled_audio", draws)}


def _per_source(found: SceneScores, draws: Float64[Tensor, "Q S"]) -> dict[str, Any] | None:
    if "per_source" not in found.scores:
        return None
    scene = found.scores["per_source"][MAPS[0]].scene
    return {
        "scenes": len(scene.unique()),
        "queries": len(scene),
        "maps": _summaries(found, "per_source", draws),
        "baselines": _summaries(found, "per_source_baselines", draws[:1]),
    }


def _summaries(found: SceneScores, kind: str, draws: Float64[Tensor, "Q S"]) -> dict[str, Any]:
    return {name: summarize(scores, draws) for name, scores in found.scores[kind].items()}
