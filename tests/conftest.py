"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from avlearn.data import write_video

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real recordings, pictures and annotations; the test is skipped where it is absent."""
    folder = Path(os.environ.get("AVLEARN_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set AVLEARN_REAL_DATA to a folder with esc10/, fsdd/, images/")
    return folder


class MadeDataSets:
    """Tiny data sets in the layouts of the real ones; a class sounds at its own pitch, or has its own colour."""

    rate = 8000

    def tone(self, path: Path, label: int, *, seed: int = 0, seconds: float = 0.5) -> None:
        """A file with the pitch of a class, a little noise, and a length of its own."""
        draws = np.random.default_rng(seed)
        time = np.arange(round(self.rate * (seconds + 0.1 * draws.random()))) / self.rate
        sound = 0.4 * np.sin(2 * np.pi * 400 * 2.0**label * time) + 0.02 * draws.standard_normal(len(time))
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound, self.rate)

    def picture(self, path: Path, red: bool, green: bool, *, seed: int = 0) -> None:
        """A file with a red half, a green half, or neither."""
        pixels = np.random.default_rng(seed).integers(0, 40, (20, 24, 3), dtype=np.uint8)
        pixels[:, :12, 0] += 200 * np.uint8(red)
        pixels[:, 12:, 1] += 200 * np.uint8(green)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)

    def video(self, path: Path, label: int, *, seed: int = 0, frames: int = 8) -> None:
        """A file of one colour for each class."""
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = torch.randint(40, (3, frames, 16, 16), generator=torch.Generator().manual_seed(seed)).byte()
        pixels[label % 3] += 150
        lossless = path.with_suffix(".mkv")
        write_video(lossless, pixels, frame_rate=8.0)
        lossless.rename(path)

    def clips(self, folder: Path, *, videos: int = 3, seconds: float = 3.2, side: int = 64) -> Path:
        """Videos of changing colours with sound, each of a pitch of its own; their last bit is too short for a clip."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(videos):
            draws = torch.Generator().manual_seed(number)
            coarse = torch.rand(3, round(8 * seconds), 4, 4, generator=draws)
            frames = (255 * coarse).byte().repeat_interleave(side // 4, 2).repeat_interleave(side // 4, 3)
            time = torch.arange(round(self.rate * seconds)) / self.rate
            sound = 0.3 * torch.sin(2 * torch.pi * 300 * (1 + number + 0.2 * time.floor()) * time)
            noise = 0.05 * torch.randn(len(time), generator=draws)
            write_video(folder / f"{number}.mp4", frames, sound + noise, frame_rate=8, sample_rate=self.rate)
        return folder

    def esc50(self, folder: Path, *, classes: int = 3, folds: int = 3, recordings: int = 2) -> Path:
        """ESC-50, of which the first two classes are ESC-10."""
        lines = ["filename,fold,target,category,esc10,src_file,take"]
        for fold in range(1, folds + 1):
            for label in range(classes):
                for recording in range(recordings):
                    source = 1000 * fold + 10 * label + recording
                    name = f"{fold}-{source}-A-{label}.wav"
                    lines.append(f"{name},{fold},{label},class{label},{label < 2},{source},A")
                    self.tone(folder / "audio" / name, label, seed=source)
        (folder / "meta").mkdir()
        (folder / "meta" / "esc50.csv").write_text("\n".join(lines) + "\n")
        return folder

    def dcase2014(self, folder: Path) -> Path:
        """DCASE2014 with two classes."""
        for part, numbers in (("scenes_stereo", (1, 2, 3, 4)), ("scenes_stereo_testset", (5, 6))):
            for label, name in enumerate(("bus", "tubestation")):
                for number in numbers:
                    self.tone(folder / part / f"{name}{number:02}.wav", label, seed=10 * number + label)
        return folder

    def voc2007(self, folder: Path) -> Path:
        """Pascal VOC 2007 with two classes; one picture is difficult for the second."""
        lists = folder / "VOCdevkit" / "VOC2007" / "ImageSets" / "Main"
        lists.mkdir(parents=True)
        for part, first in (("trainval", 0), ("test", 20)):
            numbers = range(first, first + 20)
            shown = {number: (number % 2 == 0, number % 4 < 2) for number in numbers}
            for number, (red, green) in shown.items():
                self.picture(lists.parents[1] / "JPEGImages" / f"{number:06}.jpg", red, green, seed=number)
            for place, name in enumerate(("apple", "leaf")):
                marks = [f"{number:06} {'1' if shown[number][place] else '-1':>2}" for number in numbers]
                if name == "leaf":
                    marks[0] = f"{first:06}  0"
                (lists / f"{name}_{part}.txt").write_text("\n".join(marks) + "\n")
        return folder

    def ucf101(self, folder: Path, *, videos: bool = True) -> Path:
        """UCF101 with two classes, four recordings of each, and three splits."""
        lists = folder / "ucfTrainTestlist"
        lists.mkdir(parents=True)
        names = ("Archery", "Bowling")
        (lists / "classInd.txt").write_text("".join(f"{n} {name}\r\n" for n, name in enumerate(names, 1)))
        files = [(n, g, f"{name}/v_{name}_g{g:02}_c01.avi") for n, name in enumerate(names, 1) for g in range(1, 5)]
        for split in (1, 2, 3):
            train = [f"{file} {n}" for n, g, file in files if g != split]
            (lists / f"trainlist{split:02}.txt").write_text("\r\n".join(train) + "\r\n")
            (lists / f"testlist{split:02}.txt").write_text("\n".join(file for _, g, file in files if g == split) + "\n")
        for n, g, file in files if videos else ():
            self.video(folder / "UCF-101" / file, n, seed=g)
        return folder

    def hmdb51(self, folder: Path) -> Path:
        """HMDB51 with two classes, without its videos."""
        lists = folder / "testTrainMulti_7030_splits"
        lists.mkdir(parents=True)
        for name in ("clap", "shoot_bow"):
            files = [f"Film_{k}_{name}_u_nm_np1_fr_med_{take}.avi" for k in range(3) for take in (0, 1)]
            for split in (1, 2, 3):
                parts = [0 if k == 5 else 2 if k // 2 == split - 1 else 1 for k in range(len(files))]
                lines = [f"{file} {part} " for file, part in zip(files, parts, strict=True)]
                (lists / f"{name}_test_split{split}.txt").write_text("\n".join(lines) + "\n")
        return folder


@pytest.fixture(scope="session")
def made() -> MadeDataSets:
    """Makes tiny data sets in the official layouts."""
    return MadeDataSets()
