"""Rows come the same from tensors, arrays and files, chunk by chunk, about a mean that is worth taking off."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.clustering.feature_rows import open_rows
from avlearn.clustering.process_group import Ranks

ALONE = Ranks(None, torch.device("cpu"))


def rows_of(features, chunk=4):
    return open_rows(features, chunk=chunk, device=None, width=1)


@pytest.mark.parametrize("chunk", [1, 4, 10, 99])
def test_chunks_cover_all_rows_in_order(chunk):
    x = torch.randn(10, 3)
    rows = rows_of(x, chunk)
    assert torch.equal(torch.cat([rows.read(place) for place in rows.chunks()]), x)
    assert max(place.stop - place.start for place in rows.chunks()) <= chunk


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_files_arrays_and_tensors_are_alike(dtype, tmp_path):
    x = np.random.default_rng(0).normal(size=(10, 3)).astype(dtype)
    np.save(tmp_path / "x.npy", x)
    picked = torch.tensor([7, 2, 2])
    for features in (x, torch.from_numpy(x), np.load(tmp_path / "x.npy", mmap_mode="r")):
        rows = rows_of(features)
        assert torch.equal(rows.read(slice(2, 5)), torch.from_numpy(x[2:5]).float())
        assert torch.equal(rows.pick(picked), torch.from_numpy(x[[7, 2, 2]]).float())


def test_a_far_mean_is_taken_off_and_a_near_one_left_on():
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    near, _ = rows_of(x).centred(ALONE)
    assert not near.centre.any()
    far, largest = rows_of(x + 100).centred(ALONE)
    torch.testing.assert_close(far.centre, (x + 100).mean(0), rtol=2**-12, atol=0)
    assert largest == pytest.approx(float((x + 100 - far.centre).abs().max()))


def test_float64_is_centred_before_it_becomes_float32():
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows, _ = rows_of(x + 2**30).centred(ALONE)
    torch.testing.assert_close(rows.read(slice(0, 500)) + rows.centre - 2**30, x, atol=1e-2, rtol=0)


def test_default_chunk_keeps_to_its_budget():
    assert open_rows(torch.zeros(1, 512), chunk=None, device=None, width=256).chunk * 512 * 4 == 2**21
    assert open_rows(torch.zeros(1, 2), chunk=None, device=None, width=512).chunk * 512 * 4 == 2**21


def test_names_the_row_that_is_not_finite():
    x = torch.zeros(10, 3)
    x[7, 1] = torch.inf
    with pytest.raises(ValueError, match="row 7 of the features"):
        rows_of(x).centred(ALONE)
