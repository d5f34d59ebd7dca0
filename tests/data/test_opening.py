"""Data are opened by what lies there."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from avlearn.data import ClipFormat, Collage, Resampled, Subset, VideoClips, World, WorldSettings, open_data
from avlearn.data.opening import describe_data, is_collage, read_collage

FORMAT = ClipFormat(frames=1, frame_rate=1.0, size=16, seconds=1.0, sample_rate=8000)


@pytest.fixture
def collage_folder(tmp_path):
    generator = np.random.default_rng(0)
    for name in ("dog", "cat"):
        for kind, shape in (("pictures", (20, 30, 3)), ("sounds", (9000,))):
            (tmp_path / kind / name).mkdir(parents=True)
            values = generator.random(shape)
            np.save(tmp_path / kind / name / "a.npy", (255 * values).astype(np.uint8) if len(shape) == 3 else values)
    return tmp_path


def test_folders_and_lists_of_videos(tmp_path, long_video):
    shutil.copy(long_video, tmp_path / "a.mp4")
    (tmp_path / "clips.csv").write_text("path,start,duration\na.mp4,0.5,1\na.mp4,2,3\n")
    folder, listed = open_data(tmp_path, FORMAT), open_data(tmp_path / "clips.csv", FORMAT)
    assert isinstance(folder, VideoClips)
    assert isinstance(listed, VideoClips)
    assert (len(folder), len(listed)) == (8, 2)
    assert listed.batch([1]).frames.shape == (1, 3, 1, 16, 16)


def test_refuses_other_places(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    for place, said in (("notes.txt", "is no csv file"), ("nowhere", "is neither a folder nor a file")):
        with pytest.raises(ValueError, match=said):
            open_data(tmp_path / place, FORMAT)
    with pytest.raises(ValueError, match="holds no video files"):
        open_data(tmp_path, FORMAT)


def test_collages(collage_folder):
    assert is_collage(collage_folder)
    assert not is_collage(collage_folder / "sounds")
    collage = Collage(WorldSettings(), *read_collage(collage_folder, sample_rate=16_000), seed=0)
    assert set(collage.classes) == {"dog", "cat"}


def test_what_tells_data_apart(collage_folder, long_video):
    banks = read_collage(collage_folder, sample_rate=16_000)
    collage, other = (Collage(WorldSettings(silent=(0, 0)), *banks, seed=seed) for seed in (0, 1))
    assert describe_data(collage) == describe_data(other) == describe_data(Resampled(Subset(collage, [3]), 11_025))
    np.save(collage_folder / "sounds" / "cat" / "b.npy", np.ones(9000))
    changed = Collage(WorldSettings(silent=(0, 0)), *read_collage(collage_folder, sample_rate=16_000), seed=0)
    assert describe_data(changed) != describe_data(collage)
    shutil.copy(long_video, collage_folder / "a.mp4")
    clips = open_data(collage_folder, FORMAT)
    assert describe_data(clips) == {"clips": 8, "fingerprint": clips.fingerprint}
    assert describe_data(World(WorldSettings(), seed=0)) is None
