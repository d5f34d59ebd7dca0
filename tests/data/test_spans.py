"""Seeking, and what happens when it leads astray."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from avlearn.data import read_clip, read_frames, read_sound, spans
from avlearn.data.media import MediaError
from avlearn.data.spans import Span

from .conftest import numbers_of


@pytest.mark.parametrize(
    ("start", "duration", "message"),
    [
        (-0.1, 1.0, r"start is -0\.1"),
        (float("nan"), 1.0, "start is nan"),
        (0.0, 0.0, r"duration is 0\.0"),
        (0.0, float("inf"), "duration is inf"),
    ],
)
def test_impossible_spans_are_refused(start: float, duration: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Span(start=start, duration=duration)


@pytest.mark.parametrize(("rate", "message"), [(0, "frame_rate is 0"), (-8.0, r"frame_rate is -8"), (0.4, "hold none")])
def test_impossible_rates_are_refused(rate: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Span(start=0.0, duration=1.0).count(rate, of="frame")


@pytest.mark.parametrize("start", [1.0, 2.37, 3.9, 4.0, 4.1, 5.52, 6.9])
def test_sought_spans_equal_what_is_read_from_the_start(
    long_video: Path, monkeypatch: pytest.MonkeyPatch, start: float
) -> None:
    wanted: dict[str, Any] = {"start": start, "duration": 1, "frame_rate": 25, "sample_rate": 16_000}
    sought = read_clip(long_video, **wanted)
    monkeypatch.setattr(spans, "_NEAR", 1e9)
    plain = read_clip(long_video, **wanted)
    assert torch.equal(sought.frames, plain.frames)
    torch.testing.assert_close(sought.waveform, plain.waveform, atol=2e-3, rtol=0)


def test_a_seek_that_misses_is_made_good(long_video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def late(container: Any, stream: Any, time: float) -> None:
        calls.append(time)
        container.seek(int(5 / stream.time_base), stream=stream)

    monkeypatch.setattr(spans, "_seek", late)
    assert numbers_of(read_frames(long_video, start=2.2, duration=0.4, frame_rate=25).frames) == list(range(5, 15))
    read_sound(long_video, start=2.2, duration=0.4, sample_rate=8000)
    assert calls == pytest.approx([2.2, 1.95, 1.95, 1.95])


def test_a_seek_that_fails_is_made_good(long_video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise spans.SeekMissedError

    monkeypatch.setattr(spans, "_seek", refuse)
    assert numbers_of(read_frames(long_video, start=2.2, duration=0.04, frame_rate=25).frames) == [5]


def test_seeking_saves_work(long_video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packets = {True: 0, False: 0}
    feed = spans._feed

    def counting(container: Any, tracks: Any, span: Span) -> None:
        for track in tracks:
            real = track.feed

            def count(packet: Any, real: Any = real) -> None:
                packets[near] += 1
                real(packet)

            track.feed = count
        feed(container, tracks, span)

    monkeypatch.setattr(spans, "_feed", counting)
    for near in (True, False):
        monkeypatch.setattr(spans, "_NEAR", 1.0 if near else 1e9)
        read_frames(long_video, start=6, duration=0.2, frame_rate=25)
    assert packets[True] < 0.6 * packets[False]


@contextmanager
def suppress_media_error(reasons: list[str]) -> Iterator[None]:
    try:
        yield
    except MediaError as error:
        reasons.append(str(error))


def test_damage_before_the_end_of_the_span_is_told(long_video: Path, tmp_path: Path) -> None:
    content = long_video.read_bytes()
    begin = content.index(b"mdat") + 4
    assert begin < 200, "the pictures lie before the index in this file"
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content[: begin + 2000] + bytes(6000) + content[begin + 8000 :])
    reasons = []
    for start in range(8):
        with suppress_media_error(reasons):
            read_clip(path, start=start, duration=0.9, frame_rate=25, sample_rate=8000)
    assert reasons
    assert all(reason.startswith(f"{path}: ") for reason in reasons)
