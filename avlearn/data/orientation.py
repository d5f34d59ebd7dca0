"""How a picture is to be shown: pixels that aren't square, a camera that was held upright, and the cut to a size."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame
from jaxtyping import UInt8

from avlearn.data.media import MAX_PIXELS, MediaError

_ONE = 2**16
_TILT = 0.02
"""A display matrix may differ this much from quarter turns."""
_STRANGE_ASPECT = 32
"""Pixels that are this much wider than high, or higher than wide, are a damaged header."""


@dataclass(frozen=True, kw_only=True)
class Orientation:
    """One of the eight ways to lay down a picture: first transpose it, then mirror it."""

    transpose: bool = False
    """Rows become columns."""
    flip_x: bool = False
    """Left becomes right, after that."""
    flip_y: bool = False
    """Top becomes bottom, after that."""

    @property
    def rotation(self) -> int:
        """Degrees, clockwise, by which the stored picture is turned to be shown: 0, 90, 180 or 270."""
        turns = {(False, False): 0, (True, True): 2} if not self.transpose else {(True, False): 1, (False, True): 3}
        # To mirror first is to flip x, or after a transposition y
        flip_x = self.flip_x ^ (self.mirrored and not self.transpose)
        flip_y = self.flip_y ^ (self.mirrored and self.transpose)
        return 90 * turns[flip_x, flip_y]

    @property
    def mirrored(self) -> bool:
        """Whether left and right are exchanged before the turn."""
        return (self.transpose + self.flip_x + self.flip_y) % 2 == 1

    def apply(self, picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "H W 3"]:
        """The picture as it is to be shown; a view of the same memory.

        Example:
            >>> Orientation(transpose=True, flip_x=True).apply(np.zeros((2, 4, 3), np.uint8)).shape
            (4, 2, 3)
        """
        if self.transpose:
            picture = picture.transpose(1, 0, 2)
        if self.flip_x:
            picture = picture[:, ::-1]
        return picture[::-1] if self.flip_y else picture


def orientation_of(frame: VideoFrame) -> Orientation:
    """How this picture is to be shown, by the display matrix that comes with it.

    Raises:
        MediaError: it is to be turned by something else than quarter turns.
    """
    for entry in frame.side_data:
        if isinstance(entry, SideData) and entry.type == Type.DISPLAYMATRIX:
            a, b, _, c, d, *_ = struct.unpack("=9i", bytes(entry)[:36])
            return orientation_by_matrix(a / _ONE, b / _ONE, c / _ONE, d / _ONE)
    return Orientation()


def orientation_by_matrix(a: float, b: float, c: float, d: float) -> Orientation:
    """The orientation that sends the pixel (x, y) to (a x + c y, b x + d y), shifted to where it is seen.

    Raises:
        MediaError: it is to be turned by something else than quarter turns.

    Example:
        >>> orientation_by_matrix(0.0, 1.0, -1.0, 0.0).rotation
        90
    """
    size = max(abs(value) for value in (a, b, c, d))
    straight, crossed = min(abs(a), abs(d)), min(abs(b), abs(c))
    if max(abs(b), abs(c)) <= _TILT * size < straight:
        return Orientation(flip_x=a < 0, flip_y=d < 0)
    if max(abs(a), abs(d)) <= _TILT * size < crossed:
        return Orientation(transpose=True, flip_x=c < 0, flip_y=b < 0)
    raise MediaError(f"the pictures are to be shown under the matrix {(a, b, c, d)}; only quarter turns are read")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How stored pictures of one size become shown pictures of another: scaled, turned, and cut at the middle."""

    scaled: tuple[int, int]
    """Width and height that the stored picture is scaled to."""
    orientation: Orientation
    """How it is laid down then."""
    size: tuple[int, int]
    """Height and width of the part in the middle that is kept."""

    def cut(self, picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "H W 3"]:
        """The shown part of a scaled picture; a view of the same memory."""
        shown = self.orientation.apply(picture)
        top, left = (shown.shape[0] - self.size[0]) // 2, (shown.shape[1] - self.size[1]) // 2
        return shown[top : top + self.size[0], left : left + self.size[1]]


def layout_for(
    width: int,
    height: int,
    *,
    sample_aspect: Fraction | None,
    orientation: Orientation,
    size: int | tuple[int, int] | None,
) -> Layout:
    """How a stored picture becomes one of the wanted size, nothing of it distorted.

    Args:
        width: of the stored picture.
        height: of the stored picture.
        sample_aspect: width of a stored pixel over its height; None or 0 where nobody says.
        orientation: how the picture is to be shown.
        size: see `read_frames`.

    Raises:
        MediaError: the scaled picture would be huge.

    Example:
        >>> turned = Orientation(transpose=True, flip_x=True)
        >>> layout_for(1920, 1080, sample_aspect=None, orientation=turned, size=112).scaled
        (199, 112)
    """
    shown = shown_size(width, height, sample_aspect=sample_aspect, orientation=orientation)
    wanted = shown if size is None else (size, size) if isinstance(size, int) else size
    scale = max(wanted[0] / shown[0], wanted[1] / shown[1])
    across = max(wanted[1], round(shown[1] * scale))
    down = max(wanted[0], round(shown[0] * scale))
    if across * down > MAX_PIXELS:
        raise MediaError(f"pictures of {width} x {height} pixels would become {across} x {down}; that is too large")
    return Layout(
        scaled=(down, across) if orientation.transpose else (across, down), orientation=orientation, size=wanted
    )


def shown_size(width: int, height: int, *, sample_aspect: Fraction | None, orientation: Orientation) -> tuple[int, int]:
    """Height and width of a picture as it is shown, in square pixels.

    Example:
        >>> shown_size(720, 576, sample_aspect=Fraction(64, 45), orientation=Orientation())
        (576, 1024)
    """
    aspect = Fraction(sample_aspect or 1)
    if not Fraction(1, _STRANGE_ASPECT) <= aspect <= _STRANGE_ASPECT:
        aspect = Fraction(1)
    across = max(1, round(width * aspect))
    return (across, height) if orientation.transpose else (height, across)
