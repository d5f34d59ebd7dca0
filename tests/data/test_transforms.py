"""Changes of clips against slow loops, and what they must leave alone."""

import colorsys

import pytest
import torch

from avlearn.data import Augmentation, World, WorldSettings, augment
from avlearn.data.transforms import DRAWS
from avlearn.types import AVBatch

ALL = Augmentation(
    shift=0.3, zoom=1.5, hue=0.2, saturation=0.5, contrast=0.4, brightness=0.2, delay=1.0, gain=12.0
)  # fmt: skip


def clips(count=2, size=9, frames=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return AVBatch(
        frames=torch.randint(0, 256, (count, 3, frames, size, size), generator=generator, dtype=torch.uint8),
        waveform=torch.rand(count, 40, generator=generator) - 0.5,
        sample_rate=16_000,
        frame_rate=8.0,
        index=torch.arange(count) + 7,
    )


def draws(**chosen):
    """Draws that change nothing but what is named: by its place and value in [-1, 1]."""
    places = ("x", "y", "zoom", "hue", "saturation", "contrast", "brightness", "delay", "gain")
    row = torch.full((DRAWS,), 0.5)
    for name, value in chosen.items():
        row[places.index(name)] = (value + 1) / 2
    return row.expand(2, DRAWS)


def test_middle_draws_change_nothing():
    batch = clips()
    changed = augment(batch, draws(), ALL)
    assert torch.equal(changed.frames, batch.frames)
    assert torch.equal(changed.waveform, batch.waveform)
    assert torch.equal(changed.index, batch.index)


def test_default_changes_nothing_whatever_is_drawn():
    batch = clips()
    changed = augment(batch, torch.rand(2, DRAWS), Augmentation())
    assert torch.equal(changed.frames, batch.frames)
    assert torch.equal(changed.waveform, batch.waveform)


def test_pictures_move_with_mirrored_borders():
    batch = clips()
    moved = augment(batch, draws(x=1.0, y=-2 / 3), Augmentation(shift=1 / 3))  # 3 to the right, 2 up
    right, up = 3, -2
    for y in range(9):
        for x in range(9):
            old_y, old_x = (min(abs(place), 16 - abs(place)) for place in (y - up, x - right))
            if (y - up, x - right) == (old_y, old_x):  # inside
                assert torch.equal(moved.frames[..., y, x], batch.frames[..., old_y, old_x])
    assert torch.equal(moved.frames[..., 0:7, 2], batch.frames[..., 2:9, 1])  # beyond the border as in a mirror


def test_zoom_keeps_the_middle_and_enlarges():
    batch = clips()
    large = augment(batch, draws(zoom=1.0), Augmentation(zoom=2.0))
    assert torch.equal(large.frames[..., 4, 4], batch.frames[..., 4, 4])
    assert torch.equal(large.frames[..., 4, 8], batch.frames[..., 4, 6])
    small = augment(batch, draws(zoom=-1.0), Augmentation(zoom=2.0))
    assert torch.equal(small.frames[..., 4, 6], batch.frames[..., 4, 8])


def test_all_frames_of_a_clip_change_alike():
    still = clips(frames=1)
    frames = still.frames.expand(-1, -1, 5, -1, -1)
    changed = augment(AVBatch(**{**vars(still), "frames": frames}), torch.rand(2, DRAWS), ALL).frames
    assert torch.equal(changed, changed[:, :, :1].expand_as(changed))


def test_a_third_of_a_turn_deals_the_colours_round():
    batch = clips()
    turned = augment(batch, draws(hue=1.0), Augmentation(hue=1 / 3))
    red, green, blue = batch.frames.unbind(1)
    torch.testing.assert_close(turned.frames.int(), torch.stack([blue, red, green], 1).int(), atol=1, rtol=0)


def test_hue_turns_the_colour_circle_and_keeps_greys():
    batch = clips()
    colour = torch.tensor([180, 120, 90], dtype=torch.uint8).view(1, 3, 1, 1, 1).expand(2, 3, 3, 9, 9)
    turned = augment(AVBatch(**{**vars(batch), "frames": colour}), draws(hue=1.0), Augmentation(hue=0.1))
    hues = [colorsys.rgb_to_hsv(*(one[:, 0, 0, 0].double() / 255).tolist())[0] for one in (colour[0], turned.frames[0])]
    assert (hues[1] - hues[0]) % 1 == pytest.approx(0.1, abs=0.02)
    grey = torch.full((2, 3, 3, 9, 9), 77, dtype=torch.uint8)
    assert torch.equal(augment(AVBatch(**{**vars(batch), "frames": grey}), draws(hue=1.0), ALL).frames, grey)


@pytest.mark.parametrize(
    ("setting", "name", "expected"),
    [
        (Augmentation(contrast=0.5), "contrast", lambda x: 1.5 * (x - 127.5) + 127.5),
        (Augmentation(brightness=0.1), "brightness", lambda x: x + 25.5),
        (Augmentation(saturation=0.5), "saturation", lambda x: 1.5 * x - 0.5 * x.mean(1, keepdim=True)),
    ],
)
def test_colours_by_their_formulas(setting, name, expected):
    batch = clips()
    changed = augment(batch, draws(**{name: 1.0}), setting).frames
    wanted = expected(batch.frames.double()).clamp(0, 255)
    torch.testing.assert_close(changed.double(), wanted, atol=0.51, rtol=0)


def test_sounds_shift_round_and_change_their_level():
    batch = clips()
    later = augment(batch, draws(delay=1.0), Augmentation(delay=0.5))
    assert torch.equal(later.waveform, batch.waveform.roll(10, 1))
    louder = augment(batch, draws(gain=1.0), Augmentation(gain=6.0))
    torch.testing.assert_close(louder.waveform, (batch.waveform * 10**0.3).clamp(-1, 1))


def test_truth_is_left_out():
    batch = World(WorldSettings(size=16, frames=2), seed=0).batch([0, 1])
    assert augment(batch, torch.rand(2, DRAWS), ALL).truth is None
    assert augment(batch, torch.rand(2, DRAWS), Augmentation()).truth is None


def test_refuses_other_numbers_of_draws():
    with pytest.raises(ValueError, match=rf"give {DRAWS} numbers for each of 2 clips"):
        augment(clips(), torch.rand(3, DRAWS), ALL)


@pytest.mark.parametrize(
    "wrong", [{"shift": -0.1}, {"zoom": 0.9}, {"hue": 0.6}, {"contrast": 2.0}, {"delay": 1.1}, {"gain": -1.0}]
)
def test_refuses_settings_without_sense(wrong):
    with pytest.raises(ValueError, match=rf"Augmentation.{next(iter(wrong))} is {next(iter(wrong.values()))}; use"):
        Augmentation(**wrong)
