"""What `tests/benchmarks/deep_clustering_study.py` gave: every scheme of deep clustering, and what breaks or mends XDC.

The study takes longer than a page may, so the package carries its numbers, run by run; what they mean together is
computed where it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

Run = dict[str, Any]

FIGURES = ("nmi", "purity", "entropy", "nmi_to_last")
"""Kept of each round and each set of labels."""


def measured() -> dict[str, Any]:
    """The record that comes with the package.

    Returns:
        `date` and `command` of the study; `clips`, `steps` (in all rounds together), `rounds` and `clusters` of a run
        where its arm doesn't say otherwise; `test_clips`, `probe_clips` and `runs`, see `to_run`.

    Example:
        >>> sorted(measured())
        ['clips', 'clusters', 'command', 'date', 'probe_clips', 'rounds', 'runs', 'steps', 'test_clips']
    """
    record: dict[str, Any] = json.loads(files("avlearn.tasks").joinpath("measured_deep_clustering.json").read_text())
    return record


def to_record(lines: Iterable[Mapping[str, Any]], **about: Any) -> dict[str, Any]:
    """The record of some lines of the study.

    Args:
        lines: of its file.
        about: what else to keep.

    Raises:
        ValueError: no lines.
    """
    runs = [to_run(line) for line in lines]
    if not runs:
        raise ValueError("the study has no runs yet; let it finish at least one")
    return {**about, "runs": runs}


def to_run(line: Mapping[str, Any]) -> Run:
    """What is kept of one line of the study.

    Args:
        line: of its file.

    Returns:
        `arm` and `seed`; `seconds` of processor time of the training; of `video` and of `audio`, the accuracy of a
        linear probe (`video_probe`), and NMI and purity of k-means with as many centres as classes (`video_nmi`,
        `video_purity`), on fresh clips; and `rounds`, for each the labels' `FIGURES` by set (`audio/nmi`), its `steps`
        and its last `held_out` loss.
    """
    run = {"arm": line["arm"], "seed": line["seed"], "seconds": round(line["seconds"], 1)}
    for name in ("video", "audio"):
        features = line["features"][name]
        run[f"{name}_probe"] = features["classification"]["accuracy"]
        run |= {f"{name}_{what}": round(features["clusters"][what], 4) for what in ("nmi", "purity")}
    kept = {"round", "steps", "held_out"}
    run["rounds"] = [
        {key: round(value, 4) for key, value in figures.items() if key in kept or key.rpartition("/")[2] in FIGURES}
        for figures in line["rounds"]
    ]
    return run
