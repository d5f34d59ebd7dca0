"""What `tests/benchmarks/curriculum_study.py` gave: every way to order the scenes, with equal steps and several seeds.

The study takes more than an hour, so the package carries its numbers, run by run; what they mean together is computed
where it is shown, see `avlearn.tasks.curriculum_tables`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

Run = dict[str, Any]


def measured() -> dict[str, Any]:
    """The record that comes with the package.

    Returns:
        `date` and `command` of the study, `steps` of every run, `scenes` of each test, `watch_every` (steps between two
        looks at the quality) and `runs`, see `to_run`.

    Example:
        >>> sorted(measured())
        ['command', 'date', 'runs', 'scenes', 'steps', 'watch_every']
    """
    record: dict[str, Any] = json.loads(files("avlearn.tasks").joinpath("measured_curriculum.json").read_text())
    return record


def to_record(
    lines: Iterable[Mapping[str, Any]], *, estimates: Mapping[str, str | None], **about: Any
) -> dict[str, Any]:
    """The record of some lines of the study.

    Args:
        lines: of its file.
        estimates: arm -> the estimate of complexity that orders its scenes; None for the true number of sources.
        about: what else to keep.

    Raises:
        ValueError: no lines.
    """
    runs = [to_run(line, estimates[line["arm"]]) for line in lines]
    if not runs:
        raise ValueError("the study has no runs yet; let it finish at least one")
    return {**about, "runs": runs}


def to_run(line: Mapping[str, Any], estimate: str | None = None) -> Run:
    """What is kept of one line of the study.

    Args:
        line: of its file.
        estimate: see `to_record`.

    Returns:
        `arm` and `seed`; `seconds` of training; `several_auc`, `several_ap` and `single_pointing`, `single_auc` of the
        attention on fresh scenes of several and of one source; `curve`, pairs of step and sounding-versus-silent AUC on
        further scenes of several sources; and `correlation`, that of the estimate with the true number of sources.
    """
    several, single = line["several"]["attention"], line["single"]["attention"]
    return {
        "arm": line["arm"],
        "seed": line["seed"],
        "seconds": round(line["seconds"], 1),
        "several_auc": several["sounding_silent_auc"],
        "several_ap": several["average_precision"],
        "single_pointing": single["pointing"],
        "single_auc": single["sounding_silent_auc"],
        "curve": [list(look) for look in line["curve"]],
        "correlation": None if estimate is None else line["counting"][estimate]["rank_correlation"],
    }
