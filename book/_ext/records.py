"""What a run of a notebook measured: a small JSON file next to the executed notebook, shown on its page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

PROFILES = ("smoke", "book", "gpu", "paper")


@dataclass(frozen=True, kw_only=True)
class Record:
    """One good run of one notebook."""

    profile: str
    """Size of the run, one of `PROFILES`."""
    device: str
    """Name of the graphics card, or the number of processor cores."""
    minutes: float
    """Wall time of the whole notebook."""
    peak_memory_mib: float
    """Largest resident memory of its kernel."""
    date: str
    """Day of the run in UTC, year first."""
    versions: dict[str, str]
    """Python and the packages that make the results."""
    parameters: dict[str, object]
    """Values that replaced those of the notebook's `parameters` cell."""
    digest: str
    """Fingerprint of everything that the results depend on; an equal one means that no new run is needed."""

    def write(self, path: Path) -> None:
        """Save as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def read(path: Path) -> Record | None:
    """The record in this file; None if there is none, or one of an older shape."""
    try:
        return Record(**json.loads(path.read_text()))
    except (FileNotFoundError, TypeError, ValueError):
        return None


def executed_folder(repository: Path, profile: str) -> Path:
    """Where the executed notebooks of a profile and their records lie."""
    return repository / "_build" / "executed" / profile


def record_path(repository: Path, profile: str, page: str) -> Path:
    """Where the run of `page`, such as `notebooks/01_sounding_scenes`, leaves its record."""
    return executed_folder(repository, profile) / f"{page}.json"


def kept_path(repository: Path, profile: str, page: str) -> Path:
    """Where a record is kept in git: measurements that not every builder can repeat, such as those of the GPU."""
    return repository / "book" / "measured" / profile / f"{Path(page).name}.json"


def all_records(repository: Path, page: str) -> dict[str, Record]:
    """The latest known record of the page in each profile that was ever run."""
    found = {}
    for profile in PROFILES:
        record = read(record_path(repository, profile, page)) or read(kept_path(repository, profile, page))
        if record:
            found[profile] = record
    return found
