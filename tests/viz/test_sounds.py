from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.viz import sound_picture, spectrogram, upright, waveforms


def test_a_drawn_waveform_reaches_every_extreme():
    sound = torch.zeros(10_000)
    sound[777], sound[8888] = 0.5, -0.25
    (trace,) = waveforms({"click": sound}, 10_000, alt="Two clicks.").data
    assert (max(trace.y), min(trace.y)) == (0.5, -0.25)
    assert trace.x[int(np.argmax(trace.y))] == pytest.approx(0.0777, abs=0.001)
    assert len(trace.x) == 2 * 600


def test_all_sounds_share_one_scale():
    figure = waveforms({"loud": torch.ones(9), "soft": torch.full((9,), 0.1)}, 9, alt="Two.")
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range == (-1, 1)
    assert (figure.layout.yaxis.title.text, figure.layout.yaxis2.title.text) == ("loud", "soft")


def test_a_spectrogram_is_drawn_with_time_to_the_right():
    (heat,) = spectrogram(torch.arange(6.0).reshape(1, 3, 2), seconds=1.5, alt="Cells.").data
    assert heat.z.tolist() == [[0, 2, 4], [1, 3, 5]]
    assert (heat.x0, heat.dx) == (0.25, 0.5)


def test_maps_lie_over_the_picture_of_their_sound():
    log_mel = torch.zeros(4, 3)
    log_mel[3, 0] = 1.0  # late and low
    picture, lying = sound_picture(log_mel), upright(log_mel)
    assert picture.shape == (3, 3, 4)
    brightest = picture.int().sum(0).argmax().item()
    assert brightest == lying.argmax().item() == 2 * 4 + 3  # foot of the last column


def test_refused():
    with pytest.raises(ValueError, match="no sounds"):
        waveforms({}, 8000, alt="Nothing.")
    with pytest.raises(ValueError, match="one sound at a time"):
        spectrogram(torch.zeros(2, 4, 3), seconds=1, alt="Two.")
    with pytest.raises(ValueError, match="alt"):
        spectrogram(torch.zeros(4, 3), seconds=1, alt="")
    with pytest.raises(ValueError, match="alt"):
        waveforms({"a": torch.zeros(4)}, 8000, alt="")
