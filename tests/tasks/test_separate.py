"""The separation task: every row, the order that any separator must have, and mistakes with their remedy."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from avlearn import load
from avlearn.data import DIFFICULTIES, Resampled, World, WorldSettings
from avlearn.models import Separator, SeparatorConfig, VisualCentre
from avlearn.models.known_class import KnownClass
from avlearn.tasks import separate

SINGLE, SEVERAL = World(DIFFICULTIES["big_test"], seed=1), World(DIFFICULTIES["multi"], seed=1)
TINY = SeparatorConfig(levels=2, width=2, maps=3)


def build(query=None):
    torch.manual_seed(0)
    return Separator(TINY, VisualCentre(load("dcc")) if query is None else query)


@pytest.fixture(scope="module")
def told():
    return build(KnownClass.of_scenes(World(DIFFICULTIES["big"], seed=0), 4, number=16))


@pytest.fixture(scope="module")
def report(told):
    return separate.evaluate(build(), SINGLE, SEVERAL, count=2, told=told)


def tables(report):
    return [*report["mixed"].values(), report["several"], *report["several"]["by_sources"].values()]


def test_every_row_of_every_table_is_there_and_json_takes_it(report):
    assert json.loads(json.dumps(report)) == report
    assert set(report["mixed"]) == {"2", "3"}
    for table in tables(report):
        assert tuple(table["queries"]) == separate.QUERIES
        assert tuple(table["controls"]) == separate.CONTROLS
        assert tuple(table["baselines"]) == separate.BASELINES
        assert tuple(table["upper_bounds"]) == separate.UPPER_BOUNDS
        for kind in ("queries", "controls", "baselines", "upper_bounds"):
            for row in table[kind].values():
                assert {"si_sdr", "sdr", "sir", "sar", "si_sdr_gain", "sdr_gain", "sir_gain", "intervals"} == set(row)
                low, high = row["intervals"]["si_sdr_gain"]
                assert low <= row["si_sdr_gain"] <= high


def test_the_mixture_gains_nothing_and_ideal_masks_most(report):
    for table in tables(report):
        rows = {**table["queries"], **table["controls"], **table["baselines"], **table["upper_bounds"]}
        gains = {name: row["si_sdr_gain"] for name, row in rows.items()}
        assert gains["mixture"] == pytest.approx(0, abs=1e-9)
        best = max(gains["ideal_ratio_mask"], gains["ideal_binary_mask"])
        assert best == max(gains.values())
        assert best > 10


def test_sources_are_counted(report):
    assert report["mixed"]["3"]["sources"] == 3 * report["mixed"]["3"]["mixtures"] == 6
    several = report["several"]
    assert several["mixtures"] == sum(some["mixtures"] for some in several["by_sources"].values()) == 2
    for table in tables(report):
        automatic = table["automatic"]
        assert automatic["found"] + automatic["missed"] == table["sources"]
        assert automatic["found_share"] == automatic["found"] / table["sources"]


def test_the_same_again_without_filters_and_in_other_blocks(report, told):
    again = separate.evaluate(build(), SINGLE, SEVERAL, count=2, told=told, filters=False, batch_size=1)
    for table, other in zip(tables(report), tables(again), strict=True):
        for kind in ("queries", "controls", "baselines", "upper_bounds"):
            for name, row in table[kind].items():
                assert other[kind][name]["si_sdr_gain"] == pytest.approx(row["si_sdr_gain"], abs=1e-3)
                assert "sdr" not in other[kind][name]


def test_the_separator_gets_its_mode_back():
    separator = build().train()
    separate.evaluate(separator, SINGLE, SEVERAL, count=2, filters=False)
    assert separator.unet.training
    assert not separator.query.training


def test_mistakes_are_told_with_their_remedy(told):
    with pytest.raises(ValueError, match="asks by KnownClass; this task needs a VisualCentre"):
        separate.evaluate(told, SINGLE, SEVERAL, count=2)
    with pytest.raises(ValueError, match="is told the class asks by VisualCentre"):
        separate.evaluate(build(), SINGLE, SEVERAL, count=2, told=build())
    with pytest.raises(ValueError, match="have 11025 Hz, the separator hears 16000 Hz; wrap them"):
        separate.evaluate(build(), Resampled(SINGLE, 11_025), SEVERAL, count=2)
    with pytest.raises(ValueError, match=r"pictures are \(48, 48\); this model sees 96 x 96, resize"):
        separate.evaluate(build(), World(WorldSettings(size=48), seed=1), SEVERAL, count=2)
    with pytest.raises(ValueError, match="none of 2 mixtures of 2 scenes has one source in each"):
        separate.evaluate(build(), World(WorldSettings(sources=(0, 0), silent=(1, 2)), seed=1), SEVERAL, count=2)
    with pytest.raises(ValueError, match="count is 0"):
        separate.evaluate(build(), SINGLE, SEVERAL, count=0)
    with pytest.raises(ValueError, match="none of 2 scenes has two things"):
        separate.evaluate(build(), SINGLE, SINGLE, count=2)


def test_sounds_of_another_length_are_parted_as_they_are():
    worlds = [World(replace(DIFFICULTIES[name], seconds=0.4), seed=1) for name in ("clean", "multi")]
    report = separate.evaluate(build(), *worlds, count=2, filters=False)
    assert report["several"]["mixtures"] == 2
