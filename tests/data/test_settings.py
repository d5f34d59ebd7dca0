"""Settings of the world: what is refused, and with which words."""

from __future__ import annotations

from typing import Any

import pytest

from avlearn.data import DIFFICULTIES, WorldSettings, settings_for


@pytest.mark.parametrize(
    ("nonsense", "message"),
    [
        ({"size": 8}, "size is 8; use at least 16"),
        ({"frames": 0}, "frames is 0; use 1 for stills"),
        ({"frames": 8, "frame_rate": 4.0}, "frame_rate is 4.0; 8 frames must fit into 1.0 s"),
        ({"frame_rate": -1.0}, "frame_rate is -1.0"),
        ({"seconds": 0.0}, "seconds is 0.0; use more than 0"),
        ({"sample_rate": 8000}, "sample_rate is 8000; use at least 16000 Hz"),
        ({"sources": (3, 2)}, r"sources is \(3, 2\); use \(fewest, most\)"),
        ({"sources": (1, 6)}, r"sources is \(1, 6\)"),
        ({"silent": (-1, 2)}, r"silent is \(-1, 2\)"),
        ({"sources": (0, 0), "silent": (0, 0)}, "things add up to 0; allow 1 to 12"),
        ({"sources": (5, 5), "silent": (5, 5), "offscreen": (3, 3)}, "things add up to 13; allow 1 to 12"),
        ({"radius": (0.0, 0.2)}, "radius"),
        ({"radius": (0.3, 0.2)}, r"radius is \(0.3, 0.2\); use \(lowest, highest\)"),
        ({"radius": (0.3, 0.6)}, "radius"),
        ({"tilt": 270.0}, "tilt is 270.0; use 0 to 180"),
        ({"texture": -0.1}, "texture is -0.1"),
        ({"level": (3.0, -6.0)}, "level"),
        ({"snr": (20.0, 0.0)}, "snr"),
        ({"reverberation": 1.5}, "reverberation is 1.5; use a probability"),
        ({"reverberation_time": (0.0, 0.5)}, "reverberation_time"),
    ],
)
def test_nonsense_is_refused(nonsense: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WorldSettings(**nonsense)


def test_derived_values() -> None:
    settings = WorldSettings(sources=(1, 3), silent=(0, 2), offscreen=(0, 1), seconds=2.0, frames=8)
    assert settings.slots == 6
    assert settings.samples == 32_000
    assert settings.frames_per_second == 4.0
    assert WorldSettings(frames=8, frame_rate=16.0).frames_per_second == 16.0


def test_difficulties_keep_the_radii_in_pixels_that_their_names_stand_for() -> None:
    for name, low, high in (("small", 10, 17), ("big", 13, 22), ("clean", 13, 24), ("multi", 12, 19)):
        radius = settings_for(name).radius
        assert [round(96 * limit) for limit in radius] == [low, high]


def test_settings_are_found_by_name() -> None:
    assert settings_for("multi") is DIFFICULTIES["multi"]
    with pytest.raises(ValueError, match="unknown difficulty 'huge'; choose one of clean, big"):
        settings_for("huge")
