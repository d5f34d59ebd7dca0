import math

import pytest

from avlearn.training import TrainSettings


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("steps", 0, "steps is 0; give a positive number"),
        ("batch_size", -1, "batch_size is -1"),
        ("learning_rate", math.nan, "learning_rate is nan"),
        ("clip", 0.0, "clip is 0.0"),
        ("weight_decay", -1.0, "weight_decay is -1.0; give zero or more"),
        ("seed", -1, "seed is -1"),
        ("pool", 31, "a pool of 31 scenes can't fill a batch of 32; enlarge the pool"),
        ("rise", 1.0, "rise is 1.0; give a share of the run between 0 and 1"),
    ],
)
def test_refuses_nonsense(name, value, message):
    with pytest.raises(ValueError, match=message):
        TrainSettings(**{"steps": 1, name: value})


def test_takes_limits():
    settings = TrainSettings(steps=1, pool=32, clip=math.inf, seed=0, weight_decay=0.0)
    assert settings.pool == settings.batch_size


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("precision", "16", "precision is '16'; choose one of auto, 32-true, bf16-mixed"),
        ("channels_last", "yes", "channels_last is 'yes'; choose True, False or 'auto'"),
        ("schedule", "step", "schedule is 'step'; choose one of one_cycle, constant"),
    ],
)
def test_refuses_unknown_names(name, value, message):
    # Set past the type checker of the tests, as a user without one would
    settings = TrainSettings(steps=1)
    object.__setattr__(settings, name, value)
    with pytest.raises(ValueError, match=message):
        settings.__post_init__()
