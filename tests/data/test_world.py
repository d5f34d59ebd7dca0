"""The embedded world: the same scene everywhere, truth that is true, and classes that eye and ear can tell apart."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import librosa
import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler

from avlearn.data import CLASSES, DIFFICULTIES, MUTE, SOUNDING, World, WorldSettings
from avlearn.types import AVBatch, Truth

ALL = WorldSettings(
    size=48, frames=3, sources=(1, 2), silent=(0, 2), offscreen=(0, 1), snr=(0.0, 20.0), reverberation=0.5, seconds=0.5
)
FINGERPRINT = """
import hashlib
from avlearn.data import World, WorldSettings
batch = World(WorldSettings(sources=(1, 3), snr=(0.0, 9.0), reverberation=1.0), seed=5).batch([4, 1])
print(hashlib.sha256(batch.frames.numpy().tobytes() + batch.waveform.numpy().tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def batch() -> AVBatch:
    return World(ALL, seed=1).batch(range(40))


@pytest.fixture(scope="module")
def truth(batch: AVBatch) -> Truth:
    assert batch.truth is not None
    return batch.truth


def test_a_scene_does_not_depend_on_its_batch(batch: AVBatch, truth: Truth) -> None:
    world = World(ALL, seed=1)
    alone, small = world[7], world.batch(torch.tensor([9, 7]))
    assert small.truth is not None
    assert alone.truth is not None
    for one in (alone, small.scene(1)):
        assert one.index == 7
        assert torch.equal(one.frames, batch.frames[7])
        assert torch.equal(one.waveform, batch.waveform[7])
        assert one.truth is not None
        for field in ("classes", "sounds", "visible", "boxes", "masks", "stems", "ambience"):
            assert torch.equal(getattr(one.truth, field), getattr(truth, field)[7])


def test_scenes_without_truth_look_and_sound_the_same(batch: AVBatch) -> None:
    blind = World(ALL, seed=1).batch(range(40), truth=False)
    assert blind.truth is None
    assert torch.equal(blind.frames, batch.frames)
    assert torch.equal(blind.waveform, batch.waveform)


def test_another_process_with_other_threads_makes_the_same_scenes() -> None:
    world = World(WorldSettings(sources=(1, 3), snr=(0.0, 9.0), reverberation=1.0), seed=5)
    batch = world.batch([4, 1])
    ours = hashlib.sha256(batch.frames.numpy().tobytes() + batch.waveform.numpy().tobytes()).hexdigest()
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", FINGERPRINT], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ours


def test_seeds_and_indices_give_different_scenes() -> None:
    first, second = World(WorldSettings(), seed=0).batch([0, 1]), World(WorldSettings(), seed=1).batch([0, 1])
    assert not torch.equal(first.frames[0], first.frames[1])
    assert not torch.equal(first.frames[0], second.frames[0])
    # (seed 0, index 1) and (seed 1, index 0) are different streams
    assert not torch.equal(first.frames[1], second.frames[0])


def test_shapes_and_rates(batch: AVBatch, truth: Truth) -> None:
    assert batch.frames.shape == (40, 3, 3, 48, 48)
    assert batch.waveform.shape == (40, 8000)
    assert batch.frame_rate == 6.0
    assert ALL.slots == 5
    assert truth.masks.shape == (40, 5, 3, 48, 48)


def test_parts_sum_to_a_waveform_within_range(batch: AVBatch, truth: Truth) -> None:
    torch.testing.assert_close(truth.stems.sum(1) + truth.ambience, batch.waveform, atol=1e-5, rtol=0)
    assert batch.waveform.abs().max() <= 1
    assert (batch.waveform.std(-1) > 0.005).all()


def test_only_heard_slots_have_stems(truth: Truth) -> None:
    assert (truth.stems.abs().amax(-1) > 0).equal(truth.sounds)


def test_counts_stay_in_their_ranges(truth: Truth) -> None:
    for count, (low, high) in (
        (truth.sounding.sum(-1), ALL.sources),
        (truth.silent.sum(-1), ALL.silent),
        ((truth.sounds & ~truth.visible).sum(-1), ALL.offscreen),
    ):
        assert count.min() == low
        assert count.max() == high
    assert ((truth.classes >= 0) == (truth.sounds | truth.visible)).all()


def test_silent_things_are_mute_or_differ_from_all_that_sounds() -> None:
    truth = World(DIFFICULTIES["big_test"], seed=3).batch(range(200)).truth
    assert truth is not None
    silent = truth.classes[truth.silent]
    assert 0.35 < (silent >= len(SOUNDING)).float().mean() < 0.65
    assert (truth.classes[truth.sounds] < len(SOUNDING)).all()
    for classes, sounds in zip(truth.classes, truth.sounds, strict=True):
        heard = classes[sounds].tolist()
        assert len(set(heard)) == len(heard)
        assert not set(heard) & set(classes[~sounds].tolist())


def test_masks_of_a_frame_do_not_overlap_and_boxes_are_tight(truth: Truth) -> None:
    assert truth.masks.sum(1).max() == 1
    for mask, box in zip(truth.masks.flatten(0, 2), truth.boxes.flatten(0, 2), strict=True):
        rows, columns = torch.nonzero(mask.any(1)).flatten(), torch.nonzero(mask.any(0)).flatten()
        if len(rows) == 0:
            assert (box == 0).all()
            continue
        expected = torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / 48
        torch.testing.assert_close(box, expected.float())


def test_visible_things_have_the_size_that_was_asked_for() -> None:
    settings = WorldSettings(radius=(0.2, 0.2), silent=(0, 0))
    truth = World(settings, seed=2).batch(range(60)).truth
    assert truth is not None
    width = (truth.boxes[..., 2:] - truth.boxes[..., :2]).amax(-1)
    assert 0.3 < width.median() < 0.45
    assert (truth.masks.sum((-1, -2)) > 100).all()


def test_mask_pixels_are_those_that_the_thing_changed() -> None:
    with_thing = World(WorldSettings(silent=(0, 0)), seed=4).batch(range(20))
    # the same draws with all things shrunk to a dot show the bare ground
    without = World(WorldSettings(silent=(0, 0), radius=(1e-6, 1e-6)), seed=4).batch(range(20))
    assert with_thing.truth is not None
    changed = (with_thing.frames.int() - without.frames.int()).abs().sum(1)[:, 0] > 0
    mask = with_thing.truth.masks[:, 0, 0]
    assert (changed & mask).sum() / mask.sum() > 0.99
    # antialiasing also touches the pixels just outside
    assert (changed & ~mask).sum() / mask.sum() < 0.2


def test_the_named_noise_and_room_are_there() -> None:
    noisy = World(replace(DIFFICULTIES["big"], snr=(10.0, 10.0)), seed=0).batch(range(8))
    assert noisy.truth is not None
    power, noise = (
        noisy.truth.stems.square().mean((1, 2)) * noisy.truth.stems.shape[1],
        noisy.truth.ambience.square().mean(1),
    )
    torch.testing.assert_close(10 * torch.log10(power / noise), torch.full((8,), 10.0), atol=1e-2, rtol=0)
    dry, wet = (World(replace(DIFFICULTIES["big"], reverberation=p), seed=0).batch(range(8)) for p in (0.0, 1.0))
    assert torch.equal(dry.frames, wet.frames)
    assert not torch.allclose(dry.waveform, wet.waveform, atol=1e-2)


def test_a_still_is_one_moment_of_the_motion() -> None:
    still = World(replace(ALL, frames=1), seed=1).batch(range(20)).truth
    clip = World(ALL, seed=1).batch(range(20)).truth
    assert still is not None
    assert clip is not None
    assert torch.equal(still.classes, clip.classes)
    assert torch.equal(still.stems, clip.stems)


def test_no_pose_in_a_still_tells_who_sounds() -> None:
    settings = WorldSettings(size=48, radius=(0.2, 0.2), sources=(2, 2), silent=(2, 2), tilt=0.0, seconds=0.05)
    truth = World(settings, seed=0).batch(range(300)).truth
    assert truth is not None
    heights = truth.boxes[..., 0, 3] - truth.boxes[..., 0, 1]
    ghost = truth.classes == CLASSES.index("ghost")
    for group in (ghost & truth.sounding, ghost & truth.silent):
        # ghosts grow and shrink with their sound, by a fifth each way; drifting things keep their size
        low, high = torch.quantile(heights[group], torch.tensor([0.1, 0.9]))
        assert high > 1.3 * low


def _heights(truth: Truth, scene: int, slot: int) -> np.ndarray:
    """Height of the thing above its mean, per frame, in fractions of the picture."""
    mask = truth.masks[scene, slot].numpy()
    rows = np.arange(mask.shape[1])[:, None]
    centre = (mask * rows).sum((1, 2)) / mask.sum((1, 2))
    return (centre.mean() - centre) / mask.shape[1]


def test_a_clicker_jumps_at_its_clicks_and_a_silent_one_does_not() -> None:
    settings = WorldSettings(size=64, frames=25, sources=(1, 1), silent=(1, 1))
    truth = World(settings, seed=0).batch(range(120)).truth
    assert truth is not None
    sounding, silent = [], []
    clicker = CLASSES.index("clicker")
    for scene, slot in torch.nonzero((truth.classes == clicker) & truth.visible).tolist():
        heights = _heights(truth, scene, slot)
        stem = truth.stems[scene].sum(0).abs().numpy()
        # loudness of the last 60 ms before each frame: high just after a click
        ends = ((np.arange(25) + 0.5) / 25 * 16_000).astype(int)
        recent = np.array([stem[max(0, end - 960) : end].max() for end in ends])
        group = sounding if truth.sounds[scene, slot] else silent
        group.append(np.corrcoef(heights, recent)[0, 1])
    assert len(sounding) >= 5
    assert len(silent) >= 3
    assert np.mean(sounding) > 0.6
    assert np.mean(sounding) > np.mean(silent) + 0.4


def test_what_sounds_moves_more_jerkily_than_what_is_silent() -> None:
    truth = World(replace(DIFFICULTIES["video"], frames=16, silent=(1, 1)), seed=0).batch(range(60)).truth
    assert truth is not None
    centres = (truth.boxes[..., :2] + truth.boxes[..., 2:]) / 2
    jerk = centres.diff(n=2, dim=2).norm(dim=-1).mean(-1)
    assert jerk[truth.sounding].median() > 2.5 * jerk[truth.silent].median()


def test_clips_move_and_their_stills_do_not_repeat() -> None:
    frames = World(DIFFICULTIES["video"], seed=0).batch(range(30)).frames.float()
    assert frames.shape == (30, 3, 8, 64, 64)
    assert ((frames[:, :, 1:] - frames[:, :, :-1]).abs().amax((1, 3, 4)) > 0).float().mean() > 0.95


def test_the_eye_can_tell_the_classes_apart_and_colour_alone_cannot() -> None:
    pixels, colours, labels = _views(World(WorldSettings(silent=(0, 0), tilt=20.0), seed=0).batch(range(700)))
    by_pixels, by_colour = _probe(pixels, labels), _probe(colours, labels)
    assert by_pixels > 0.7
    assert 1.5 / len(SOUNDING) < by_colour < 0.6
    assert by_pixels > by_colour + 0.2


def _views(batch: AVBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outline and texture (12 x 12 grey), and mean colour, of the thing in each scene, with its class."""
    assert batch.truth is not None
    pixels, colours = [], []
    for frame, box, mask in zip(
        batch.frames[:, :, 0].float(), batch.truth.boxes[:, 0, 0], batch.truth.masks[:, 0, 0], strict=True
    ):
        x0, y0, x1, y1 = (box * 96).round().int().tolist()
        patch = (frame.mean(0) - 100) * mask
        pixels.append(torch.nn.functional.interpolate(patch[None, None, y0:y1, x0:x1], (12, 12)).flatten().numpy())
        colours.append(frame[:, mask].mean(1).numpy())
    return np.stack(pixels), np.stack(colours), batch.truth.classes[:, 0].numpy()


def _probe(features: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy of a linear probe on the last 200 items."""
    features = StandardScaler().fit_transform(features)
    probe = LogisticRegression(max_iter=300, C=0.1).fit(features[:-200], labels[:-200])
    return float(probe.score(features[-200:], labels[-200:]))


def test_the_ear_can_tell_the_classes_apart() -> None:
    batch = World(WorldSettings(size=16, silent=(0, 0)), seed=0).batch(range(500))
    assert batch.truth is not None
    mfcc = librosa.feature.mfcc(y=batch.waveform.numpy(), sr=16_000, n_mfcc=20, n_fft=512, hop_length=256)
    features = StandardScaler().fit_transform(np.concatenate([mfcc.mean(-1), mfcc.std(-1)], axis=1))
    labels = batch.truth.classes[:, 0].numpy()
    score = NearestCentroid().fit(features[:350], labels[:350]).score(features[350:], labels[350:])
    assert score > 0.7


def test_every_class_appears() -> None:
    truth = World(DIFFICULTIES["small_multi"], seed=0).batch(range(80)).truth
    assert truth is not None
    assert set(truth.classes[truth.visible].tolist()) == set(range(len(CLASSES)))
    assert len(SOUNDING) == 12
    assert len(MUTE) == 4


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_every_difficulty_makes_scenes(difficulty: str) -> None:
    batch = World(DIFFICULTIES[difficulty], seed=0).batch([0, 3])
    assert batch.truth is not None
    assert batch.frames.float().std() > 10
    torch.testing.assert_close(batch.truth.stems.sum(1) + batch.truth.ambience, batch.waveform, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("indices", "message"), [([], "no indices"), ([3, -1], "index is -1"), ([2**63], "index is")])
def test_bad_indices_are_refused(indices: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        World(WorldSettings(), seed=0).batch(indices)


def test_a_fractional_index_tensor_is_refused() -> None:
    with pytest.raises(ValueError, match=r"index is 0.5; use a whole number"):
        World(WorldSettings(), seed=0).batch(torch.tensor([0.5]))


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed is -1; use a whole number"):
        World(WorldSettings(), seed=-1)
