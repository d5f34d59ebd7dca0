"""Who is there, where, how large and how loud."""

from __future__ import annotations

import numpy as np
import pytest

from avlearn.data.settings import WorldSettings
from avlearn.data.staging import CANDIDATES, Kinds, draw_stage, drift, place, scene_generator

KINDS = Kinds(sounding=(0, 1, 2, 3, 4), mute=(5, 6), unseen=(7,))
SETTINGS = WorldSettings(sources=(1, 2), silent=(0, 2), offscreen=(0, 1))


def test_streams_are_independent_and_repeatable() -> None:
    first = scene_generator(seed=3, index=8).random(4)
    np.testing.assert_array_equal(first, scene_generator(seed=3, index=8).random(4))
    others = [scene_generator(seed=s, index=i).random(4) for s, i in ((3, 9), (8, 3), (4, 8))]
    assert all(not np.array_equal(first, other) for other in others)


def test_roles_keep_their_kinds() -> None:
    seen_roles = set()
    for index in range(300):
        roles = draw_stage(SETTINGS, KINDS, scene_generator(seed=0, index=index)).roles
        heard = [role.label for role in roles if role.heard]
        quiet = [role.label for role in roles if not role.heard]
        assert len(set(heard)) == len(heard)
        assert not set(heard) & set(quiet)
        for role in roles:
            seen_roles.add((role.label, role.heard, role.seen))
    assert all(label in KINDS.sounding for label, heard, seen in seen_roles if heard and seen)
    assert (5, False, True) in seen_roles
    assert (7, True, False) in seen_roles
    assert not {(5, True, True), (7, True, True), (7, False, True)} & seen_roles


def test_the_order_of_slots_tells_nothing_about_who_sounds() -> None:
    settings = WorldSettings(silent=(1, 1))
    first = [draw_stage(settings, KINDS, scene_generator(seed=0, index=i)).roles[0].heard for i in range(400)]
    assert 0.4 < np.mean(first) < 0.6


def test_spots_stay_in_range_and_apart() -> None:
    gaps = []
    for index in range(200):
        stage = draw_stage(WorldSettings(sources=(2, 2), silent=(0, 0)), KINDS, scene_generator(seed=0, index=index))
        first, second = stage.spots
        for spot in stage.spots:
            assert 0.135 * 96 <= spot.radius <= 0.23 * 96
            assert -6 <= spot.level <= 3
            assert 0 < min(spot.centre) < max(spot.centre) < 96
        gaps.append(np.hypot(*np.subtract(first.centre, second.centre)) - 0.9 * (first.radius + second.radius))
    assert np.mean(np.array(gaps) > 0) > 0.97


def test_overlap_can_be_allowed() -> None:
    settings = WorldSettings(sources=(2, 2), silent=(0, 0), radius=(0.2, 0.2), overlap=True)
    near = 0
    for index in range(200):
        first, second = draw_stage(settings, KINDS, scene_generator(seed=0, index=index)).spots
        near += np.hypot(*np.subtract(first.centre, second.centre)) < 0.3 * 96
    assert near > 40


def test_place_takes_the_first_free_candidate_or_the_roomiest() -> None:
    draws = np.full((CANDIDATES, 2), 0.5)
    draws[1], draws[2] = 0.1, 0.9
    assert place(draws, radius=10.0, size=100, others=[]) == (50.0, 50.0)
    assert place(draws, radius=10.0, size=100, others=[(50.0, 50.0, 10.0)]) == pytest.approx((17.2, 17.2))
    assert place(draws, radius=10.0, size=100, others=[(40.0, 40.0, 90.0)]) == pytest.approx((82.8, 82.8))


def test_drift_is_slow_straight_and_centred() -> None:
    time = np.linspace(0, 1, 9)
    path = drift(np.array([0.3, 1.0, 0.7]), time)
    np.testing.assert_allclose(np.diff(path, n=2), 0, atol=1e-12)
    np.testing.assert_allclose(path[:, 4], 0, atol=1e-12)
    assert np.hypot(*(path[:2, -1] - path[:2, 0])) == pytest.approx(0.5)
