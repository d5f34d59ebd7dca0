"""Brings the book's JavaScript and fonts into `_build/static/vendor/`, so that its pages ask nobody on the web.

Packages come from npm as plain archives whose sha256 is checked; plotly.js is the one that the Python package holds.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import plotly

FOLDER = Path(__file__).resolve().parents[2] / "_build" / "static" / "vendor"


@dataclass(frozen=True, kw_only=True)
class Package:
    """An npm package and what the book needs from it."""

    name: str
    """Name and version as npm writes them."""
    sha256: str
    """Of the archive."""
    folder: str
    """Where its files go, below `vendor/`."""
    files: dict[str, str]
    """Pattern of paths in the archive -> a file below `folder`, or a folder where it ends in a slash."""


PACKAGES = (
    Package(
        name="@jupyter-widgets/html-manager@1.0.14",
        sha256="9d647396585ef74da93f87f645c5dcc14bebf5784192c577f72b199597614e81",
        folder="widgets",
        files={"dist/embed.js": "./", "dist/embed.js.LICENSE.txt": "./", "dist/*.woff*": "./", "LICENSE": "./"},
    ),
    Package(
        name="mathjax@3.2.2",
        sha256="1b9c0a1c44df864e915690558e72adb9cc5203360daefd385084ced3b6c64c09",
        folder="mj",
        files={
            "es5/tex-mml-chtml.js": "./",
            "es5/output/chtml/fonts/woff-v2/*": "output/chtml/fonts/woff-v2/",
            "LICENSE": "./",
        },
    ),
    Package(
        name="@fontsource-variable/inter@5.3.0",
        sha256="d26710dd38e7217484a1d47ee76c024977ec550548876f26d06ed1844af09a14",
        folder="inter",
        files={
            "files/inter-latin-wght-normal.woff2": "normal.woff2",
            "files/inter-latin-wght-italic.woff2": "italic.woff2",
            "LICENSE": "./",
        },
    ),
    Package(
        name="@fontsource-variable/jetbrains-mono@5.3.0",
        sha256="996fe6368a480c9ce15d4de22a2682b7c40b403718fee2b15e7272f244fd993f",
        folder="jetbrains-mono",
        files={"files/jetbrains-mono-latin-wght-normal.woff2": "normal.woff2", "LICENSE": "./"},
    ),
)


def versions() -> str:
    """The list that says what the folder holds; a test compares it with what is installed."""
    return "".join(f"{name}\n" for name in [*(package.name for package in PACKAGES), f"plotly@{version('plotly')}"])


def vendor(folder: Path = FOLDER) -> None:
    """Fill the folder; nothing is done where it already holds the right versions."""
    listing = folder / "VERSIONS"
    if listing.exists() and listing.read_text() == versions():
        return
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        for package, archive in fetch(PACKAGES, Path(temporary)):
            unpack(archive, package, folder / package.folder)
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    shutil.copy(source, folder / source.name)
    listing.write_text(versions())


def fetch(packages: Sequence[Package], folder: Path) -> list[tuple[Package, Path]]:
    """Download the archives with one call of npm and check them.

    Raises:
        RuntimeError: npm is missing or fails, or an archive isn't the expected one.
    """
    if shutil.which("npm") is None:
        raise RuntimeError("npm is needed once, to fetch the book's JavaScript; install Node.js and try again")
    command = ["npm", "pack", "--silent", *(package.name for package in packages)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return [(package, _checked(package, folder)) for package in packages]


def _checked(package: Package, folder: Path) -> Path:
    archive = folder / f"{re.sub('[@/]', '-', package.name.removeprefix('@'))}.tgz"
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise RuntimeError(f"{package.name} has sha256 {found}, expected {package.sha256}; it is not the file we know")
    return archive


def unpack(archive: Path, package: Package, folder: Path) -> None:
    """Write the wanted files of the archive."""
    with tarfile.open(archive) as files:
        for member in files.getmembers():
            target = _target(member.name.removeprefix("package/"), package.files)
            content = files.extractfile(member) if target else None
            if target and content:
                path = folder / target
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())


def _target(name: str, files: dict[str, str]) -> str | None:
    for pattern, target in files.items():
        if fnmatch.fnmatch(name, pattern):
            return target + PurePosixPath(name).name if target.endswith("/") else target
    return None


if __name__ == "__main__":
    try:
        vendor()
    except RuntimeError as error:
        sys.exit(f"vendor: {error}")
