"""The books of a batch."""

from __future__ import annotations

import numpy as np

from avlearn.data.ledger import Ledger, tight_boxes
from avlearn.data.mixing import Mixture
from avlearn.data.settings import WorldSettings

SETTINGS = WorldSettings(size=16, sources=(1, 2), silent=(0, 1), seconds=0.01)


def test_tight_boxes() -> None:
    masks = np.zeros((2, 10, 20), bool)
    masks[0, 2:5, 4:10] = True
    np.testing.assert_allclose(tight_boxes(masks), [[0.2, 0.2, 0.5, 0.5], [0, 0, 0, 0]], atol=1e-6)


def test_written_rows_come_out_and_others_stay_empty() -> None:
    ledger = Ledger.blank(2, settings=SETTINGS)
    owner = np.full((1, 16, 16), -1, np.int8)
    owner[0, :8, :4] = 1
    stem, hiss = np.full(160, 0.1, np.float32), np.full(160, 0.01, np.float32)
    ledger.write(1, (3, 5), owner, Mixture(waveform=stem + hiss, stems=(stem, None), ambience=hiss))
    truth = ledger.truth()
    assert truth.classes.tolist() == [[-1, -1, -1], [3, 5, -1]]
    assert truth.sounds.tolist() == [[False] * 3, [True, False, False]]
    assert truth.visible.tolist() == [[False] * 3, [False, True, False]]
    assert truth.boxes[1, 1, 0].tolist() == [0, 0, 0.25, 0.5]
    assert truth.masks[1, 1].sum() == 32
    assert truth.masks.sum() == 32
    np.testing.assert_array_equal(truth.stems[1, 0], stem)
    np.testing.assert_array_equal(truth.ambience[1], hiss)
    assert not truth.stems[0].any()
