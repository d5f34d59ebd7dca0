"""Things that sound keep their identity through a video, wherever they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from avlearn import pretrained
from avlearn.data import DIFFICULTIES, MediaError, World, write_video
from avlearn.tasks.visual_sources import ALIKE, VisualSource, _typical, find_sources, sources_at
from avlearn.types import Scene

RATE = 16_000


@pytest.fixture(scope="module")
def centre():
    return pretrained.load_separator("separator").query


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Two things that move and sound."""
    settings = replace(DIFFICULTIES["multi"], sources=(2, 2), silent=(0, 0), frames=16, seconds=4.0)
    return World(settings, seed=9).batch([3], truth=True).scene(0)


@pytest.fixture(scope="module")
def video(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "two.mkv"
    write_video(path, scene.frames, scene.waveform, frame_rate=4, sample_rate=RATE)
    return path


def test_each_thing_that_sounds_is_one_source_that_stays_on_it(centre, scene: Scene, video: Path) -> None:
    times: list[float] = []
    found = find_sources(centre, video, most=2, told=times.append)
    assert times == [3.75]
    assert len(found) == 2
    assert scene.truth is not None
    boxes, slots = scene.truth.boxes[scene.truth.sounding], []
    for source in found:
        assert float(source.query.norm()) == pytest.approx(1, abs=1e-5)
        assert source.seen > 0.8
        inside = ((source.places >= boxes[..., :2] - 0.05) & (source.places <= boxes[..., 2:] + 0.05)).all(2)
        share = inside.float().sum(1) / (~source.places[:, 0].isnan()).sum()
        slots.append(int(share.argmax()))
        assert float(share.max()) > 0.8
    assert sorted(slots) == [0, 1]
    assert float(found[0].query @ found[1].query) < ALIKE


def test_points_ask_for_what_is_there(centre, scene: Scene, video: Path) -> None:
    assert scene.truth is not None
    boxes = scene.truth.boxes[scene.truth.sounding][:, 8]
    points = [((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in boxes.tolist()]
    asked, found = sources_at(centre, video, points), find_sources(centre, video, most=2)
    cosine = torch.stack([one.query for one in asked]) @ torch.stack([one.query for one in found]).T
    assert cosine.argmax(1).sort().values.tolist() == [0, 1]
    assert asked[0].at(1.23) == pytest.approx(points[0])
    assert asked[0].seen == 1.0


def test_hills_that_are_alike_make_one_group() -> None:
    draws = np.random.default_rng(0)
    axes = torch.eye(8)[:3]
    vectors = torch.cat([axes[k] + 0.05 * torch.from_numpy(draws.standard_normal((9, 8))).float() for k in range(3)])
    vectors = torch.nn.functional.normalize(vectors, dim=1)
    typical = _typical(vectors, torch.ones(27))
    assert len(typical) == 3
    assert (typical @ axes.T).amax(1).min() > 0.99
    assert len(_typical(vectors[:1], torch.ones(1))) == 1


def test_a_place_between_two_moments_and_none_where_it_is_not_seen() -> None:
    places = torch.tensor([[0.0, 0.5], [0.5, 0.5], [torch.nan, torch.nan], [torch.nan, torch.nan]])
    source = VisualSource(query=torch.ones(1), places=places, rate=2.0)
    assert source.seen == 0.5
    assert source.at(0.25) == (0.25, 0.5)
    assert source.at(0.7) == (0.5, 0.5)
    assert source.at(0.8) is None
    assert source.at(99) is None


def test_a_video_without_a_sounding_thing_says_so(centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grey = torch.full((3, 8, 32, 32), 99, dtype=torch.uint8)
    write_video(tmp_path / "silent.mkv", grey, torch.zeros(RATE), frame_rate=8, sample_rate=RATE)
    write_video(tmp_path / "a.mkv", grey, torch.rand(RATE) - 0.5, frame_rate=8, sample_rate=RATE)
    for look in (find_sources, lambda *words: sources_at(*words, [(0.5, 0.5)])):
        with pytest.raises(MediaError, match=r"silent\.mkv is silent"):
            look(centre, tmp_path / "silent.mkv")
    monkeypatch.setattr("avlearn.tasks.visual_sources.SEEN", 2.0)
    with pytest.raises(MediaError, match=r"nothing in .*a\.mkv is seen to sound; say where by points"):
        find_sources(centre, tmp_path / "a.mkv")


def test_refused(centre, video: Path) -> None:
    with pytest.raises(ValueError, match="most is 0"):
        find_sources(centre, video, most=0)
    for points in ([], [(0.5, 1.5)]):
        with pytest.raises(ValueError, match="x and y from 0 to 1"):
            sources_at(centre, video, points)
