"""Log-mel spectrograms of a batch of 32 sounds, against a loop over librosa."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import librosa
import numpy as np
import torch

from avlearn.audio import PRESETS, LogMel, LogMelConfig, mel_filters

BATCH, BLOCKS, ROUNDS = 32, 3, 7


def benchmarks() -> Iterator[dict[str, Any]]:
    """Seconds for a batch: the paper's 5 s, and the 1 s of Simplified_DMC.

    `peer` is `librosa.feature.melspectrogram` for one sound after the other; `ready_filters` is the same loop with the
    filters built once, which is the most that can be made of librosa.
    """
    for name, seconds in (("dmc", 5), ("simplified_dmc", 1)):
        config, frontend = PRESETS[name], LogMel(name)
        sounds = 0.1 * torch.randn(BATCH, seconds * config.sample_rate, generator=torch.Generator().manual_seed(0))
        filters = mel_filters(config).numpy().T
        rows = sounds.numpy()
        runs = {
            "ours": lambda frontend=frontend, sounds=sounds: frontend(sounds)[:, 0].numpy(),
            "peer": lambda rows=rows, config=config: [_librosa(row, config) for row in rows],
            "ready": lambda rows=rows, config=config, filters=filters: [_ready(row, config, filters) for row in rows],
        }
        for run in runs.values():  # The same numbers; librosa's last frame aside where it is centred
            np.testing.assert_allclose(np.stack(run())[:, :-1], runs["ours"]()[:, :-1], rtol=1e-3, atol=0.05)
        times = _medians(runs)
        yield {
            "name": f"log-mel {name}, {BATCH} sounds of {seconds} s",
            "ours": times["ours"],
            "peer": times["peer"],
            "ratio": times["peer"] / times["ours"],
            "unit": "s",
            "ready_filters": times["ready"],
            "ratio_to_ready_filters": times["ready"] / times["ours"],
            "threads": torch.get_num_threads(),
        }


def _librosa(sound: np.ndarray, config: LogMelConfig) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # empty filters
        mel = librosa.feature.melspectrogram(
            y=_padded(sound, config),
            sr=config.sample_rate,
            power=1.0,
            n_mels=config.num_mels,
            fmin=config.low,
            fmax=config.high,
            htk=config.scale == "htk",
            norm=None if config.scale == "htk" else "slaney",
            **_transform(config),
        )
    return _compress(mel, config)


def _ready(sound: np.ndarray, config: LogMelConfig, filters: np.ndarray) -> np.ndarray:
    return _compress(filters @ np.abs(librosa.stft(_padded(sound, config), **_transform(config))), config)


def _transform(config: LogMelConfig) -> dict[str, Any]:
    return {
        "n_fft": config.n_fft,
        "hop_length": config.hop,
        "win_length": config.window,
        "center": config.centred,
        "pad_mode": "reflect",
    }


def _padded(sound: np.ndarray, config: LogMelConfig) -> np.ndarray:
    return sound if config.centred else np.pad(sound, (config.n_fft - config.window) // 2)


def _compress(mel: np.ndarray, config: LogMelConfig) -> np.ndarray:
    return (np.log(mel + config.offset) if config.compression == "log" else librosa.power_to_db(mel)).T


def _medians(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds. Each run has blocks of its own, which take turns: a slow moment hits all, and the threads of one
    library, which wait for more work for a while, don't slow the other's.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(BLOCKS):
        for name, run in runs.items():
            run()
            for _ in range(ROUNDS):
                start = time.perf_counter()
                run()
                times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}
