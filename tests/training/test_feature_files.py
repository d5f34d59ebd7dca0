from itertools import pairwise

import numpy as np
import pytest
import torch

from avlearn.training.feature_files import extract_features, remove_features, share_of


@pytest.mark.parametrize(("count", "world_size"), [(10, 1), (10, 3), (2, 4)])
def test_shares_follow_each_other_and_are_of_equal_size_but_for_one(count, world_size):
    shares = [share_of(count, rank=rank, world_size=world_size) for rank in range(world_size)]
    assert shares[0].start == 0
    assert shares[-1].stop == count
    assert all(one.stop == two.start for one, two in pairwise(shares))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_features_are_those_of_the_model_in_evaluation_mode(scenes, make_clusterer, tmp_path):
    model = make_clusterer().train()
    features = extract_features(model, scenes, range(3, 10), folder=tmp_path, batch_size=3)
    assert model.training
    assert not any(truth for _, truth in scenes.calls)
    model.eval()
    expected = model.embed(scenes.batch(range(3, 10), truth=False))
    for name, one in features.items():
        assert isinstance(one, np.memmap)
        torch.testing.assert_close(torch.from_numpy(one), expected[name])


def test_batches_are_never_larger_than_asked_for(scenes, make_clusterer, tmp_path):
    extract_features(make_clusterer(), scenes, range(10), folder=tmp_path, batch_size=4)
    assert [len(numbers) for numbers, _ in scenes.calls] == [4, 4, 2]


def test_files_go(scenes, make_clusterer, tmp_path):
    features = extract_features(make_clusterer(), scenes, range(4), folder=tmp_path / "new", batch_size=4)
    assert len(list((tmp_path / "new").iterdir())) == 2
    remove_features(features)
    remove_features(features)
    assert not list((tmp_path / "new").iterdir())


def test_leftovers_are_overwritten(scenes, make_clusterer, tmp_path):
    first = extract_features(make_clusterer(), scenes, range(4), folder=tmp_path, batch_size=4)
    kept = {name: one.copy() for name, one in first.items()}
    del first
    second = extract_features(make_clusterer(), scenes, range(4), folder=tmp_path, batch_size=2)
    for name, one in second.items():
        np.testing.assert_allclose(one, kept[name], rtol=1e-5, atol=1e-6)


def test_names_the_clip_whose_features_are_not_finite(scenes, make_clusterer, tmp_path):
    class Broken(make_clusterer):
        def embed(self, batch):
            features = super().embed(batch)
            features["audio"][batch.index == 8] = float("nan")
            return features

    with pytest.raises(ValueError, match="the audio features of clip 8 are not finite"):
        extract_features(Broken(), scenes, range(10), folder=tmp_path, batch_size=4)


def test_refuses_no_clips(scenes, make_clusterer, tmp_path):
    with pytest.raises(ValueError, match="at least one for each process"):
        extract_features(make_clusterer(), scenes, range(0), folder=tmp_path, batch_size=4)
