import hashlib
import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from avlearn.training import Execution, Terminated, TrainSettings, atomic, batches, fit, load_checkpoint
from avlearn.training.prefetch import available_workers
from avlearn.types import Flaw, StepOutput

SETTINGS = TrainSettings(steps=12, batch_size=4, pool=16, log_every=2, save_every=3, learning_rate=0.02)


def settings(**changes):
    return TrainSettings(**{**vars(SETTINGS), **changes})


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def timeless(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


def sha256(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture
def uninterrupted(tmp_path, scenes, make_model):
    """The folder and the history of a whole run."""
    folder = tmp_path / "uninterrupted"
    return folder, fit(make_model(), scenes, SETTINGS, out=folder).history


def test_learns(scenes, make_model):
    model = make_model()
    result = fit(model, scenes, settings(steps=200, log_every=50))
    assert result.history[-1]["loss"] < 0.3 * result.history[0]["loss"]
    assert [row["step"] for row in result.history] == [1, 50, 100, 150, 200]
    assert result.history[-1].keys() == {"step", "loss", "chance/loss", "learning_rate", "seconds"}
    assert result.steps == 200
    assert result.seconds >= result.history[-1]["seconds"] > 0
    assert not model.training


@pytest.mark.parametrize("pool", [16, None])
def test_never_asks_for_the_truth(scenes, make_model, pool):
    fit(make_model(), scenes, settings(pool=pool))  # the model asserts that it gets none
    assert not any(truth for _, truth in scenes.calls)


def test_seeds(scenes, make_model):
    first, again, other = make_model(), make_model(), make_model()
    assert timeless(fit(first, scenes, SETTINGS).history) == timeless(fit(again, scenes, SETTINGS).history)
    fit(other, scenes, settings(seed=1))
    assert same(weights(first), weights(again))
    assert not same(weights(first), weights(other))


def test_leaves_the_random_numbers_of_the_caller_alone(scenes, make_model):
    before = torch.random.get_rng_state()
    fit(make_model(), scenes, settings(steps=2))
    assert torch.equal(before, torch.random.get_rng_state())


def test_one_step_is_adamw_on_the_clipped_gradient(scenes, make_model):
    model, reference, losses = make_model(dropout=0.0), make_model(dropout=0.0), []
    once = settings(steps=1, flip=False, clip=0.01, weight_decay=0.1, schedule="constant")
    fit(model, scenes, once, callback=lambda step, model, logs: losses.append(logs["loss"]))
    optimizer = torch.optim.AdamW(reference.parameters(), lr=0.02, weight_decay=0.1)
    loss = reference.step(scenes.batch([0, 1, 2, 3], truth=False)).loss  # the pool has as many scenes as are drawn
    loss.backward()
    torch.nn.utils.clip_grad_norm_(reference.parameters(), 0.01)
    optimizer.step()
    torch.testing.assert_close(losses, [loss.detach()])
    changed = model.state_dict()
    for name, tensor in reference.state_dict().items():
        if name != "image.0.bias":  # batch norm takes it away, so that its gradient is rounding alone
            torch.testing.assert_close(changed[name], tensor, rtol=1e-4, atol=1e-5)


def test_the_callback_sees_every_step_and_disturbs_none(scenes, make_model):
    plain, watched, steps = make_model(), make_model(), []

    def callback(step, model, logs):
        steps.append(step)
        assert model is watched
        assert logs["chance/loss"] == 1.0
        model.eval()
        torch.rand(7)

    fit(plain, scenes, SETTINGS)
    fit(watched, scenes, SETTINGS, callback=callback)
    assert steps == list(range(1, 13))
    assert same(weights(plain), weights(watched))


def test_what_a_run_leaves_on_disk(uninterrupted, make_model):
    folder, history = uninterrupted
    names = {path.name for path in folder.iterdir()}
    assert names == {"state.pt", "model.safetensors", "card.json", "card.md", "log.jsonl", "tensorboard"}
    assert [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()] == history
    card = load_checkpoint(folder, make_model())
    assert (card.model, card.step, card.seed) == ("TinyModel", 12, 0)
    assert card.metrics["loss"] == history[-1]["loss"]


@pytest.mark.parametrize("step", [1, 6, 11])
def test_resuming_after_an_interrupt_equals_the_uninterrupted_run(tmp_path, scenes, make_model, uninterrupted, step):
    def interrupt(done, model, logs):
        if done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), scenes, SETTINGS, out=tmp_path / "run", callback=interrupt)
    assert load_checkpoint(tmp_path / "run", make_model()).step == step
    result = fit(make_model(seed=5), scenes, SETTINGS, out=tmp_path / "run", resume=True)
    assert sha256(tmp_path / "run") == sha256(uninterrupted[0])
    assert timeless(result.history) == timeless(uninterrupted[1])
    assert len((tmp_path / "run" / "log.jsonl").read_text().splitlines()) == len(result.history)


