import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler, normalize

from avlearn.clustering import Whitening


def features(count=200, size=6, seed=0):
    generator = np.random.default_rng(seed)
    return torch.from_numpy(generator.normal(size=(count, size)) @ generator.normal(size=(size, size)) + 3)


def test_is_the_chain_of_scikit_learn():
    x = features()
    expected = normalize(PCA(3, whiten=True).fit_transform(StandardScaler().fit_transform(x)))
    found = Whitening.fit(x, 3)(x).double().numpy()
    signs = np.sign((found * expected).sum(0))  # which way a direction points is free
    np.testing.assert_allclose(found, expected * signs, atol=1e-6)


def test_before_the_lengths_directions_are_uncorrelated_and_of_unit_spread():
    x = features()
    whitening = Whitening.fit(x, 6)
    white = (x - whitening.mean) @ whitening.matrix
    torch.testing.assert_close(white.T @ white / len(x), torch.eye(6, dtype=torch.float64), atol=1e-9, rtol=0)


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_chunks_change_nothing(chunk):
    x = features()
    torch.testing.assert_close(Whitening.fit(x, 4, chunk=chunk)(x), Whitening.fit(x, 4)(x), atol=1e-5, rtol=0)


def test_scales_and_shifts_of_features_change_nothing():
    x = features()
    moved = x * torch.tensor([1.0, 100.0, 0.01, 5.0, 1.0, 2.0]) - 7
    torch.testing.assert_close(Whitening.fit(moved, 4)(moved), Whitening.fit(x, 4)(x), atol=1e-5, rtol=0)


def test_memory_maps(tmp_path):
    np.save(tmp_path / "x.npy", features().float().numpy())
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r+")
    whole = features().float()
    torch.testing.assert_close(Whitening.fit(mapped, 4)(mapped), Whitening.fit(whole, 4)(whole))


def test_constant_features_and_missing_directions_are_left_out():
    x = torch.cat([features(size=3), torch.full((200, 2), 4.0)], 1)
    assert Whitening.fit(x, 10)(x).shape == (200, 3)
    assert Whitening.fit(x[:3], 10)(x).shape == (200, 2)  # three points span a plane
    assert torch.isfinite(Whitening.fit(x, 10)(x)).all()


def test_refuses_what_cannot_be_whitened():
    with pytest.raises(ValueError, match="all rows of the features are equal"):
        Whitening.fit(torch.full((9, 3), 0.1), 2)
    with pytest.raises(ValueError, match="no features to whiten"):
        Whitening.fit(torch.zeros(0, 3), 2)
    with pytest.raises(ValueError, match="directions is 0"):
        Whitening.fit(features(), 0)
