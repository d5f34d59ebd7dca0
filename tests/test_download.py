"""Downloads against a server of our own: whole, broken off and resumed, wrong, absent."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer

import pytest

from avlearn.download import ATTEMPTS, download, sha256_of

CONTENT = bytes(range(256)) * 400
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """What the server holds and how it behaves; it writes down which ranges were asked for."""

    content: bytes = CONTENT
    ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    """Bytes after which the next connections break."""
    length: bool = True
    """False hides how long the file is."""
    address: str = ""
    asked: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *args: object) -> None:
        self.site = site
        super().__init__(*args)

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.site.asked.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.site.ranges else 0
        if self.path != "/weights.pth":
            return self.send_error(404)
        if start and start >= len(self.site.content):
            return self.send_error(416)
        rest = self.site.content[start:]
        self.send_response(206 if start else 200)
        if self.site.length:
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        return self._send(rest)

    def _send(self, rest: bytes) -> None:
        self.wfile.write(rest[: self.site.breaks.pop(0)] if self.site.breaks else rest)

    def log_message(self, *_: object) -> None:
        """Nothing in the output of the tests."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the machine would stand between the tests and their own server."""
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with TCPServer(("127.0.0.1", 0), partial(Handler, site)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site.address = f"http://127.0.0.1:{server.server_address[1]}/weights.pth"
        yield site
        server.shutdown()
        thread.join()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("sha256", [SHA256, SHA256[:8]])
@pytest.mark.parametrize("length", [True, False])
def test_brings_the_file_and_nothing_else(site: Site, tmp_path: Path, sha256: str, length: bool) -> None:
    site.length = length
    path = tmp_path / "new" / "folder" / "weights.pth"
    assert download(site.address, path, sha256=sha256) == path
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["weights.pth"]
    assert site.asked == [None]


def test_a_broken_connection_is_taken_up_where_it_broke(site: Site, tmp_path: Path) -> None:
    site.breaks = [30_000, 1_000]
    path = download(site.address, tmp_path / "weights.pth", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert site.asked == [None, "bytes=30000-", "bytes=31000-"]


def test_the_next_call_goes_on_from_what_is_here(site: Site, tmp_path: Path) -> None:
    """A server that breaks off and then sends nothing: the call ends, keeps what it has, and the next one resumes."""
    path = tmp_path / "weights.pth"
    site.breaks = [50_000, 0]
    with pytest.raises(ConnectionError, match=r"the first 50000 bytes are kept in .*weights\.pth\.part"):
        download(site.address, path, sha256=SHA256)
    assert names(tmp_path) == ["weights.pth.part"]
    assert (tmp_path / "weights.pth.part").read_bytes() == CONTENT[:50_000]
    download(site.address, path, sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["weights.pth"]
    assert site.asked == [None, "bytes=50000-", "bytes=50000-"]


def test_does_not_knock_for_ever(site: Site, tmp_path: Path) -> None:
    site.breaks = [1] * 100
    with pytest.raises(ConnectionError, match=f"the first {ATTEMPTS} bytes are kept"):
        download(site.address, tmp_path / "weights.pth", sha256=SHA256)
    assert len(site.asked) == ATTEMPTS


def test_a_server_without_ranges_sends_all_anew(site: Site, tmp_path: Path) -> None:
    site.ranges, site.breaks = False, [30_000]
    path = download(site.address, tmp_path / "weights.pth", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert site.asked == [None, "bytes=30000-"]


def test_a_part_that_is_whole_needs_no_byte_more(site: Site, tmp_path: Path) -> None:
    (tmp_path / "weights.pth.part").write_bytes(CONTENT)
    path = download(site.address, tmp_path / "weights.pth", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert site.asked == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize("size", [7, len(CONTENT), len(CONTENT) + 7])
def test_a_part_of_another_file_is_replaced(site: Site, tmp_path: Path, size: int) -> None:
    (tmp_path / "weights.pth.part").write_bytes(b"?" * size)
    path = download(site.address, tmp_path / "weights.pth", sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert site.asked == [f"bytes={size}-", None]


def test_a_wrong_file_never_gets_the_name(site: Site, tmp_path: Path) -> None:
    site.content = b"<html>moved</html>"
    digest = hashlib.sha256(site.content).hexdigest()
    with pytest.raises(ValueError, match=f"gave 18 bytes with SHA-256 {digest}, expected {SHA256}"):
        download(site.address, tmp_path / "weights.pth", sha256=SHA256)
    assert names(tmp_path) == []


def test_an_absent_file(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    with pytest.raises(ConnectionError, match=r"absent\.pth \(404 Not Found\)") as refusal:
        download(site.address.replace("weights", "absent"), path, sha256=SHA256)
    assert f"put it at {path} (SHA-256 {SHA256})" in str(refusal.value)
    assert names(tmp_path) == []


def test_offline_says_what_to_do(tmp_path: Path) -> None:
    """The port is taken and nobody listens, so the connection is refused."""
    path = tmp_path / "weights.pth"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/weights.pth"
        with pytest.raises(ConnectionError) as refusal:
            download(address, path, sha256=SHA256)
    assert all(part in str(refusal.value) for part in (address, "go online", f"put it at {path}", SHA256))
    assert names(tmp_path) == []


def test_a_silent_server_counts_as_broken(tmp_path: Path) -> None:
    """The system takes the connection, and nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/weights.pth"
        with pytest.raises(ConnectionError, match="timed out"):
            download(address, tmp_path / "weights.pth", sha256=SHA256, timeout=0.05)


def test_files_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "origin").write_bytes(CONTENT)
    (tmp_path / "copy.part").write_bytes(CONTENT[:9])
    assert download((tmp_path / "origin").as_uri(), tmp_path / "copy", sha256=SHA256).read_bytes() == CONTENT
    with pytest.raises(ConnectionError, match="No such file"):
        download((tmp_path / "absent").as_uri(), tmp_path / "other", sha256=SHA256)


def test_sha256_of_a_known_text(tmp_path: Path) -> None:
    """FIPS 180-2, appendix B.1."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
