"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch

from avlearn.exercises.your_own_videos import check_heat_at, check_window_start


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda t, w, n: (t - w / 2).clamp(0, n - w), "✔"),
        (lambda t, w, n: None, "None"),
        (lambda t, w, n: t - w / 2, "right in the middle"),
        (lambda t, w, n: (t - w / 2).clamp(min=0), "still end after"),
        (lambda t, w, n: (t - w / 2).clamp(max=n - w), "still begin before"),
        (lambda t, w, n: t.clamp(0, n - w), "begin at the times"),
        (lambda t, w, n: (t - w).clamp(0, n - w), "not all of it"),
        (lambda t, w, n: t + 77, "half a window before"),
    ],
)
def test_window_start(capsys, answer, hint):
    assert hint in said(check_window_start, answer, capsys)


def mixed(maps, rate, time):
    k = int(time * rate)
    return torch.lerp(maps[k], maps[k + 1], time * rate - k)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (mixed, "✔"),
        (lambda m, r, t: None, "None"),
        (lambda m, r, t: m[int(t * r)], "map before"),
        (lambda m, r, t: m[int(t * r) + 1], "map after"),
        (lambda m, r, t: (m[int(t * r)] + m[int(t * r) + 1]) / 2, "both alike"),
        (lambda m, r, t: torch.lerp(m[4], m[3], t * r - 3), "exchanged"),
        (lambda m, r, t: mixed(m, 1 / r, t), "1 / rate seconds apart"),
        (lambda m, r, t: m[6], "with k the whole part"),
    ],
)
def test_heat_at(capsys, answer, hint):
    assert hint in said(check_heat_at, answer, capsys)
