from __future__ import annotations

import pytest
import torch
from torch import nn

from avlearn import recipes
from avlearn.audio import LogMel
from avlearn.encoders import ImageNormalize, small_audio, small_image, small_video
from avlearn.models import DCCConfig
from avlearn.tasks.descriptors import Cepstra, EncoderSeeing, Hears, Sees, View, hearing_of, pooled, seeing_of, view_of


class Own(nn.Module):
    """A model that isn't of this library, with its encoders in a dictionary."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        self.frontend, self.normalize = LogMel("small"), ImageNormalize("small")
        self.encoders = nn.ModuleDict(parts)


class Talker:
    sample_rate, whole = 8000, True

    def hear(self, waveform):
        return waveform[:, :3]


def test_pooling_is_mean_and_maximum_over_all_positions():
    maps = torch.randn(2, 3, 4, 5, 6)
    expected = [[float(m.mean()) for m in row] + [float(m.max()) for m in row] for row in maps]
    torch.testing.assert_close(pooled(maps), torch.tensor(expected))


def test_a_model_of_the_library_hears_and_sees_as_it_encodes():
    model = recipes.untrained(DCCConfig(), seed=0)
    hears, sees = hearing_of(model), seeing_of(model)
    assert isinstance(hears, Hears)
    assert isinstance(sees, Sees)
    sounds = torch.randn(2, 16_000, generator=torch.Generator().manual_seed(0)) * 0.1
    frames = torch.randint(256, (2, 3, 1, 96, 96), generator=torch.Generator().manual_seed(0)).byte()
    with torch.inference_mode():
        expected = pooled(model.eval().audio_encoder(model.frontend(sounds)))
        seen = pooled(model.image_encoder(model.normalize(frames[:, :, 0])))
    torch.testing.assert_close(hears.hear(sounds), expected)
    torch.testing.assert_close(sees.see(frames), seen)
    assert (hears.sample_rate, sees.view.size) == (16_000, 96)


def test_describing_leaves_the_mode_and_the_statistics_alone():
    model = recipes.untrained(DCCConfig(), seed=0).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    hearing_of(model).hear(torch.ones(1, 16_000))
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_an_image_encoder_sees_a_clip_frame_by_frame():
    model = Own(image=small_image())
    sees = EncoderSeeing(model, View(size=32, frames=2))
    frames = torch.randint(256, (1, 3, 2, 32, 32), generator=torch.Generator().manual_seed(1)).byte()
    alone = [sees.see(frames[:, :, [k]]) for k in range(2)]
    torch.testing.assert_close(sees.see(frames), (alone[0] + alone[1]) / 2)


def test_a_video_encoder_sees_the_clip_as_a_whole():
    sees = EncoderSeeing(Own(video=small_video()), View(size=32))
    assert sees.see(torch.zeros(2, 3, 8, 32, 32, dtype=torch.uint8)).shape == (2, 256)
    assert hearing_of(Own(audio=small_audio())).hear(torch.zeros(1, 16_000)).shape == (1, 256)


def test_whoever_hears_or_sees_by_itself_is_taken_as_it_is():
    talker = Talker()
    assert hearing_of(talker) is talker
    assert isinstance(Cepstra(), Hears)


def test_what_cannot_be_described_is_named():
    with pytest.raises(ValueError, match="a Linear has no frontend and audio_encoder"):
        hearing_of(nn.Linear(1, 1))
    with pytest.raises(ValueError, match="a Linear has no normalize"):
        seeing_of(nn.Linear(1, 1))
    with pytest.raises(ValueError, match=r"neither a view nor a config.image_size"):
        view_of(Own(video=small_video()))
    with pytest.raises(ValueError, match="need positive size"):
        View(size=0)