def test_ctrl_c_waits_for_the_step(tmp_path, scenes, make_model, uninterrupted):
    class Interrupted(make_model):
        def step(self, batch):
            self.steps = getattr(self, "steps", 0) + 1
            if self.steps == 5:
                os.kill(os.getpid(), signal.SIGINT)
            return super().step(batch)

    with pytest.raises(KeyboardInterrupt):
        fit(Interrupted(), scenes, SETTINGS, out=tmp_path / "run")
    assert load_checkpoint(tmp_path / "run", make_model()).step == 5
    fit(make_model(), scenes, SETTINGS, out=tmp_path / "run", resume=True)
    assert sha256(tmp_path / "run") == sha256(uninterrupted[0])


def test_sigterm_saves_and_the_run_goes_on_bit_for_bit(tmp_path, scenes, make_model, uninterrupted):
    class Terminating(make_model):
        def step(self, batch):
            self.steps = getattr(self, "steps", 0) + 1
            if self.steps == 5:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().step(batch)

    with pytest.raises(Terminated):
        fit(Terminating(), scenes, SETTINGS, out=tmp_path / "run")
    assert load_checkpoint(tmp_path / "run", make_model()).step == 5
    fit(make_model(), scenes, SETTINGS, out=tmp_path / "run", resume=True)
    assert sha256(tmp_path / "run") == sha256(uninterrupted[0])


KILLED_RUNS = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from conftest import TinyModel, TinyScenes
from avlearn.training import TrainSettings, fit, state

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

def kill_while_training(step, model, logs):
    if step == 8:
        kill()

def kill_while_saving(folder, model, card):  # state.pt has been replaced, the checkpoint has not
    return kill() if card.step == 9 else save(folder, model, card)

settings = TrainSettings(steps=12, batch_size=4, pool=16, log_every=2, save_every=3, learning_rate=0.02)
save = state.save_checkpoint
for name in ("training", "saving"):
    child = os.fork()
    if child == 0:
        if name == "saving":
            state.save_checkpoint = kill_while_saving
        callback = kill_while_training if name == "training" else None
        fit(TinyModel(), TinyScenes(), settings, out=os.path.join(sys.argv[2], name), callback=callback)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_resuming_after_a_kill_equals_the_uninterrupted_run(tmp_path, scenes, make_model, uninterrupted):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", KILLED_RUNS, str(Path(__file__).parent), str(tmp_path)]
    subprocess.run(command, env=environment, check=True, timeout=300)
    for name in ("training", "saving"):
        assert load_checkpoint(tmp_path / name, make_model()).step == 6
        result = fit(make_model(), scenes, SETTINGS, out=tmp_path / name, resume=True)
        assert sha256(tmp_path / name) == sha256(uninterrupted[0])
        assert timeless(result.history) == timeless(uninterrupted[1])


def test_resuming_a_finished_run_gives_its_history(scenes, make_model, uninterrupted):
    folder, history = uninterrupted
    scenes.calls.clear()
    model = make_model(seed=5)
    result = fit(model, scenes, SETTINGS, out=folder, resume=True)
    assert (result.history, result.steps) == (history, 12)
    assert scenes.calls == []
    expected = make_model()
    load_checkpoint(folder, expected)
    assert same(weights(model), weights(expected))


