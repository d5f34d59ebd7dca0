"""Downloading one file: resumed where it broke off, checked by its hash, and in place only when it is whole."""

from __future__ import annotations

import hashlib
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from urllib.response import addinfourl

CHUNK = 2**20
"""Bytes that are read and written together."""
ATTEMPTS = 5
"""Connections that are opened for one file as long as each brings something."""
NOT_SATISFIABLE = 416
"""Status of a server that has nothing after the bytes which are here already."""
PARTIAL = 206
"""Status of a server that sends the rest only."""


def download(url: str, path: str | Path, *, sha256: str, timeout: float = 30.0) -> Path:
    """Bring the file of an address to `path`.

    Bytes gather in `path` + ".part". If the connection breaks, the rest is asked for with an HTTP Range, in this call
    and in the next one; a server that ignores the range sends all anew. Only a file with the right hash gets its name,
    so whoever sees the name sees the whole file. One process at a time: two would write into the same part.

    Args:
        url: `https://`, `http://` or `file://`.
        path: of the new file; its folder is made if need be.
        sha256: hexadecimal SHA-256, or its beginning.
        timeout: seconds without a byte after which a connection counts as broken.

    Returns:
        `path`.

    Raises:
        ConnectionError: the file can't be had; the message names the address and the place to put it.
        ValueError: the downloaded bytes have another hash; they are deleted.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "origin").write_bytes(b"abc")
    ...     download((Path(folder) / "origin").as_uri(), f"{folder}/copy", sha256="ba7816bf").read_bytes()
    b'abc'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    resumed = part.exists()
    _gather(url, path, part, sha256=sha256, timeout=timeout)
    if resumed and not sha256_of(part).startswith(sha256):
        # What was there may have been the beginning of another file
        part.unlink()
        _gather(url, path, part, sha256=sha256, timeout=timeout)
    digest = sha256_of(part)
    if not digest.startswith(sha256):
        size = part.stat().st_size
        part.unlink()
        raise ValueError(
            f"{url} gave {size} bytes with SHA-256 {digest}, expected {sha256}: they are deleted. Try again; if it "
            f"persists, the address holds another file: get the right one elsewhere and put it at {path}"
        )
    return part.replace(path)


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _gather(url: str, path: Path, part: Path, *, sha256: str, timeout: float) -> None:
    for _ in range(ATTEMPTS):
        had = _size(part)
        reason = _receive(url, part, timeout=timeout)
        if reason is None:
            return
        if _size(part) <= had:
            break
    raise ConnectionError(
        f"can't get {url} ({reason}): go online and try again (the first {_size(part)} bytes are kept in {part}), "
        f"or get the file elsewhere and put it at {path} (SHA-256 {sha256})"
    )


def _receive(url: str, part: Path, *, timeout: float) -> str | None:
    """Append what the server sends; why it isn't all, or None."""
    had = _size(part)
    request = Request(url, headers={"Range": f"bytes={had}-"} if had else {})
    try:
        response = urlopen(request, timeout=timeout)
    except HTTPError as error:
        error.close()
        # The part may be whole: its hash will tell
        return None if had and error.code == NOT_SATISFIABLE else f"{error.code} {error.reason}"
    except URLError as error:
        return str(error.reason)
    except (OSError, HTTPException) as error:
        return str(error) or type(error).__name__
    with response, part.open("ab" if response.status == PARTIAL else "wb") as file:
        return _copy(response, file)


def _copy(response: HTTPResponse | addinfourl, file: BinaryIO) -> str | None:
    length = response.headers.get("Content-Length")
    received = 0
    try:
        while chunk := response.read(CHUNK):
            received += len(chunk)
            file.write(chunk)
    except (TimeoutError, ConnectionError, HTTPException) as error:
        return str(error) or type(error).__name__
    if length is not None and received < int(length):
        return f"the connection broke after {received} of {length} bytes"
    return None


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
