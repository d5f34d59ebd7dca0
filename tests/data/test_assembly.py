"""Putting scenes together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.data.assembly import Rendering, assemble, blank_canvas, develop, frame_times, whole_number
from avlearn.data.mixing import Mixture
from avlearn.data.settings import WorldSettings
from avlearn.data.textures import BACKGROUND_DRAWS

SETTINGS = WorldSettings(size=16, silent=(0, 0), seconds=0.01)


def _render(index: int) -> Rendering:
    stem = np.full(160, index / 100, np.float32)
    return Rendering(
        frames=np.full((3, 1, 16, 16), index, np.uint8),
        owner=np.zeros((1, 16, 16), np.int8),
        mixture=Mixture(waveform=stem, stems=(stem,), ambience=np.zeros(160, np.float32)),
        labels=(4,),
    )


def test_rows_follow_the_indices() -> None:
    batch = assemble(_render, torch.tensor([7, 2, 7]), settings=SETTINGS, truth=True)
    assert batch.index.tolist() == [7, 2, 7]
    assert batch.frames[:, 0, 0, 0, 0].tolist() == [7, 2, 7]
    torch.testing.assert_close(batch.waveform[:, 0], torch.tensor([0.07, 0.02, 0.07]))
    assert batch.truth is not None
    assert batch.truth.classes.tolist() == [[4], [4], [4]]


def test_develop_rounds_and_clips() -> None:
    canvas = np.array([-3.0, 0.4, 0.6, 254.7, 300.0], np.float32).reshape(1, 1, 1, 5).repeat(3, axis=0)
    assert develop(canvas)[0].ravel().tolist() == [0, 0, 1, 255, 255]


def test_a_ground_is_the_same_in_every_frame() -> None:
    canvas, owner = blank_canvas(np.full(BACKGROUND_DRAWS, 0.3), settings=WorldSettings(size=16, frames=3))
    assert canvas.shape == (3, 3, 16, 16)
    np.testing.assert_array_equal(canvas[:, 0], canvas[:, 2])
    assert (owner == -1).all()


def test_frame_times() -> None:
    np.testing.assert_allclose(frame_times(0.25, settings=WorldSettings(seconds=2.0)), [0.5])
    np.testing.assert_allclose(frame_times(0.25, settings=WorldSettings(frames=4)), [0.125, 0.375, 0.625, 0.875])
    np.testing.assert_allclose(frame_times(0.25, settings=WorldSettings(frames=2, frame_rate=10.0)), [0.05, 0.15])


@pytest.mark.parametrize("value", [1.5, "3", None, -1, 2**63])
def test_what_is_no_index_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"index is .*; use a whole number, 0 or more"):
        whole_number(value, "index")


def test_whole_numbers_of_other_types_are_taken() -> None:
    assert whole_number(np.int64(5), "index") == 5
    assert whole_number(torch.tensor(5), "index") == 5
