"""Members of the classes."""

from __future__ import annotations

import colorsys

import numpy as np

from avlearn.data.actors import ACTOR_DRAWS, HUE_SPREAD, LOOK_DRAWS, cast, dance, play
from avlearn.data.classes import CLASSES, FAMILIES
from avlearn.data.sounds import VOICES

TIME = np.arange(800) / 16_000


def _draws(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(ACTOR_DRAWS)


def test_a_mute_actor_neither_plays_nor_dances() -> None:
    actor = cast(CLASSES.index("leaf"), _draws(0), tilt=60.0)
    assert actor.score is None
    assert play(actor, TIME, sample_rate=16_000) is None
    assert not dance(actor, TIME).any()


def test_an_actor_plays_and_dances_to_one_score() -> None:
    label = CLASSES.index("siren")
    actor = cast(label, _draws(0), tilt=60.0)
    assert actor.score == VOICES["siren"].compose(_draws(0)[LOOK_DRAWS:])
    moves = dance(actor, TIME)
    assert play(actor, TIME, sample_rate=16_000) is not None
    control = VOICES["siren"].control(actor.score, TIME)
    np.testing.assert_allclose(moves[0], FAMILIES[label].gains[0] * control)
    np.testing.assert_allclose(moves[2], FAMILIES[label].gains[2] * control)


def test_looks_stay_within_their_family() -> None:
    family = FAMILIES[CLASSES.index("drop")]
    looks = [cast(CLASSES.index("drop"), _draws(seed), tilt=30.0).look for seed in range(50)]
    hues = [colorsys.rgb_to_hsv(*(look.first / 255).tolist())[0] for look in looks]
    assert np.abs(np.array(hues) - family.hue).max() <= HUE_SPREAD + 1e-3
    assert np.ptp(hues) > HUE_SPREAD
    assert max(abs(look.tilt) for look in looks) <= np.deg2rad(30.0)
    assert {np.sign(look.aspect) for look in looks} == {-1.0, 1.0}
    assert all(0 <= look.second.min() <= look.second.max() <= 255 for look in looks)
