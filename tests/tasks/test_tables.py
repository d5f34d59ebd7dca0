"""Tables hold what the records hold, with baselines and controls."""

from __future__ import annotations

import pytest
import torch

from avlearn.data import World, WorldSettings
from avlearn.metrics import Threshold
from avlearn.tasks import localize
from avlearn.tasks.tables import (
    MEASURES,
    blind_rows,
    highest,
    localization_rows,
    negative_audio_rows,
    over_seeds,
    source_rows,
)
from avlearn.types import AVBatch, HeatMaps

RULES: tuple[Threshold, ...] = ("max_half", "top_half")


class Guess:
    """Noise that changes with the sound."""

    def localize(self, batch: AVBatch) -> HeatMaps:
        loudness = batch.waveform.square().mean(1)[:, None, None]
        maps = torch.rand(len(batch), 4, 4, generator=torch.Generator().manual_seed(0)) * loudness
        return HeatMaps(similarity=maps, attention=-maps, clusters=torch.ones(len(batch), 1, 4, 4), score=maps[:, 0, 0])


@pytest.fixture(scope="module")
def several():
    world = World(WorldSettings(size=32, sources=(2, 2), silent=(1, 1)), seed=1)
    return {"guess": localize.evaluate(Guess(), world, count=12, seed=0)}


@pytest.fixture(scope="module")
def single():
    world = World(WorldSettings(size=32), seed=1)
    return {"guess": localize.evaluate(Guess(), world, count=12, seed=0)}


def test_localization_rows(several):
    rows = localization_rows(several)
    assert [row["map"] for row in rows] == [
        "guess, attention",
        "guess, similarity",
        "guess, wrong sound",
        "whole image",
        "centre box",
        "centred disc",
        "edge energy",
        "random object",
    ]
    record = several["guess"]
    for key, title in MEASURES.items():
        assert rows[0][title] == record["maps"]["attention"][key]
        assert rows[2][title] == record["controls"]["shuffled_audio"]["attention"][key]
        assert rows[-1][title] == record["baselines"]["random_object"][key]


def test_chosen_measures_and_several_models(several):
    rows = localization_rows({"a": several["guess"], "b": several["guess"]}, measures=["mean_iou"])
    assert list(rows[0]) == ["map", "mean IoU"]
    assert [row["map"] for row in rows[:6]] == [
        *("a, attention", "a, similarity", "b, attention", "b, similarity"),
        *("a, wrong sound", "b, wrong sound"),
    ]
    assert len(rows) == 6 + 5
    assert highest(rows) == {"mean IoU": "highest"}


def test_without_a_partner_there_is_no_row_for_the_wrong_sound(several):
    lonely = several["guess"] | {"controls": {"shuffled_audio": None}}
    assert not any("wrong" in row["map"] for row in localization_rows({"guess": lonely}))


def test_source_rows(several):
    rows = source_rows(several)
    record = several["guess"]
    assert rows[1] == {
        "map": "guess, similarity",
        "recall": record["maps"]["similarity"]["recall"],
        "sounding vs silent": record["maps"]["similarity"]["sounding_silent_auc"],
        "one stem: pointing": record["per_source"]["maps"]["similarity"]["pointing"],
        "one stem: vs others": record["per_source"]["maps"]["similarity"]["sounding_silent_auc"],
    }
    assert rows[2]["map"] == "whole image"
    assert rows[2]["one stem: pointing"] == record["per_source"]["baselines"]["whole_image"]["pointing"]


def test_negative_audio_rows(several):
    rows = negative_audio_rows(several)
    assert [row["strength"] for row in rows] == ["guess, attention", "guess, similarity", "guess, score"]
    strength = several["guess"]["negative_audio"]["strengths"]["score"]
    assert rows[2]["silence: AUC"] == strength["silence"]["auc"]
    assert rows[2]["noise: alarms"] == strength["noise"]["false_alarm_rate"]


def test_blind_rows():
    found = [
        {"data_set": name, "baseline": "whole_image", "threshold": rule, "ciou_at_0.5": 0.1 * place}
        for name in ("a", "b")
        for place, rule in enumerate(RULES)
    ]
    record = {"data_sets": {"a": {}, "b": {}}, "rows": found}
    assert blind_rows(record, "b") == [{"map": "whole image", "max_half": 0.0, "top_half": pytest.approx(10)}]
    with pytest.raises(ValueError, match="no data set 'c'"):
        blind_rows(record, "c")


def test_seeds_come_together(several):
    rows = localization_rows(several, measures=["pointing", "mean_iou"])
    joined = over_seeds([rows, rows, rows])
    assert [row["map"] for row in joined] == [row["map"] for row in rows]
    assert joined[0]["pointing"] == [rows[0]["pointing"]] * 3


@pytest.mark.parametrize("tables", [[], [[{"map": "a"}], [{"map": "b"}]], [[{"map": "a"}], [{"map": "a", "x": 1}]]])
def test_seeds_of_different_tables_are_refused(tables):
    with pytest.raises(ValueError, match=f"got {len(tables)} tables"):
        over_seeds(tables)


def test_bad_input(single):
    with pytest.raises(ValueError, match="unknown measure 'size'"):
        localization_rows(single, measures=["size"])
    with pytest.raises(ValueError, match="several sources"):
        source_rows(single)
    for table in (localization_rows, source_rows, negative_audio_rows):
        with pytest.raises(ValueError, match="no results"):
            table({})
