"""How the tracks of an MP4 or QuickTime file are to be turned, from the boxes of its header."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from avlearn.data.orientation import Orientation, orientation_by_matrix

_ONE = 2**16
_HEADER = {0: 20, 1: 32}
"""Bytes of times, number and duration after version and flags, by version."""
_MATRIX = 16
"""Bytes between these and the matrix."""
_MAX_DEPTH = 8


def display_orientations(path: Path) -> dict[int, Orientation]:
    """How each track is to be shown, by the number of the track; empty for files of other kinds.

    Decoded pictures carry their orientation with them; this is for those who only look at the header. The boxes are
    those of the ISO base media file format, ISO/IEC 14496-12.

    Raises:
        MediaError: a track is to be turned by something else than quarter turns.
    """
    with path.open("rb") as file:
        if file.read(12)[4:8] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return {}
        headers = [header for kind, header in _boxes(file, 0, path.stat().st_size) if kind == b"tkhd"]
    return {number: _orientation(header) for number, header in enumerate(headers)}


def _boxes(file: BinaryIO, begin: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of the track headers between two places, in the order of the file."""
    while begin + 8 <= end:
        file.seek(begin)
        size, kind = struct.unpack(">I4s", file.read(8))
        content = begin + 8
        if size == 1 and begin + 16 <= end:
            (size,), content = struct.unpack(">Q", file.read(8)), begin + 16
        stop = end if size == 0 else min(end, begin + size)
        if stop < content:
            return
        if kind in (b"moov", b"trak") and depth < _MAX_DEPTH:
            yield from _boxes(file, content, stop, depth + 1)
        elif kind == b"tkhd":
            file.seek(content)
            yield kind, file.read(min(stop - content, 128))
        begin = stop


def _orientation(header: bytes) -> Orientation:
    begin = 4 + _HEADER.get(header[0] if header else -1, len(header)) + _MATRIX
    if len(header) < begin + 36:
        return Orientation()
    a, b, _, c, d, *_ = struct.unpack(">9i", header[begin : begin + 36])
    return orientation_by_matrix(a / _ONE, b / _ONE, c / _ONE, d / _ONE)
