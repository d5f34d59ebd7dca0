"""The table of classes."""

from __future__ import annotations

import numpy as np

from avlearn.data.actors import HUE_SPREAD
from avlearn.data.classes import CLASSES, FAMILIES, MUTE, SOUNDING
from avlearn.data.shapes import SHAPES
from avlearn.data.sounds import VOICES
from avlearn.data.textures import TEXTURES


def test_sounding_classes_come_first_and_have_voices_in_this_order() -> None:
    assert CLASSES == SOUNDING + MUTE
    assert tuple(VOICES) == SOUNDING
    assert len(SOUNDING) >= 12
    assert len(MUTE) >= 4


def test_every_class_has_an_outline_and_a_texture_of_its_own() -> None:
    assert set(SHAPES) == set(TEXTURES) == set(CLASSES)
    assert len(set(SHAPES.values())) == len(set(TEXTURES.values())) == len(CLASSES)


def test_the_hues_of_every_class_overlap_those_of_another() -> None:
    hues = np.array([family.hue for family in FAMILIES])
    distance = np.abs(hues[:, None] - hues)
    distance = np.minimum(distance, 1 - distance) + np.eye(len(hues))
    assert distance.min(axis=1).max() < HUE_SPREAD


def test_what_sounds_moves_and_what_is_mute_has_no_gains() -> None:
    for family in FAMILIES:
        assert (np.abs(family.gains).max() > 0.1) == (family.name in SOUNDING)
