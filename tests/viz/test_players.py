from __future__ import annotations

import base64
import io
import math
import wave
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from avlearn.viz.players import film, player


def heard(html) -> tuple[np.ndarray, int]:
    source = ElementTree.fromstring(html.markup).find("audio").attrib["src"]
    with wave.open(io.BytesIO(base64.b64decode(source.removeprefix("data:audio/wav;base64,")))) as reader:
        assert (reader.getnchannels(), reader.getsampwidth()) == (1, 2)
        return np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2"), reader.getframerate()


def test_the_browser_hears_the_same_samples():
    sound = torch.rand(4000, generator=torch.Generator().manual_seed(0)) * 2 - 1
    sound[:2] = torch.tensor([1.0, -1.0])
    samples, rate = heard(player(sound, 16_000, label="Noise"))
    assert rate == 16_000
    np.testing.assert_allclose(samples / 32767, sound.numpy(), atol=0.51 / 32767)


def test_peak_scales_and_silence_stays_silent():
    samples, _ = heard(player(torch.tensor([0.0, 3.0, -6.0]), 8000, label="Loud", peak=0.5))
    assert samples.tolist() == [0, round(0.25 * 32767), -round(0.5 * 32767)]
    samples, _ = heard(player(torch.zeros(5), 8000, label="Silence", peak=0.5))
    assert samples.tolist() == [0] * 5


def test_the_player_has_a_name_a_length_and_loads_nothing_before_it_is_asked():
    html = player(torch.zeros(12_000), 8000, label='"Bell" & brick', caption="Gain 0 dB")
    audio = ElementTree.fromstring(html.markup).find("audio")
    assert audio.attrib["aria-label"] == '"Bell" & brick (1.5 s)'
    assert audio.attrib["preload"] == "none"
    assert "controls" in audio.attrib
    assert html.text == '"Bell" & brick (1.5 s)'


def test_a_very_short_sound_has_an_outline_too():
    player(torch.tensor([0.5]), 8000, label="Click")


@pytest.mark.parametrize(
    ("sound", "settings", "complaint"),
    [
        (torch.zeros(9), {"label": " "}, "label"),
        (torch.zeros(0), {"label": "Nothing"}, "at least one sample"),
        (torch.tensor([math.nan]), {"label": "Broken"}, "finite"),
        (torch.tensor([1.5]), {"label": "Loud"}, "peak=0.9"),
        (torch.zeros(9), {"label": "Quiet", "peak": 0}, r"\(0, 1\]"),
    ],
)
def test_refused(sound, settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        player(sound, 8000, **settings)


def test_a_film_is_held_by_the_page_with_its_words(tmp_path):
    path = tmp_path / "a.MP4"
    path.write_bytes(b"some frames")
    shown = film(path, alt='A "bell" rings', caption="loud")
    assert "data:video/mp4;base64,c29tZSBmcmFtZXM=" in shown.markup
    assert 'aria-label="A &quot;bell&quot; rings"' in shown.markup
    assert "loud" in shown.markup
    assert shown.text == 'A "bell" rings'


def test_films_that_cannot_be_shown_are_refused(tmp_path):
    with pytest.raises(ValueError, match="say in words"):
        film(tmp_path / "a.mp4", alt=" ")
    with pytest.raises(ValueError, match=r"a\.mkv is no kind of video"):
        film(tmp_path / "a.mkv", alt="A bell")
    with pytest.raises(FileNotFoundError):
        film(tmp_path / "a.mp4", alt="A bell")
