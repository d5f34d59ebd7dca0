import pytest
import torch
from torch import nn

from avlearn.training import Execution, TrainSettings
from avlearn.training import execution as module
from avlearn.training.execution import choose_execution, measure_executions

PLAIN = Execution()
CANDIDATES = [Execution(precision=p, channels_last=c) for p in ("32-true", "bf16-mixed") for c in (False, True)]


@pytest.fixture
def timed(monkeypatch):
    """Replaces the stopwatch: each candidate takes the given time."""

    def install(**seconds):
        names = {
            PLAIN: "plain",
            CANDIDATES[1]: "last",
            CANDIDATES[2]: "bf16",
            CANDIDATES[3]: "both",
        }
        monkeypatch.setattr(module, "_time_step", lambda model, batch, candidate: seconds[names[candidate]])

    return install


def choose(scenes, make_model, **settings):
    batch = scenes.batch(range(4), truth=False)
    return choose_execution(make_model(), batch, TrainSettings(**{"steps": 1000, **settings}))


def test_the_fastest_wins(scenes, make_model, timed):
    timed(plain=1.0, last=0.5, bf16=2.0, both=0.4)
    assert choose(scenes, make_model) == Execution(precision="bf16-mixed", channels_last=True)
    assert choose(scenes, make_model, precision="32-true") == Execution(channels_last=True)
    assert choose(scenes, make_model, channels_last=False) == PLAIN


def test_noise_does_not_win(scenes, make_model, timed):
    timed(plain=1.0, last=0.97, bf16=0.99, both=0.96)
    assert choose(scenes, make_model) == PLAIN


def test_what_is_set_is_taken_without_measuring(scenes, make_model, timed):
    timed()
    chosen = choose(scenes, make_model, precision="bf16-mixed", channels_last=True)
    assert chosen == Execution(precision="bf16-mixed", channels_last=True)


def test_short_runs_take_the_plain_step(scenes, make_model, timed):
    timed()
    assert choose(scenes, make_model, steps=99) == PLAIN
    assert choose(scenes, make_model, steps=99, precision="bf16-mixed") == Execution(precision="bf16-mixed")


def test_measuring_leaves_the_model_as_it_was(scenes, make_model):
    model = make_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    times = measure_executions(model, scenes.batch(range(4), truth=False), CANDIDATES)
    assert set(times) == set(CANDIDATES)
    assert all(seconds > 0 for seconds in times.values())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_what_can_not_run_is_left_out(scenes, make_model):
    class NoBfloat16(make_model):
        def step(self, batch):
            if torch.is_autocast_enabled("cpu"):
                raise RuntimeError("not implemented for 'BFloat16'")
            return super().step(batch)

    times = measure_executions(NoBfloat16(), scenes.batch(range(4), truth=False), CANDIDATES)
    assert set(times) == set(CANDIDATES[:2])


def test_a_model_that_can_not_run_at_all_says_so(scenes, make_model):
    class Broken(make_model):
        def step(self, batch):
            raise RuntimeError("sizes differ")

    with pytest.raises(RuntimeError, match="sizes differ"):
        measure_executions(Broken(), scenes.batch(range(4), truth=False), CANDIDATES)


def test_layout_of_pictures_and_clips():
    model = nn.ModuleList([nn.Conv2d(3, 4, 3), nn.Conv3d(3, 4, 3), nn.Linear(3, 3)])
    values = [parameter.clone() for parameter in model.parameters()]
    PLAIN.lay_out(model)
    assert model[0].weight.is_contiguous()
    Execution(channels_last=True).lay_out(model)
    assert model[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert model[1].weight.is_contiguous(memory_format=torch.channels_last_3d)
    assert all(torch.equal(parameter, value) for parameter, value in zip(model.parameters(), values, strict=True))


def test_feature_maps_follow_the_layout():
    model = nn.Conv2d(3, 4, 3)
    Execution(channels_last=True).lay_out(model)
    assert model(torch.zeros(2, 3, 8, 8)).is_contiguous(memory_format=torch.channels_last)


def test_autocast():
    product = torch.ones(2, 2)
    with PLAIN.autocast(torch.device("cpu")):
        assert (product @ product).dtype == torch.float32
    with Execution(precision="bf16-mixed").autocast(torch.device("cpu")):
        assert (product @ product).dtype == torch.bfloat16
