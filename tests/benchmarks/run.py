"""Runs every benchmark beside this file and prints one JSON line for each: `python tests/benchmarks/run.py [NAME...]`.

A benchmark is a file `bench_NAME.py` with a function `benchmarks()` that yields name, ours, peer, ratio (peer time over
our time) and unit.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if not names or path.stem.removeprefix("bench_") in names:
            # Python has put this folder first on the path
            for result in import_module(path.stem).benchmarks():
                print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
