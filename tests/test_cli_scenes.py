"""Tasks on scenes as the command line sets them up; test_cli.py runs them as a user would."""

from __future__ import annotations

import pytest

from avlearn import recipes
from avlearn.cli_scenes import Detect, Understand


@pytest.mark.parametrize("task", ["detect", "understand"])
def test_tasks_test_on_scenes_that_they_fit_nothing_on(task):
    command = {"detect": Detect, "understand": Understand}[task](seed=3)
    seeds = command.fresh().seed, command.further().seed
    assert seeds == (recipes.test_seed(3), recipes.validation_seed(3))


def test_digits_have_no_supervised_bound_until_one_is_trained(real_data):
    model = Understand(checkpoint="dcc").model()
    assert Understand(digits=real_data)._others(model).keys() == {"random"}
    assert Understand(digits=real_data, supervised="dcc")._others(model).keys() == {"random", "supervised"}
