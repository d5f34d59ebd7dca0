import pytest
import torch

from avlearn.training import HeldOut, Plateau, TrainSettings, fit


@pytest.mark.parametrize(
    ("losses", "reached"),
    [
        ([], False),
        ([1.0], False),
        ([3.0, 2.0, 1.0, 0.5], False),
        ([3.0, 2.9, 2.8], True),  # falls by less than a tenth of the lowest
        ([3.0, 2.0, 2.1, 1.0], False),
        ([3.0, 2.0, 2.1, 1.9, 1.0], True),  # too late
    ],
)
def test_two_looks_without_a_tenth_less(losses, reached):
    plateau = Plateau(patience=2, gain=0.1)
    seen = [plateau.reached(losses[:count]) for count in range(len(losses) + 1)]
    assert any(seen) == reached


@pytest.mark.parametrize("wrong", [{"every": 0}, {"patience": 0}, {"gain": 1.0}, {"gain": -0.1}])
def test_refuses_settings_without_sense(wrong):
    with pytest.raises(ValueError, match=rf"{next(iter(wrong))} is {next(iter(wrong.values()))}"):
        Plateau(**wrong)


def test_refuses_no_scenes(scenes):
    with pytest.raises(ValueError, match="no held-out scenes"):
        HeldOut(scenes, [], plateau=Plateau())


def test_loss_is_the_mean_over_scenes_in_evaluation_mode(scenes, make_model):
    model = make_model().train()
    held_out = HeldOut(scenes, range(7), plateau=Plateau(), batch_size=3)
    found = held_out.loss(model)
    assert model.training
    assert not any(truth for _, truth in scenes.calls)
    model.eval()
    each = [model.step(scenes.batch([number], truth=False)).loss.item() for number in range(7)]
    assert found == pytest.approx(sum(each) / 7, rel=1e-5)


def settings(**changes):
    return TrainSettings(**{"steps": 40, "batch_size": 4, "pool": 16, "log_every": 100, "save_every": 3, **changes})


def impatient(scenes):
    # A gain that no training gives, so that the first look counts and the next two end the run
    return HeldOut(scenes, range(20, 30), plateau=Plateau(every=4, patience=2, gain=0.99))


def test_a_run_ends_on_the_plateau(scenes, make_model, tmp_path):
    held_out = impatient(scenes)
    result = fit(make_model(), scenes, settings(), out=tmp_path, device="cpu", held_out=held_out)
    assert result.steps == 12
    looks = [row for row in result.history if "held_out/loss" in row]
    assert [row["step"] for row in looks] == [4, 8, 12]
    assert [row["held_out/loss"] for row in looks] == held_out.losses
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] == 12


def test_an_ended_run_stays_ended(scenes, make_model, tmp_path):
    fit(make_model(), scenes, settings(), out=tmp_path, device="cpu", held_out=impatient(scenes))
    again = make_model(seed=1)
    result = fit(again, scenes, settings(), out=tmp_path, device="cpu", resume=True, held_out=impatient(scenes))
    assert result.steps == 12
    assert len(result.history) == 4


@pytest.mark.parametrize("stop", [2, 7, 11])
def test_interrupted_runs_end_at_the_same_step(scenes, make_model, tmp_path, stop):
    def interrupt(step, model, logs):
        if step == stop:
            raise KeyboardInterrupt

    whole = make_model()
    fit(whole, scenes, settings(), device="cpu", held_out=impatient(scenes))
    with pytest.raises(KeyboardInterrupt):
        fit(
            make_model(), scenes, settings(), out=tmp_path, device="cpu", held_out=impatient(scenes), callback=interrupt
        )
    resumed = make_model(seed=1)
    result = fit(resumed, scenes, settings(), out=tmp_path, device="cpu", resume=True, held_out=impatient(scenes))
    assert result.steps == 12
    assert all(
        torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    )
