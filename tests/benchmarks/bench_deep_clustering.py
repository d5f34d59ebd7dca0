"""Clips that the published encoders of XDC learn from in a second, as a share of what matrix products reach here.

On a graphics card, where there is one, with clips of 8 and of 32 frames, in 32 bits and bfloat16, laid out as usual and
with channels last, and compiled; on a processor 8 frames, not compiled. `AVL_BENCH_CLIPS` sets the clips of a step, 32
by default as in the recipe `paper`.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.benchmark import Timer
from torch.utils.flop_counter import FlopCounterMode

from avlearn import deep_clustering_recipe
from avlearn.data import World
from avlearn.encoders import r2plus1d_18, resnet18
from avlearn.types import AVBatch

CLIPS = int(os.environ.get("AVL_BENCH_CLIPS", 32))
SIZE, BANDS, FRAMES_OF_SOUND = 112, 40, 100
"""Height and width of the pictures; bands and time steps of the spectrogram of 1 s."""
SIDE = 4096
"""Of the square matrices whose product tells what the device can reach."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a step is computed."""

    dtype: torch.dtype
    channels_last: bool
    compiled: bool

    def __str__(self) -> str:
        parts = [str(self.dtype).removeprefix("torch.")]
        parts += ["channels last"] if self.channels_last else []
        return ", ".join(parts + (["compiled"] if self.compiled else []))


def benchmarks() -> Iterator[dict[str, Any]]:
    """Encoders in all ways, then a whole step of the recipe `paper`."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    lengths = (8, 32) if device.type == "cuda" else (8,)
    inputs = {f"video, {frames} x {SIZE} x {SIZE}": (3, frames, SIZE, SIZE) for frames in lengths}
    inputs[f"sound, {BANDS} bands x {FRAMES_OF_SOUND} steps"] = (1, FRAMES_OF_SOUND, BANDS)
    for (name, shape), way in product(inputs.items(), _ways(device)):
        yield _encoder(name, shape, way, device)
    yield _step(device)


def _ways(device: torch.device) -> list[Way]:
    compiled = (False, True) if device.type == "cuda" else (False,)
    choices = product((torch.float32, torch.bfloat16), (False, True), compiled)
    return [Way(dtype=dtype, channels_last=last, compiled=once) for dtype, last, once in choices]


def _encoder(name: str, shape: tuple[int, ...], way: Way, device: torch.device) -> dict[str, Any]:
    clip = len(shape) == 4
    network = (r2plus1d_18() if clip else resnet18(1)).to(device)
    x = torch.rand(CLIPS, *shape, device=device)
    if way.channels_last:
        layout = torch.channels_last_3d if clip else torch.channels_last
        network, x = network.to(memory_format=layout), x.to(memory_format=layout)
    run = cast(nn.Module, torch.compile(network)) if way.compiled else network

    def step() -> None:
        with torch.autocast(device.type, way.dtype, enabled=way.dtype is not torch.float32):
            loss = run(x).float().square().mean()
        loss.backward()

    flops, seconds, reach = _flops(network, x), _seconds(step, device), _reached(way.dtype, device)
    return {
        "name": f"learning from {CLIPS} clips: {name}; {way}",
        "ours": CLIPS / seconds,
        "peer": CLIPS * reach / flops,
        "ratio": flops / seconds / reach,
        "unit": f"clips per second; peer: at the {reach / 1e12:.2f} TFLOP/s of a {way.dtype} matrix product",
        "peak_memory_mb": _peak(device),
    }


def _step(device: torch.device) -> dict[str, Any]:
    recipe = deep_clustering_recipe.get("xdc", "paper")
    model = recipe.build(0).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    batch = World(recipe.world, seed=0).batch(range(CLIPS), truth=False).to(device)
    labels = torch.arange(CLIPS, device=device) % recipe.model.num_clusters
    model.begin_round({"video": labels, "audio": labels}, seed=0)

    def whole() -> None:
        optimizer.zero_grad()
        model.step(batch).loss.backward()
        optimizer.step()

    def read() -> AVBatch:
        return World(recipe.world, seed=0).batch(range(CLIPS), truth=False)

    seconds, drawn = _seconds(whole, device), _seconds(read, torch.device("cpu"))
    return {
        "name": f"a step of the recipe xdc in the profile paper, {CLIPS} clips, both encoders and AdamW",
        "ours": seconds,
        "peer": drawn,
        "ratio": drawn / seconds,
        "unit": "s; peer: drawing these clips of the world, in one process",
        "peak_memory_mb": _peak(device),
    }


def _flops(network: nn.Module, x: Tensor) -> float:
    with FlopCounterMode(display=False) as counter:
        network(x).float().square().mean().backward()
    return float(counter.get_total_flops())


def _reached(dtype: torch.dtype, device: torch.device) -> float:
    a = torch.rand(SIDE, SIDE, dtype=dtype, device=device)
    return 2 * SIDE**3 / _seconds(lambda: a @ a, device)


def _seconds(run: Callable[[], Any], device: torch.device) -> float:
    # On a card Timer waits for the work itself; one call first, which compiles and allocates
    run()
    timer = Timer("f()", globals={"f": run}, num_threads=torch.get_num_threads())
    return float(timer.blocked_autorange(min_run_time=2 if device.type == "cuda" else 5).median)


def _peak(device: torch.device) -> float:
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device) / 2**20
        torch.cuda.reset_peak_memory_stats(device)
        return peak
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
