"""Whitening against scikit-learn and its definition, chunk by chunk, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler, normalize

from avlearn.clustering import Whitening, WhiteningSettings

BOOK = WhiteningSettings(standardise=True, components=3, unit_length=True)


def features(n: int = 300, dim: int = 7) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, dim, generator=generator) @ torch.randn(dim, dim, generator=generator) + 4


def test_equals_scikit_learn():
    x = features()
    standard = StandardScaler().fit_transform(x.double().numpy())
    axes = PCA(3).fit(standard)
    expected = (standard @ axes.components_.T) / np.sqrt((standard @ axes.components_.T).var(0))
    found = Whitening.fit(x, WhiteningSettings(standardise=True, components=3))(x).double().numpy()
    signs = np.sign((found * expected).sum(0))
    np.testing.assert_allclose(found * signs, expected, atol=1e-5)  # float32 results of up to 4
    np.testing.assert_allclose(Whitening.fit(x, BOOK)(x).numpy() * signs, normalize(expected), atol=1e-5)


def test_whitened_rows_have_unit_covariance_and_no_mean():
    white = Whitening.fit(features(), WhiteningSettings(components=7))(features()).double()
    np.testing.assert_allclose(white.mean(0), np.zeros(7), atol=1e-6)
    np.testing.assert_allclose(white.T.cov(correction=0), np.eye(7), atol=1e-5)


def test_axes_come_by_variance_and_agree_in_sign():
    x = torch.diag(torch.tensor([1.0, 9.0, 4.0])).repeat(2, 1) * torch.tensor([1.0, -1.0]).repeat_interleave(3)[:, None]
    matrix = Whitening.fit(x, WhiteningSettings(components=3)).matrix
    assert matrix.abs().argmax(0).tolist() == [1, 2, 0]
    assert (matrix.amax(0) > 0).all()


def test_without_steps_rows_are_centred():
    x = features()
    torch.testing.assert_close(Whitening.fit(x, WhiteningSettings())(x), x - x.mean(0), atol=1e-5, rtol=0)


def test_unit_length():
    white = Whitening.fit(features(), BOOK)(features())
    torch.testing.assert_close(white.norm(dim=1), torch.ones(300))


@pytest.mark.parametrize("chunk", [7, 100, 1000])
def test_chunks_leave_no_trace(chunk, tmp_path):
    x = features()
    np.save(tmp_path / "features.npy", x.numpy())
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    whitening = Whitening.fit(mapped, BOOK, chunk=chunk)
    pieces = list(whitening.chunks(mapped, chunk=chunk))
    assert [place.start for place, _ in pieces] == list(range(0, 300, chunk))
    torch.testing.assert_close(torch.cat([rows for _, rows in pieces]), Whitening.fit(x, BOOK)(x), atol=1e-5, rtol=0)


def test_constant_and_repeated_columns_become_zeros():
    x = features(dim=2)
    flat = torch.cat([x, torch.full((300, 1), 0.1), x[:, :1]], dim=1)
    white = Whitening.fit(flat, WhiteningSettings(standardise=True, components=4))(flat)
    torch.testing.assert_close(
        white.T.cov(correction=0), torch.diag(torch.tensor([1.0, 1.0, 0.0, 0.0])), atol=1e-4, rtol=0
    )
    same = Whitening.fit(torch.ones(5, 3), BOOK)(torch.ones(5, 3))
    torch.testing.assert_close(same, torch.zeros(5, 3))


def test_mean_far_above_the_spread():
    x = features()
    whitening = WhiteningSettings(standardise=True, components=7)
    far = x.double() + 1e5
    torch.testing.assert_close(Whitening.fit(far, whitening)(far), Whitening.fit(x, whitening)(x), atol=1e-3, rtol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_summed_in_float64(dtype):
    x = features().to(dtype)
    torch.testing.assert_close(Whitening.fit(x, BOOK)(x), Whitening.fit(x.float(), BOOK)(x.float()))


@pytest.mark.parametrize(
    ("x", "settings", "said"),
    [
        (torch.full((4, 2), torch.nan), {}, "row 0 of the features is not finite"),
        (torch.zeros(1, 2), {}, "features have 1 rows"),
        (torch.zeros(5), {}, r"features are \(5,\)"),
        (torch.zeros(5, 2), {"components": 3}, "components is 3"),
        (torch.zeros(5, 2), {"components": 0}, "components is 0"),
    ],
)
def test_refuses_nonsense(x, settings, said):
    with pytest.raises(ValueError, match=said):
        Whitening.fit(x, WhiteningSettings(**settings))


def test_refuses_other_columns():
    whitening = Whitening.fit(features(), BOOK)
    with pytest.raises(ValueError, match="5 columns, but whitening was fitted on 7"):
        next(whitening.chunks(torch.zeros(3, 5)))
