"""Every name that the API page documents exists."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "book" / "api.md"
DIRECTIVES = re.findall(r"^\.\. auto(?:function|class|data|exception|method):: (\S+)$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("target", DIRECTIVES)
def test_documented_name_exists(target: str) -> None:
    module, _, name = target.replace("::", ".").rpartition(".")
    assert hasattr(import_module(module), name), f"book/api.md documents {target}, which doesn't exist"


@pytest.mark.parametrize("module", re.findall(r"^\.\. automodule:: (\S+)$", PAGE.read_text(), re.MULTILINE))
def test_documented_module_exists(module: str) -> None:
    assert import_module(module).__doc__
