"""Runs every benchmark beside this file and prints one JSON line for each: `python tests/benchmarks/run.py [NAME...]`.

A benchmark is a file `bench_NAME.py` with a function `benchmarks()` that yields name, ours, peer, ratio (peer time over
our time) and unit.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if not names or path.stem.removeprefix("bench_") in names:
            for result in load(path).benchmarks():
                print(json.dumps(result), flush=True)


def load(path: Path) -> ModuleType:
    """Import a file by its path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"can't import {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(sys.argv[1:])
