"""Seeds for the parts of a run, so that what a step draws depends on nothing but the seed and the step."""

from __future__ import annotations

import numpy as np


def derived_seed(*keys: int) -> int:
    """A 64-bit seed that any change of any key changes completely.

    Args:
        keys: not negative; the seed of the run first.

    Example:
        >>> derived_seed(0, 1) != derived_seed(1, 0)
        True
    """
    return int(np.random.SeedSequence(keys).generate_state(1, np.uint64)[0])
