import pytest
import torch

from avlearn.data import Augmentation, Subset
from avlearn.training.cluster_draws import ClusterDraws, NumberedClips

LABELS = {"video": torch.tensor([0] * 90 + [1] * 9 + [3]), "audio": torch.tensor([0, 1] * 50)}


def test_clusters_are_drawn_alike_whatever_their_size(scenes):
    draws = ClusterDraws(scenes, {"video": LABELS["video"]}, among=torch.arange(100), seed=0)
    drawn = LABELS["video"][draws.batch(range(3000)).index]
    shares = drawn.bincount(minlength=4) / 3000
    assert shares[2] == 0  # empty
    assert (shares[[0, 1, 3]] - 1 / 3).abs().max() < 0.03  # three standard deviations


def test_clips_of_a_cluster_are_drawn_alike(scenes):
    draws = ClusterDraws(scenes, {"video": LABELS["video"]}, among=torch.arange(100), seed=0)
    drawn = draws.batch(range(4000)).index
    nine = drawn[(drawn >= 90) & (drawn < 99)].bincount(minlength=99)[90:]
    assert nine.min() > 100  # 148 in the mean


def test_sets_take_turns(scenes):
    draws = ClusterDraws(scenes, LABELS, among=torch.arange(100), seed=0)
    index = draws.batch(range(2000)).index
    rare = (LABELS["video"] == 3)[index]
    assert abs(float(rare[0::2].float().mean()) - 1 / 3) < 0.05
    assert float(rare[1::2].float().mean()) < 0.03


def test_only_among_the_given_clips(scenes):
    among = torch.arange(0, 100, 2)
    index = ClusterDraws(scenes, LABELS, among=among, seed=0).batch(range(300)).index
    assert (index % 2 == 0).all()


def test_a_draw_depends_on_its_number_and_seed_alone(scenes):
    augmentation = Augmentation(shift=0.2, hue=0.2, delay=1.0, gain=6.0)
    draws, again, other = (
        ClusterDraws(scenes, LABELS, among=torch.arange(100), augmentation=augmentation, seed=seed)
        for seed in (0, 0, 1)
    )
    whole, part = draws.batch(range(8)), again.batch([5, 2])
    for name in ("frames", "waveform", "index"):
        assert torch.equal(getattr(part, name), getattr(whole, name)[[5, 2]])
    assert not torch.equal(other.batch(range(8)).index, whole.index)


def test_never_asks_for_the_truth_nor_gives_it(scenes):
    draws = ClusterDraws(scenes, LABELS, among=torch.arange(100), seed=0)
    assert draws.batch(range(4)).truth is None
    assert not any(truth for _, truth in scenes.calls)
    with pytest.raises(ValueError, match="have no truth"):
        draws.batch(range(4), truth=True)


def test_refuses_nothing_to_draw_from(scenes):
    with pytest.raises(ValueError, match="nothing to draw from"):
        ClusterDraws(scenes, {}, among=torch.arange(3), seed=0)
    with pytest.raises(ValueError, match="nothing to draw from"):
        ClusterDraws(scenes, LABELS, among=torch.arange(0), seed=0)


def test_clips_are_numbered_as_they_are_asked_for(scenes):
    numbered = NumberedClips(Subset(scenes, [5, 9, 3]))
    batch = numbered.batch([2, 0])
    assert batch.index.tolist() == [2, 0]
    assert torch.equal(batch.frames, scenes.batch([3, 5], truth=False).frames)
    assert batch.truth is None
