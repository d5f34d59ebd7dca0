"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real recordings, pictures and annotations; the test is skipped where it is absent."""
    folder = Path(os.environ.get("AVLEARN_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set AVLEARN_REAL_DATA to a folder with esc10/, fsdd/, images/")
    return folder
