"""Real pictures for collages: a bank of them, and how one is cut out and laid on a canvas."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int8, UInt8
from numpy.typing import NDArray

from avlearn.data.painting import frame_patch, lay

SUFFIXES = (".png", ".jpg", ".jpeg", ".npy")
"""Kinds of picture files that a folder may hold."""
_FILL = 0.75
"""Half the side of a cutout, in radii."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PictureBank:
    """Pictures of equal size with their classes.

    Colour pictures are laid down as they are. Grey ones are drawings, white ink on black: the ink is coloured anew each
    time and stands on a narrow rim of another colour.

    Raises:
        ValueError: no pictures, not 8 bit, or labels that fit neither the pictures nor the class names.
    """

    images: NDArray[np.uint8]
    """(n, h, w, 3) colour photos or (n, h, w) drawings, 0 to 255."""
    labels: NDArray[np.integer]
    """(n,) numbers of the classes."""
    class_names: tuple[str, ...]
    """Name of each class number."""

    def __post_init__(self) -> None:
        shape = self.images.shape
        if self.images.dtype != np.uint8 or not (len(shape) == 3 or (len(shape) == 4 and shape[3] == 3)):
            raise ValueError(
                f"images are {self.images.dtype} {shape}; give uint8 (n, h, w, 3) photos or (n, h, w) drawings"
            )
        if min(shape) < 1:
            raise ValueError(f"images have shape {shape}; give at least one picture")
        check_labels(self.labels, len(self.images), self.class_names)

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: NDArray[np.integer] | Sequence[int]) -> PictureBank:
        """The bank of these pictures only."""
        chosen = np.asarray(rows)
        return PictureBank(images=self.images[chosen], labels=self.labels[chosen], class_names=self.class_names)

    @classmethod
    def from_folder(cls, folder: Path, *, size: int = 48) -> PictureBank:
        """Pictures that lie as `folder/class/anything.png` (or .jpg, .jpeg, .npy), cut to squares of `size` pixels.

        Raises:
            ValueError: no folder, or no pictures in it.
        """
        files = class_files(folder, SUFFIXES)
        names = tuple(sorted(files))
        images = [_square(_read(path), size) for name in names for path in files[name]]
        labels = np.repeat(np.arange(len(names)), [len(files[name]) for name in names])
        return cls(images=np.stack(images), labels=labels, class_names=names)


def cut_out(image: UInt8[np.ndarray, "h w *rgb"], draws: Float[np.ndarray, "2"]) -> Float[np.ndarray, "4 side side2"]:
    """Red, green, blue (0 to 255) and cover (0 to 1) of a picture, with an empty border.

    Args:
        image: a colour photo or a drawing of white ink on black.
        draws: uniform numbers in [0, 1) that choose the colours of a drawing.
    """
    return _drawing(image, draws) if image.ndim == 2 else _photo(image)


def paste(
    canvas: Float[np.ndarray, "3 T H W"],
    owner: Int8[np.ndarray, "T H W"],
    cutout: Float[np.ndarray, "4 h w"],
    *,
    radius: float,
    centre: tuple[float, float],
    pose: Float[np.ndarray, "4 T"],
    turn: float,
    slot: int,
) -> None:
    """Lays a cutout on the canvas, in place; see `frame_patch` for the geometry."""
    height, width = cutout.shape[1:]
    patch = frame_patch(radius=radius, centre=centre, pose=pose, turn=turn, aspect=width / height)
    x = (patch.u / (2 * _FILL) + 0.5) * width - 0.5
    y = (patch.v / (2 * _FILL) + 0.5) * height - 0.5
    sampled = _bilinear(cutout, x, y)
    lay(canvas, owner, patch, sampled[:3], sampled[3], slot=slot)


def check_labels(labels: NDArray[np.integer], items: int, class_names: Sequence[str]) -> None:
    """Refuses labels that fit neither the items nor the class names.

    Raises:
        ValueError: they don't.
    """
    if labels.shape != (items,):
        raise ValueError(f"labels have shape {labels.shape} for {items} items; give one class number for each item")
    if labels.min() < 0 or labels.max() >= len(class_names):
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}, class_names has {len(class_names)}; name every class"
        )


def class_files(folder: Path, suffixes: Sequence[str]) -> dict[str, list[Path]]:
    """The files with these suffixes in each sub-folder that has any, sorted.

    Raises:
        ValueError: no folder, or no such files in its sub-folders.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give one that holds a folder for each class")
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*/*")):
        if path.suffix.lower() in suffixes:
            files.setdefault(path.parent.name, []).append(path)
    if not files:
        raise ValueError(f"{folder} has no class folders with {', '.join(suffixes)} files; lay them as class/file")
    return files


def _read(path: Path) -> NDArray[np.uint8]:
    from PIL import Image  # only folders of picture files need it

    if path.suffix.lower() == ".npy":
        return np.load(path)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _square(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The middle square of a picture at another size, each new pixel a mean of old ones."""
    from PIL import Image

    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    middle = np.ascontiguousarray(image[top : top + side, left : left + side])
    return np.asarray(Image.fromarray(middle).resize((size, size), Image.Resampling.BOX))


def _photo(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    cutout = np.ones((4, *image.shape[:2]), np.float32)
    cutout[:3] = image.transpose(2, 0, 1)
    padded = np.pad(cutout, ((0, 0), (1, 1), (1, 1)), mode="edge")
    padded[3, [0, -1]] = 0
    padded[3, :, [0, -1]] = 0
    return padded


def _drawing(image: NDArray[np.uint8], draws: NDArray[np.floating]) -> NDArray[np.float32]:
    ink = image * np.float32(1 / 255)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.1), np.flatnonzero(ink.max(axis=0) > 0.1)
    if len(rows):
        ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    ink = np.pad(ink, 3)
    cover = _grow(_grow(ink))
    hue, dark = float(draws[0]), 0.2 + 0.2 * float(draws[1])
    front = np.array(colorsys.hsv_to_rgb(hue, 0.55, 1.0), np.float32)
    back = np.array(colorsys.hsv_to_rgb((hue + 0.5) % 1, 0.7, dark), np.float32)
    colour = back[:, None, None] + (front - back)[:, None, None] * ink
    return np.concatenate([255 * colour, np.minimum(2 * cover, 1)[None]])


def _grow(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each pixel takes the largest value of itself and its four neighbours."""
    grown = ink.copy()
    grown[1:] = np.maximum(grown[1:], ink[:-1])
    grown[:-1] = np.maximum(grown[:-1], ink[1:])
    grown[:, 1:] = np.maximum(grown[:, 1:], ink[:, :-1])
    grown[:, :-1] = np.maximum(grown[:, :-1], ink[:, 1:])
    return grown


def _bilinear(image: NDArray[np.float32], x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float32]:
    """The image at these columns and rows, mixed from the four nearest pixels; the border repeats outside."""
    height, width = image.shape[1:]
    x, y = np.minimum(np.maximum(x, 0), width - 1.001), np.minimum(np.maximum(y, 0), height - 1.001)
    left, top = x.astype(np.int64), y.astype(np.int64)
    across, down = x - left.astype(np.float32), y - top.astype(np.float32)
    flat, corner = image.reshape(len(image), -1), top * width + left
    upper = flat[:, corner] * (1 - across) + flat[:, corner + 1] * across
    lower = flat[:, corner + width] * (1 - across) + flat[:, corner + width + 1] * across
    return upper * (1 - down) + lower * down
