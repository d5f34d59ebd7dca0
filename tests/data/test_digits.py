"""Written and spoken digits: splits that share nothing, and scenes of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from avlearn.data import Collage, PictureBank, RecordingBank, WorldSettings, digits
from avlearn.data.digits import SAMPLE_RATE
from avlearn.types import AVBatch

Banks = tuple[PictureBank, RecordingBank]


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """Digits of two speakers with two training and two test takes; the sound's length names speaker and take."""
    (tmp_path / "images").mkdir()
    (tmp_path / "fsdd" / "recordings").mkdir(parents=True)
    for part, value in (("train", 100), ("test", 200)):
        images = np.full((10, 28, 28), value, np.uint8)
        np.savez(tmp_path / "images" / f"mnist_{part}.npz", images=images, labels=np.arange(10, dtype=np.uint8))
    for digit in range(10):
        for speaker, length in (("ann", 1000), ("bob", 2000)):
            for take in (3, 4, 5, 6):
                path = tmp_path / "fsdd" / "recordings" / f"{digit}_{speaker}_{take}.wav"
                soundfile.write(path, np.full(length + take, 0.1), SAMPLE_RATE)
    return tmp_path


@pytest.mark.parametrize(
    ("split", "lengths", "ink"),
    [("train", {1005, 1006}, 100), ("test", {1003, 1004}, 200), ("new_speaker", {2003, 2004, 2005, 2006}, 200)],
)
def test_splits(made_up: Path, split: str, lengths: set[int], ink: int) -> None:
    pictures, recordings = digits(made_up, split=split, held_out_speaker="bob")
    assert {len(waveform) for waveform in recordings.waveforms} == lengths
    assert len(recordings) == 10 * len(lengths)
    assert set(recordings.labels.tolist()) == set(range(10))
    assert (pictures.images == ink).all()
    assert pictures.class_names == recordings.class_names


def test_errors(made_up: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"held_out_speaker is 'eve', .* has \['ann', 'bob'\]"):
        digits(made_up, split="train", held_out_speaker="eve")
    with pytest.raises(ValueError, match=r"mnist_train\.npz is missing"):
        digits(tmp_path / "fsdd", split="train")
    shutil.rmtree(made_up / "fsdd")
    with pytest.raises(ValueError, match=r"fsdd has no recordings; put the spoken digits there"):
        digits(made_up, split="train")


@pytest.fixture(scope="module")
def train(real_data: Path) -> Banks:
    return digits(real_data, split="train")


@pytest.fixture(scope="module")
def test(real_data: Path) -> Banks:
    return digits(real_data, split="test")


@pytest.fixture(scope="module")
def scenes(train: Banks) -> AVBatch:
    return Collage(WorldSettings(sources=(2, 3), silent=(0, 1)), *train, seed=0).batch(range(100))


def test_real_splits_share_no_picture_and_no_take(train: Banks, test: Banks) -> None:
    seen = {image.tobytes() for image in train[0].images}
    assert not seen & {image.tobytes() for image in test[0].images}
    heard = {waveform.tobytes() for waveform in train[1].waveforms}
    assert not heard & {waveform.tobytes() for waveform in test[1].waveforms}
    assert len(train[1]) == 5 * 10 * 15
    assert len(test[1]) == 5 * 10 * 5


def test_real_scenes_are_sound(scenes: AVBatch) -> None:
    truth = scenes.truth
    assert truth is not None
    torch.testing.assert_close(truth.stems.sum(1) + truth.ambience, scenes.waveform, atol=1e-5, rtol=0)
    assert scenes.waveform.abs().max() <= 1
    assert truth.sounding.sum(1).min() >= 2
    areas = truth.masks.sum((-1, -2, -3))[truth.visible]
    assert areas.min() > 30
    assert truth.masks.sum(1).max() == 1


def test_written_and_spoken_digits_carry_their_class(train: Banks) -> None:
    batch = Collage(WorldSettings(silent=(0, 0), tilt=10.0), *train, seed=0).batch(range(700))
    assert batch.truth is not None
    labels = batch.truth.classes[:, 0].numpy()
    mfcc = librosa.feature.mfcc(y=batch.waveform.numpy(), sr=16_000, n_mfcc=20, n_fft=512, hop_length=256)
    assert _probe(np.concatenate([mfcc.mean(-1), mfcc.std(-1)], 1), labels) > 0.4
    views = []
    for frame, box in zip(batch.frames[:, :, 0].float(), batch.truth.boxes[:, 0, 0], strict=True):
        x0, y0, x1, y1 = (box * 96).round().int().tolist()
        patch = frame.amax(0)[None, None, y0:y1, x0:x1]
        views.append(torch.nn.functional.interpolate(patch, (12, 12)).flatten().numpy())
    assert _probe(np.stack(views), labels) > 0.4


def _probe(features: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy of a linear probe on the last 200 items; chance is 0.1."""
    features = StandardScaler().fit_transform(features)
    probe = LogisticRegression(max_iter=500, C=0.05).fit(features[:-200], labels[:-200])
    return float(probe.score(features[-200:], labels[-200:]))