@pytest.mark.parametrize("pool", [16, None])
def test_a_resumed_run_keeps_its_execution(tmp_path, scenes, make_model, pool):
    chosen = settings(precision="bf16-mixed", channels_last=True, pool=pool)

    def interrupt(done, model, logs):
        if done == 5:
            raise KeyboardInterrupt

    whole = fit(make_model(), scenes, chosen, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), scenes, chosen, out=tmp_path / "run", callback=interrupt)
    result = fit(make_model(), scenes, chosen, out=tmp_path / "run", resume=True)
    assert result.execution == whole.execution == Execution(precision="bf16-mixed", channels_last=True)
    assert sha256(tmp_path / "run") == sha256(tmp_path / "whole")


def test_every_execution_gives_the_same_curve(scenes, make_model):
    long = settings(steps=60, log_every=10)
    curves = [
        [row["loss"] for row in fit(make_model(dropout=0.0), scenes, settings(**{**vars(long), **way})).history]
        for way in (
            {"precision": "32-true", "channels_last": False},
            {"precision": "32-true", "channels_last": True},
            {"precision": "bf16-mixed", "channels_last": True},
        )
    ]
    # Rounding in another order; bfloat16 has 8 bits, each of 60 steps adds its rounding
    torch.testing.assert_close(curves[1], curves[0], rtol=1e-2, atol=0)
    torch.testing.assert_close(curves[2], curves[0], rtol=5e-2, atol=0)


def test_a_compiled_step(scenes, make_model, monkeypatch):
    # The type checks of the tests can't be compiled, so that here only the way through is looked at
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda module: (compiled.append(module), module)[1])
    model, plain = make_model(), make_model()
    fit(model, scenes, settings(compile=True))
    fit(plain, scenes, SETTINGS)
    assert len(compiled) == 1
    assert same(weights(model), weights(plain))


class Exploding:
    """A step whose loss or gradient is no number from some step on."""

    def __init__(self, make_model, *, at, gradient):
        class Model(make_model):
            count = 0

            def step(self, batch):
                self.count += 1
                output = super().step(batch)
                bad = math.nan if self.count == at else 1.0
                if gradient:
                    output.loss.register_hook(lambda grad: grad * bad)
                    return output
                return StepOutput(loss=output.loss * bad, logs=output.logs)

        self.model = Model()


@pytest.mark.parametrize("gradient", [False, True])
def test_stops_when_a_number_is_not_finite(tmp_path, scenes, make_model, gradient):
    model = Exploding(make_model, at=8, gradient=gradient).model
    with pytest.raises(FloatingPointError, match=r"step 8: the loss is .* the gradient's norm nan; lower the learning"):
        fit(model, scenes, SETTINGS, out=tmp_path)
    assert all(tensor.isfinite().all() for tensor in model.state_dict().values())
    assert load_checkpoint(tmp_path, make_model()).step == 6


def test_a_full_disk_keeps_the_last_state(tmp_path, scenes, make_model, uninterrupted, monkeypatch):
    sync = os.fsync

    def fill(done, model, logs):
        def fail(descriptor):
            raise OSError(28, "No space left on device")

        if done == 8:
            monkeypatch.setattr(atomic.os, "fsync", fail)

    with pytest.raises(OSError, match=r"could not save state\.pt .*No space left on device; make room"):
        fit(make_model(), scenes, SETTINGS, out=tmp_path / "run", callback=fill)
    monkeypatch.setattr(atomic.os, "fsync", sync)
    assert load_checkpoint(tmp_path / "run", make_model()).step == 6
    fit(make_model(), scenes, SETTINGS, out=tmp_path / "run", resume=True)
    assert sha256(tmp_path / "run") == sha256(uninterrupted[0])


