"""The parameters cell."""

from __future__ import annotations

from collections.abc import Callable

import parameters
import pytest
from nbformat import NotebookNode

from .conftest import code

DEFAULTS = 'profile = "book"  # a size\nseed = 0\ndevice = "cpu"'


def test_names_of_a_parameters_cell() -> None:
    assert parameters.names(DEFAULTS) == ["profile", "seed", "device"]


def test_unknown_parameter_is_named_with_the_known(notebook: Callable[..., NotebookNode]) -> None:
    one = notebook(code(DEFAULTS, "parameters"), code("sede = 1"))
    parameters.require_known(one, "notebooks/a", {"seed": 1})
    with pytest.raises(ValueError, match=r"notebooks/a has no parameter 'sede'.*profile, seed, device"):
        parameters.require_known(one, "notebooks/a", {"sede": 1})


def test_page_shows_the_values_of_the_run(notebook: Callable[..., NotebookNode]) -> None:
    injected = code('# Parameters\nprofile = "smoke"\nseed = 12\n', "injected-parameters")
    shown = parameters.show_values(notebook(code(DEFAULTS, "parameters"), injected, code("seed = 5")))
    assert [cell.source for cell in shown.cells] == [
        'profile = "smoke"  # a size\nseed = 12\ndevice = "cpu"',
        "seed = 5",
    ]


def test_defaults_stay_where_nothing_was_injected(notebook: Callable[..., NotebookNode]) -> None:
    assert parameters.show_values(notebook(code(DEFAULTS, "parameters"))).cells[0].source == DEFAULTS
