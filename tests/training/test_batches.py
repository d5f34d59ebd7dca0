import pytest
import torch

from avlearn.training import ScenePool, TrainSettings
from avlearn.training.batches import StepBatches, flip_pictures, step_flips, step_indices


def test_an_epoch_takes_every_scene_once():
    steps = [step_indices(step, batch_size=4, pool=12, seed=1) for step in range(6)]
    first, second = torch.cat(steps[:3]), torch.cat(steps[3:])
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(12))
    assert not torch.equal(first, second)


def test_a_rest_is_left_out():
    epoch = torch.cat([step_indices(step, batch_size=4, pool=14, seed=1) for step in range(3)])
    assert len(set(epoch.tolist())) == 12


def test_seeds_differ_and_repeat():
    def draw(seed):
        return step_indices(0, batch_size=8, pool=1000, seed=seed).tolist()

    assert draw(0) == draw(0) != draw(1)


def test_a_stream_never_repeats():
    steps = torch.cat([step_indices(step, batch_size=4, pool=None, seed=0) for step in range(5)])
    assert steps.tolist() == list(range(20))


def test_flips_about_half():
    flips = torch.stack([step_flips(step, batch_size=32, seed=0) for step in range(100)])
    assert abs(flips.float().mean() - 0.5) < 0.03  # three standard errors of 3200 draws
    assert not torch.equal(flips[0], flips[1])


def test_flipping_mirrors_the_picture_and_nothing_else(scenes):
    batch = scenes.batch(range(3), truth=False)
    flipped = flip_pictures(batch, torch.tensor([True, False, True]))
    assert torch.equal(flipped.frames[0], batch.frames[0].flip(-1))
    assert torch.equal(flipped.frames[1], batch.frames[1])
    assert torch.equal(flipped.waveform, batch.waveform)
    assert torch.equal(flip_pictures(flipped, torch.tensor([True, False, True])).frames, batch.frames)


@pytest.mark.parametrize("pool", [12, None])
def test_shares_of_the_processes_make_the_batch(scenes, pool):
    settings = TrainSettings(steps=20, batch_size=6, pool=pool)
    whole = StepBatches(scenes, settings)(7)
    shares = [StepBatches(scenes, settings, rank=rank, world_size=3)(7) for rank in range(3)]
    for name in ("frames", "waveform", "index"):
        assert torch.equal(torch.cat([getattr(share, name) for share in shares]), getattr(whole, name))


def test_a_batch_depends_on_seed_and_step_only(scenes):
    settings = TrainSettings(steps=9, batch_size=4, pool=12)
    batches = StepBatches(scenes, settings)
    late = batches(5)
    for step in range(9):
        batches(step)
    again = StepBatches(scenes, settings)(5)
    assert torch.equal(late.frames, again.frames)
    assert torch.equal(batches(5).frames, again.frames)


def test_no_more_scenes_are_made_than_drawn(scenes):
    batches = StepBatches(scenes, TrainSettings(steps=2, batch_size=4, pool=4096))
    assert batches.size(batches.curriculum.stages[0]) == 8


def test_truth_is_neither_asked_for_nor_given(scenes):
    for pool in (8, None):
        assert StepBatches(scenes, TrainSettings(steps=2, batch_size=4, pool=pool))(0).truth is None
    assert not any(truth for _, truth in scenes.calls)


def test_refuses_unequal_shares(scenes):
    with pytest.raises(ValueError, match="batch of 4 can't be shared by 3 processes; make batch_size a multiple of 3"):
        StepBatches(scenes, TrainSettings(steps=1, batch_size=4, pool=None), rank=0, world_size=3)


def test_scenes_in_memory_are_not_copied(scenes):
    pool, settings = ScenePool(scenes, 16), TrainSettings(steps=9, batch_size=4, pool=12)
    scenes.calls.clear()
    found = StepBatches(pool, settings)(5)
    assert scenes.calls == []
    assert torch.equal(found.frames, StepBatches(scenes, settings)(5).frames)


@pytest.mark.parametrize("pool", [8, None])
def test_onward_gives_the_batches_of_the_steps(scenes, pool):
    batches = StepBatches(scenes, TrainSettings(steps=7, batch_size=4, pool=pool))
    found = list(batches.onward(3))
    assert len(found) == 4
    for step, batch in zip(range(3, 7), found, strict=True):
        assert torch.equal(batch.frames, batches(step).frames)
        assert torch.equal(batch.index, batches(step).index)


class Backwards:
    """Asks for its scenes in falling order, begun at a random place."""

    def __init__(self, scenes, size):
        self.scenes, self.size, self.asked = scenes, size, 0

    def __len__(self):
        return self.size

    def batch(self, indices, *, truth=False):
        return self.scenes.batch(indices, truth=truth)

    def order(self, generator):
        self.asked += 1
        return torch.arange(self.size).flip(0).roll(int(torch.randint(self.size, (1,), generator=generator)))


def test_a_source_may_ask_for_its_order(scenes):
    ordered, settings = Backwards(scenes, 12), TrainSettings(steps=12, batch_size=4, pool=None)
    batches = StepBatches(ordered, settings)
    epochs = [torch.cat([batches.numbers(3 * epoch + turn) for turn in range(3)]) for epoch in range(4)]
    assert ordered.asked == 4, "once an epoch"
    assert len({tuple(epoch.tolist()) for epoch in epochs}) > 1
    for epoch in epochs:
        assert ((epoch[:-1] - epoch[1:]) % 12 == 1).all()
        assert sorted(epoch.tolist()) == list(range(12))
    assert torch.equal(StepBatches(ordered, settings).numbers(7), epochs[2][4:8]), "whatever was asked before"


def test_a_pool_in_memory_needs_no_order(scenes):
    ordered = Backwards(scenes, 12)
    settings = TrainSettings(steps=9, batch_size=4, pool=12)
    assert torch.equal(StepBatches(ordered, settings).numbers(5), step_indices(5, batch_size=4, pool=12, seed=0))
    assert ordered.asked == 0
