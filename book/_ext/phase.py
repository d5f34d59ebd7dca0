"""Runs one named phase of a `make` target and remembers its time; prints the table at the end.

It runs before anything is installed, so it uses the standard library alone:
`python phase.py LOG start`, `python phase.py LOG run "Unit tests" CMD...`, `python phase.py LOG report "make test"`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path


def start(log: Path) -> None:
    """Forget the phases of the last time."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("[]")


def run(log: Path, name: str, command: list[str]) -> int:
    """Run the command, append `[name, seconds]` to the log, give back the exit code."""
    print(f"▸ {name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    seconds = time.monotonic() - began
    log.write_text(json.dumps([*json.loads(log.read_text()), [name, seconds]]))
    print(f"{'✓' if code == 0 else '✗'} {name}{'' if code == 0 else ' FAILED'} ({clock(seconds)})", flush=True)
    return code


def report(log: Path, title: str) -> str:
    """The times of all phases as a small table."""
    phases = [*json.loads(log.read_text())]
    phases.append(["together", sum(seconds for _, seconds in phases)])
    width = max(len(name) for name, _ in phases)
    rows = [f"  {name:<{width}}  {clock(seconds):>8}" for name, seconds in phases]
    rule = "  " + "─" * (width + 10)
    return "\n".join(["", f"{title}: times", rule, *rows[:-1], rule, rows[-1]])


def clock(seconds: float) -> str:
    """Seconds as people say them: `8.3 s`, `2:05 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min"


def main(arguments: list[str]) -> int:
    """The command line of the module's docstring."""
    log, verb, *rest = arguments
    if verb == "start":
        start(Path(log))
    elif verb == "run":
        return run(Path(log), rest[0], rest[1:])
    else:
        print(report(Path(log), rest[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
