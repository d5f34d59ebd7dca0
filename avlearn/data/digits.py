"""Written and spoken digits as banks for a collage: MNIST pictures and the Free Spoken Digit Dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from avlearn.data.pictures import PictureBank
from avlearn.data.recordings import RecordingBank, read_recording

Split = Literal["train", "test", "new_speaker"]
SAMPLE_RATE = 8000
"""Hz of the spoken digits."""
TEST_TAKES = range(5)
"""The takes of each speaker and digit that are the official test set."""


def digits(folder: Path, *, split: Split, held_out_speaker: str = "theo") -> tuple[PictureBank, RecordingBank]:
    """Digits to see and digits to hear; the three splits share no picture, no take, and `new_speaker` no speaker.

    The folder holds `images/mnist_train.npz` and `images/mnist_test.npz` (`images` uint8 (n, 28, 28), `labels` (n,))
    and, anywhere under `fsdd/`, recordings named `{digit}_{speaker}_{take}.wav` or `.flac`.

    Args:
        folder: where the digits lie.
        split: "train" for the training takes of all speakers but one; "test" for held-out takes of the same speakers;
            "new_speaker" for all takes of the held-out speaker. Both test splits use the test pictures.
        held_out_speaker: who is left out of "train" and "test".

    Raises:
        ValueError: an unknown split, a missing file, or no recordings for the split.
    """
    if split not in ("train", "test", "new_speaker"):
        raise ValueError(f"split is {split!r}; use 'train', 'test' or 'new_speaker'")
    return _pictures(folder, "train" if split == "train" else "test"), _recordings(folder, split, held_out_speaker)


def _pictures(folder: Path, part: str) -> PictureBank:
    path = folder / "images" / f"mnist_{part}.npz"
    if not path.is_file():
        raise ValueError(f"{path} is missing; save MNIST there as arrays `images` and `labels`")
    with np.load(path) as arrays:
        images, labels = arrays["images"], arrays["labels"].astype(np.int64)
    return PictureBank(images=images, labels=labels, class_names=_NAMES)


def _recordings(folder: Path, split: Split, held_out_speaker: str) -> RecordingBank:
    paths = sorted(path for path in (folder / "fsdd").rglob("*_*_*") if path.suffix in (".wav", ".flac"))
    if not paths:
        raise ValueError(
            f"{folder / 'fsdd'} has no recordings; put the spoken digits there, named 7_theo_0.wav or .flac"
        )
    speakers = {path.stem.split("_")[1] for path in paths}
    if held_out_speaker not in speakers:
        raise ValueError(f"held_out_speaker is {held_out_speaker!r}, {folder / 'fsdd'} has {sorted(speakers)}")
    chosen = [path for path in paths if _belongs(path, split, held_out_speaker)]
    return RecordingBank(
        waveforms=tuple(read_recording(path, sample_rate=SAMPLE_RATE) for path in chosen),
        labels=np.array([int(path.stem.split("_")[0]) for path in chosen]),
        class_names=_NAMES,
        sample_rate=SAMPLE_RATE,
    )


def _belongs(path: Path, split: Split, held_out_speaker: str) -> bool:
    _, speaker, take = path.stem.split("_")
    if split == "new_speaker":
        return speaker == held_out_speaker
    return speaker != held_out_speaker and (int(take) in TEST_TAKES) == (split == "test")


_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
