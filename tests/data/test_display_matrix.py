"""Orientation from the header of a file, without decoding."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from avlearn.data.display_matrix import display_orientations
from avlearn.data.media import MediaError
from avlearn.data.orientation import Orientation, orientation_of

from .conftest import write_pictures

UPRIGHT = (1, 0, 0, 0, 1, 0, 0, 0)


def _box(kind: bytes, content: bytes, *, large: bool = False) -> bytes:
    if large:
        return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _header(matrix: tuple[float, ...], *, version: int = 0) -> bytes:
    fields = bytes([version, 0, 0, 7]) + bytes(32 if version else 20) + bytes(16)
    return fields + struct.pack(">9i", *(round(value * 2**16) for value in matrix), 2**30)


@pytest.mark.parametrize("turn", [(0, False), (90, False), (180, False), (270, False), (90, True), (0, True)])
def test_header_agrees_with_decoded_pictures(tmp_path: Path, turn: tuple[int, bool]) -> None:
    path = tmp_path / "a.mp4"
    pictures = [np.zeros((32, 48, 3), np.uint8)] * 2
    write_pictures(path, pictures, [0, 0.1], codec="libx264", pixel_format="yuv420p", turn=turn)
    with av.open(str(path)) as container:
        decoded = orientation_of(next(container.decode(video=0)))
    assert display_orientations(path).get(0, Orientation()) == decoded
    assert (decoded.rotation, decoded.mirrored) in {(turn[0], turn[1]), (-turn[0] % 360, turn[1])}


@pytest.mark.parametrize(("version", "large"), [(0, False), (1, False), (0, True)])
def test_tracks_are_counted_in_the_order_of_the_file(tmp_path: Path, version: int, large: bool) -> None:
    headers = [_header(UPRIGHT, version=version), _header((0, 1, 0, -1, 0, 0, 0, 0), version=version)]
    tracks = b"".join(_box(b"trak", _box(b"tkhd", header), large=large) for header in headers)
    path = tmp_path / "a.mp4"
    path.write_bytes(_box(b"ftyp", b"isom0000") + _box(b"moov", _box(b"mvhd", bytes(100)) + tracks))
    turned = Orientation(transpose=True, flip_x=True)
    assert display_orientations(path) == {0: Orientation(), 1: turned}


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF....AVI ", _box(b"ftyp", b"isom"), _box(b"ftyp", b"isom") + b"\0\0\0\1moov\0\0", b"\0\0\0\0moov" * 50],
)
def test_other_and_broken_files_have_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert display_orientations(path) == {}


def test_cut_track_header_is_upright(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(_box(b"ftyp", b"isom") + _box(b"moov", _box(b"trak", _box(b"tkhd", bytes(30)))))
    assert display_orientations(path) == {0: Orientation()}


def test_oblique_matrix_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    track = _box(b"trak", _box(b"tkhd", _header((0.8, 0.6, 0, -0.6, 0.8, 0, 0, 0))))
    path.write_bytes(_box(b"ftyp", b"isom") + _box(b"moov", track))
    with pytest.raises(MediaError, match="only quarter turns"):
        display_orientations(path)
