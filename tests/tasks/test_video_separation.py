"""What is written of a video's sources: sounds that sum to the mixture, nearer to the truth, and videos with a ring."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from avlearn import pretrained
from avlearn.data import DIFFICULTIES, World, read_frames, read_sound, write_video
from avlearn.metrics.separation import si_sdr
from avlearn.models import Separator, SeparatorConfig
from avlearn.tasks.video_separation import SeparatedVideo, separate_video
from avlearn.types import Scene

RATE = 16_000


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Two things that move and sound."""
    settings = replace(DIFFICULTIES["multi"], sources=(2, 2), silent=(0, 0), frames=16, seconds=4.0)
    return World(settings, seed=9).batch([3], truth=True).scene(0)


@pytest.fixture(scope="module")
def written(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> tuple[SeparatedVideo, list[float]]:
    folder = tmp_path_factory.mktemp("video")
    write_video(folder / "two.mkv", scene.frames, scene.waveform, frame_rate=4, sample_rate=RATE)
    separator, shares = pretrained.load_separator("separator"), list[float]()
    return separate_video(separator, folder / "two.mkv", folder / "out", most=2, progress=shares.append), shares


def _read(path: str) -> torch.Tensor:
    waveform, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE
    return torch.from_numpy(waveform)


def test_stems_and_rest_sum_to_the_mixture(scene: Scene, written) -> None:
    told, _ = written
    mixture, rest = _read(told.mixture), _read(told.rest)
    stems = torch.stack([_read(source.sound) for source in told.sources])
    torch.testing.assert_close(mixture, scene.waveform, atol=1e-4, rtol=0)
    torch.testing.assert_close(stems.sum(0) + rest, mixture, atol=4 * 2**-15, rtol=0)
    assert told.seconds == 4.0
    assert told.rest_energy == pytest.approx(float(rest.square().sum() / mixture.square().sum()), abs=1e-3)


def test_stems_are_nearer_to_the_things_than_the_mixture(scene: Scene, written) -> None:
    told, _ = written
    assert scene.truth is not None
    truth = scene.truth.stems[scene.truth.sounding]
    stems = torch.stack([_read(source.sound) for source in told.sources])
    gains = si_sdr(stems[:, None].expand(-1, 2, -1), truth.expand(2, -1, -1)) - si_sdr(
        scene.waveform.expand(2, 2, -1), truth.expand(2, -1, -1)
    )
    best = max(gains[0, 0] + gains[1, 1], gains[0, 1] + gains[1, 0]) / 2
    assert float(best) > 4.0


def test_videos_carry_their_stem_and_a_ring_about_it(scene: Scene, written) -> None:
    told, _ = written
    for number, source in enumerate(told.sources):
        heard = read_sound(source.video, start=0, duration=4, sample_rate=RATE).waveform
        stem = _read(source.sound)
        assert float(torch.nn.functional.cosine_similarity(heard, stem, dim=0)) > 0.9
        seen = read_frames(source.video, start=0, duration=4, frame_rate=4).frames.float()
        changed = (seen - scene.frames.float()).abs().amax(0) > 60
        _, rows, columns = np.nonzero(changed.numpy())
        assert len(rows), f"no ring in video {number}"
        assert np.median(columns) / 96 == pytest.approx(source.place[0], abs=0.12)
        assert np.median(rows) / 96 == pytest.approx(source.place[1], abs=0.12)


def test_progress_rises_to_the_end(written) -> None:
    shares = written[1]
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1.0


def test_another_query_is_refused(tmp_path: Path) -> None:
    class MeanColour:
        out_dim = 3

        def __call__(self, batch):
            return batch.frames.float().mean((2, 3, 4)) / 255

    with pytest.raises(ValueError, match="asks by MeanColour; this task needs a VisualCentre"):
        separate_video(Separator(SeparatorConfig(width=2), MeanColour()), "a.mp4", tmp_path)