@pytest.mark.skipif(sys.platform != "linux", reason="limits of file sizes are Unix's, workers are forked on Linux only")
def test_a_file_that_cannot_grow_keeps_the_last_state(tmp_path, scenes, make_model, uninterrupted):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(step, model, logs):
        if step == 4:  # what is saved after step 6 has no room; the first save had
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))

    try:
        with pytest.raises(OSError, match=r"could not save state\.pt .*make room .*What was saved before is intact"):
            fit(make_model(), scenes, SETTINGS, out=tmp_path / "run", callback=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert load_checkpoint(tmp_path / "run", make_model()).step == 3
    fit(make_model(), scenes, SETTINGS, out=tmp_path / "run", resume=True)
    assert sha256(tmp_path / "run") == sha256(uninterrupted[0])


@pytest.mark.skipif(available_workers() == 0, reason="workers are forked on Linux only")
def test_a_worker_that_is_killed_ends_the_run_which_goes_on_bit_for_bit(tmp_path, scenes, make_model, monkeypatch):
    class Deadly(type(scenes)):
        def batch(self, indices, *, truth=True):
            if 28 in indices and os.getpid() != here:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().batch(indices, truth=truth)

    here = os.getpid()
    monkeypatch.setattr(batches, "FEW", 0)
    fresh = settings(pool=None, precision="32-true", channels_last=False)
    fit(make_model(), scenes, fresh, out=tmp_path / "whole")
    with pytest.raises(ChildProcessError, match=r"a process that made scenes has ended.*start again with resume"):
        fit(make_model(), Deadly(), fresh, out=tmp_path / "run")
    fit(make_model(), scenes, fresh, out=tmp_path / "run", resume=True)
    assert sha256(tmp_path / "run") == sha256(tmp_path / "whole")


def test_what_killed_writers_left_is_removed(tmp_path, scenes, make_model):
    (tmp_path / ".state.pt.4711").write_bytes(b"half")
    (tmp_path / ".mine").write_bytes(b"whole")
    fit(make_model(), scenes, settings(steps=1), out=tmp_path)
    assert {path.name for path in tmp_path.glob(".*")} == {".mine"}


def test_flaws_of_scenes_are_counted_and_survive_an_interrupt(tmp_path, scenes, make_model, caplog):
    class Flawed(type(scenes)):
        def batch(self, indices, *, truth=True):
            marks = [Flaw.SKIPPED if index % 4 == 0 else 0 for index in indices]
            return replace(super().batch(indices, truth=truth), flaws=torch.tensor(marks, dtype=torch.uint8))

    def interrupt(done, model, logs):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), Flawed(), SETTINGS, out=tmp_path, callback=interrupt)
    result = fit(make_model(), Flawed(), SETTINGS, out=tmp_path, resume=True)
    assert result.flaws == {"clips/skipped": 12, "clips/silent": 0, "clips/black": 0, "clips/incomplete": 0}
    counts = [row["clips/skipped"] for row in result.history]
    assert counts == sorted(counts)
    assert counts[-1] == 12  # a quarter of 48 draws: all 16 scenes three times
    assert "of 48 clips drawn, 12 skipped" in caplog.text


def test_an_unusable_folder_fails_before_anything_is_made(tmp_path, scenes, make_model):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="can't write to"):
        fit(make_model(), scenes, SETTINGS, out=tmp_path / "file" / "run")
    assert scenes.calls == []


def test_a_finished_run_is_not_overwritten(scenes, make_model, uninterrupted):
    before = sha256(uninterrupted[0])
    with pytest.raises(ValueError, match="holds a run of 12 steps; continue it with resume=True"):
        fit(make_model(), scenes, SETTINGS, out=uninterrupted[0])
    assert sha256(uninterrupted[0]) == before


@pytest.mark.parametrize("device", ["gpux", "cuda:first", ""])
def test_unknown_devices(scenes, make_model, device):
    with pytest.raises(ValueError, match=f"device is '{device}'; choose auto, cpu, cuda, mps, or one of several like"):
        fit(make_model(), scenes, SETTINGS, device=device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_absent_devices(scenes, make_model):
    with pytest.raises(ValueError, match="device is 'cuda', which is not available here; use cpu or auto"):
        fit(make_model(), scenes, SETTINGS, device="cuda")
