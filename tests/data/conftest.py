"""Small media files with known pictures and known sounds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any

import av
import numpy as np
import pytest
import torch
from torch import Tensor

from avlearn.data import ClipList, ClipSpan, ShardSettings, write_shards, write_video
from avlearn.data.isolation import Isolated


def numbered(count: int, *, height: int = 32, width: int = 48) -> Tensor:
    """Pictures whose grey level tells their number, see `number_of`."""
    levels = (20 + 8 * torch.arange(count) % 216).to(torch.uint8)
    return levels[None, :, None, None].expand(3, count, height, width).contiguous()


def numbers_of(frames: Tensor) -> list[int]:
    """Numbers that pictures tell of themselves; lossy codecs may be two levels off."""
    levels = frames[:, :, 4:-4, 4:-4].float().mean(dim=(0, 2, 3))
    return ((levels - 20) / 8).round().int().tolist()


def write_pictures(
    path: Path,
    pictures: Sequence[np.ndarray],
    times: Sequence[float],
    *,
    codec: str = "ffv1",
    pixel_format: str = "bgr0",
    options: dict[str, str] | None = None,
    **attributes: Any,
) -> None:
    """A video of RGB pictures at these times, in whole milliseconds; attributes are those of the codec."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=1000, options=options or {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = Fraction(1, 1000)
        turn = attributes.pop("turn", None)
        for name, value in attributes.items():
            setattr(stream.codec_context, name, value)
        if turn is not None:
            stream.set_display_rotation(*turn)
        for picture, time in zip(pictures, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_blocks(
    path: Path, blocks: Sequence[tuple[float, np.ndarray]], *, rate: int, codec: str, layout: str = "mono"
) -> None:
    """A sound file of blocks (channels, samples), each with the second in which it begins."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        for time, samples in blocks:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32), format="fltp", layout=layout)
            frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), round(time * rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="session")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of 25 numbered pictures, the numbers beginning anew each second; four seconds a key frame.

    Its sound is a sweep that tells the time.
    """
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    numbers = [k % 25 for k in range(200)]
    pictures = [np.full((32, 48, 3), 20 + 8 * number, np.uint8) for number in numbers]
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"g": "100", "crf": "10", "sc_threshold": "0"})
        video.height, video.width, video.pix_fmt = 32, 48, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        sweep = sweep_at(np.arange(8 * 48_000) / 48_000).astype(np.float32)
        for second in range(8):
            for k in range(25 * second, 25 * second + 25):
                frame = av.VideoFrame.from_ndarray(pictures[k], format="rgb24")
                frame.pts, frame.time_base = k, Fraction(1, 25)
                container.mux(video.encode(frame))
            block = av.AudioFrame.from_ndarray(
                sweep[None, second * 48_000 : (second + 1) * 48_000], format="fltp", layout="mono"
            )
            block.sample_rate, block.time_base, block.pts = 48_000, Fraction(1, 48_000), second * 48_000
            container.mux(audio.encode(block))
        container.mux([*video.encode(None), *audio.encode(None)])
    return path


def sweep_at(seconds: np.ndarray) -> np.ndarray:
    """A tone that rises by 100 Hz a second from 200 Hz."""
    return 0.5 * np.sin(2 * np.pi * (200 * seconds + 50 * seconds**2))


class InProcess(Isolated):
    """Stands for its base where a helper process would only take time."""

    def __call__(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process."""
    monkeypatch.setattr("avlearn.data.isolated_pool.Isolated", InProcess)


def drifting(seconds: float, *, seed: int, rate: int = 8, height: int = 48, width: int = 64) -> Tensor:
    """Pictures of a smooth pattern that moves."""
    x = torch.arange(width) / width + 0.1 * seed
    time = torch.arange(round(seconds * rate)) / rate
    waves = torch.sin(
        2 * torch.pi * (x[None, None, :] + 0.2 * time[:, None, None] + torch.zeros(height)[None, :, None])
    )
    return (128 + 80 * waves).to(torch.uint8).expand(3, -1, -1, -1).contiguous()


def humming(seconds: float, *, seed: int, rate: int = 16_000) -> Tensor:
    """A tone of its own."""
    return 0.4 * torch.sin(2 * torch.pi * (300 + 100 * seed) * torch.arange(round(seconds * rate)) / rate)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of videos, of which some are no use: the name tells why. Clips of 1 s: 5 in `good`, 2 in `deep/fine`."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "deep").mkdir()

    def write(name: str, frames: Tensor, sound: Tensor | None) -> None:
        write_video(folder / name, frames, sound, frame_rate=8, sample_rate=16_000)

    write("good.mp4", drifting(5.4, seed=1), humming(5.4, seed=1))
    write("deep/fine.mkv", drifting(2, seed=2), humming(2.5, seed=2))
    write("silent.mp4", drifting(2, seed=3), torch.zeros(32_000))
    write("black.mp4", torch.zeros(3, 16, 48, 64, dtype=torch.uint8), humming(2, seed=4))
    write("no_sound.mp4", drifting(2, seed=5), None)
    write("too_short.mp4", drifting(2, seed=6), humming(0.5, seed=6))
    write("partly.mkv", drifting(3, seed=7), torch.cat([humming(1, seed=7), torch.zeros(16_000), humming(1, seed=7)]))
    (folder / "broken.mp4").write_bytes((folder / "good.mp4").read_bytes()[100:])
    (folder / "empty.mp4").touch()
    write_blocks(folder / "no_pictures.mkv", [(0.0, humming(2, seed=8)[None].numpy())], rate=16_000, codec="flac")
    return folder


@dataclass
class Site:
    """A folder that a server of our own gives out, in ranges too; it writes down what was asked for."""

    folder: Path
    address: str = ""
    asked: list[str] = field(default_factory=list)
    breaks: dict[str, int] = field(default_factory=dict)
    """Names of files whose next transfer breaks off after so many bytes."""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *args: object) -> None:
        self.site = site
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.site.asked.append(name)
        if not (self.site.folder / name).is_file():
            return self.send_error(404)
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        rest = (self.site.folder / name).read_bytes()[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.site.breaks.pop(name, None)])
        return None

    def log_message(self, *_: object) -> None:
        """Nothing in the output of the tests."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The folder `served` below the test's own, by http."""
    # A proxy of the machine would stand between the tests and their own server
    monkeypatch.setenv("no_proxy", "*")
    site = Site(tmp_path / "served")
    with ThreadingTCPServer(("127.0.0.1", 0), partial(_Handler, site)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def long_list(shelf: Path) -> ClipList:
    """Eleven clips of 0.75 s of two good videos."""
    spans = [ClipSpan(path=shelf / "good.mp4", start=0.5 * k, duration=0.75) for k in range(9)]
    return ClipList([*spans, *(ClipSpan(path=shelf / "deep/fine.mkv", start=0.5 * k, duration=0.75) for k in range(2))])


@pytest.fixture(scope="session")
def sharded(long_list: ClipList, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That list in shards of three."""
    folder = tmp_path_factory.mktemp("sharded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("avlearn.data.isolated_pool.Isolated", InProcess)
        write_shards(long_list, folder, ShardSettings(short_side=36, frame_rate=8.0, clips_per_shard=3))
    return folder
