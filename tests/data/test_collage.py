"""Collages: scenes of real things with the same truth as those of the embedded world."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.data import Collage, PictureBank, RecordingBank, WorldSettings
from avlearn.types import Truth

RNG = np.random.default_rng(0)
SETTINGS = WorldSettings(size=48, sources=(1, 2), silent=(0, 2), offscreen=(0, 1), seconds=0.5, frames=2)
SEEN, HEARD = ("ant", "bee", "cow", "dog", "elk", "fox"), ("bee", "rain", "cow", "dog", "elk", "fox")


def _pictures(names: tuple[str, ...] = SEEN) -> PictureBank:
    images = RNG.integers(0, 255, (3 * len(names), 12, 12, 3), dtype=np.uint8)
    return PictureBank(images=images, labels=np.repeat(np.arange(len(names)), 3), class_names=names)


def _recordings(names: tuple[str, ...] = HEARD) -> RecordingBank:
    # every class is a tone of its own, so that a stem tells its class
    time = np.arange(6000) / 16_000
    waveforms = tuple(np.sin(2 * np.pi * 500 * (k + 1) * time).astype(np.float32) for k in range(len(names)))
    return RecordingBank(waveforms=waveforms, labels=np.arange(len(names)), class_names=names, sample_rate=16_000)


@pytest.fixture(scope="module")
def collage() -> Collage:
    return Collage(SETTINGS, _pictures(), _recordings(), seed=1)


@pytest.fixture(scope="module")
def truth(collage: Collage) -> Truth:
    truth = collage.batch(range(80)).truth
    assert truth is not None
    return truth


def test_classes_are_matched_by_name(collage: Collage, truth: Truth) -> None:
    assert collage.classes == ("bee", "cow", "dog", "elk", "fox", "ant", "rain")
    silent_only, unseen_only = collage.classes.index("ant"), collage.classes.index("rain")
    assert not truth.sounds[truth.classes == silent_only].any()
    assert not truth.visible[truth.classes == unseen_only].any()
    assert set(truth.classes.unique().tolist()) == {-1, *range(7)}


def test_stems_are_recordings_of_their_class(collage: Collage, truth: Truth) -> None:
    for scene, slot in torch.nonzero(truth.sounds).tolist():
        power = truth.stems[scene, slot].numpy()
        pitch = np.argmax(np.abs(np.fft.rfft(power))) / 0.5
        name = collage.classes[int(truth.classes[scene, slot])]
        assert pitch == pytest.approx(500 * (HEARD.index(name) + 1), abs=20)


def test_parts_sum_to_the_waveform(collage: Collage, truth: Truth) -> None:
    waveform = collage.batch(range(80), truth=False).waveform
    torch.testing.assert_close(truth.stems.sum(1) + truth.ambience, waveform, atol=1e-5, rtol=0)
    assert waveform.abs().max() <= 1


def test_a_scene_does_not_depend_on_its_batch(collage: Collage) -> None:
    batch, alone = collage.batch([5, 9, 2]), collage[9]
    assert torch.equal(batch.frames[1], alone.frames)
    assert torch.equal(batch.waveform[1], alone.waveform)
    assert batch.truth is not None
    assert alone.truth is not None
    assert torch.equal(batch.truth.masks[1], alone.truth.masks)


def test_boxes_are_tight_and_silent_slots_have_no_stems(truth: Truth) -> None:
    assert (truth.stems.abs().amax(-1) > 0).equal(truth.sounds)
    for mask, box in zip(truth.masks.flatten(0, 2), truth.boxes.flatten(0, 2), strict=True):
        columns = torch.nonzero(mask.any(0)).flatten()
        expected = [columns[0] / 48, (columns[-1] + 1) / 48] if len(columns) else [0.0, 0.0]
        assert box[[0, 2]].tolist() == pytest.approx([float(x) for x in expected])


def test_the_rate_of_the_settings_wins() -> None:
    bank = _recordings()
    slow = RecordingBank(waveforms=bank.waveforms, labels=bank.labels, class_names=bank.class_names, sample_rate=8000)
    batch = Collage(SETTINGS, _pictures(), slow, seed=1).batch([0])
    assert batch.sample_rate == 16_000
    assert batch.waveform.shape == (1, 8000)


def test_too_few_common_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="1 classes have pictures and recordings, a scene may need 5"):
        Collage(SETTINGS, _pictures(("ant", "bee")), _recordings(("bee", "rain")))
