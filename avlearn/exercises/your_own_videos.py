"""Checks of the page "Your own videos"."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from avlearn.exercises.feedback import compare

WINDOW, LENGTH, RATE = 1.0, 6.0, 4.0


def check_window_start(answer: Callable[[Tensor, float, float], object]) -> None:
    """Check `answer(times_N, window, length) -> starts_N` of windows about times that stay within the sound."""
    times = torch.rand(9, dtype=torch.float64) * LENGTH
    times[0], times[1] = 0.1, LENGTH - 0.2
    centred = times - WINDOW / 2
    compare(
        answer(times, WINDOW, LENGTH),
        centred.clamp(0, LENGTH - WINDOW),
        mistakes={
            "right in the middle, but the first windows begin before the sound and the last end after it": centred,
            "the last windows still end after the sound": centred.clamp(min=0),
            "the first windows still begin before the sound": centred.clamp(max=LENGTH - WINDOW),
            "these windows begin at the times; they should lie about them": times.clamp(0, LENGTH - WINDOW),
            "a window about a time begins half of its length earlier, not all of it": (times - WINDOW).clamp(
                0, LENGTH - WINDOW
            ),
        },
        otherwise="half a window before the time, but at least 0 and at most length - window",
    )


def check_heat_at(answer: Callable[[Tensor, float, float], object]) -> None:
    """Check `answer(maps_Nhw, rate, time) -> map_hw`, in proportion between the two moments about the time."""
    maps = torch.rand(7, 3, 4, dtype=torch.float64)
    time = 0.875 + 0.05 * float(torch.rand(()))  # between the moments 3 and 4, nearer to the latter
    share = time * RATE - 3
    compare(
        answer(maps, RATE, time),
        torch.lerp(maps[3], maps[4], share),
        mistakes={
            "this is the map before; mix in the next one": maps[3],
            "this is the map after; mix in the one before": maps[4],
            "this is the nearest map; it would jump between moments": maps[round(time * RATE)],
            "this weighs both alike; the nearer one should weigh more": (maps[3] + maps[4]) / 2,
            "the weights are exchanged: the farther one weighs more here": torch.lerp(maps[4], maps[3], share),
            "moments lie 1 / rate seconds apart, so moment number time * rate is the one to look for": torch.lerp(
                maps[0], maps[1], time / RATE
            ),
        },
        otherwise="with k the whole part of time * rate and s the rest: (1 - s) times map k and s times map k + 1",
    )
