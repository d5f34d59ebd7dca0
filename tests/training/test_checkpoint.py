import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from avlearn.models import DCC, DCCConfig, Separator, SeparatorConfig, VisualCentre
from avlearn.training import ModelCard, atomic, checkpoint, load_checkpoint, read_card, save_checkpoint


def weights_of(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_round_trip(tmp_path, make_model):
    model, other = make_model(seed=1), make_model(seed=2)
    card = ModelCard(model="TinyModel", recipe="tiny", profile="smoke", seed=1, step=7, metrics={"pointing": 0.5})
    saved = save_checkpoint(tmp_path / "new" / "folder", model, card)
    loaded = load_checkpoint(tmp_path / "new" / "folder", other)
    assert loaded == saved
    assert same(weights_of(model), weights_of(other))
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {
        "model.safetensors", "card.json", "card.md"
    }  # fmt: skip


def test_the_hash_is_that_of_the_file(tmp_path, make_model):
    card = save_checkpoint(tmp_path, make_model(), ModelCard(model="TinyModel"))
    assert hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest() == card.sha256
    assert json.loads((tmp_path / "card.json").read_text())["sha256"] == card.sha256


def test_others_can_read_the_weights(tmp_path, make_model):
    model = make_model().to(memory_format=torch.channels_last)
    save_checkpoint(tmp_path, model, ModelCard(model="TinyModel"))
    assert same(load_file(tmp_path / "model.safetensors"), weights_of(model))


def test_tied_weights(tmp_path):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    save_checkpoint(tmp_path, model, ModelCard(model="Sequential"))
    expected = weights_of(model)
    nn.init.zeros_(model[0].weight)
    load_checkpoint(tmp_path, model)
    assert same(weights_of(model), expected)


def test_overwriting(tmp_path, make_model):
    first, second, loaded = make_model(seed=1), make_model(seed=2), make_model(seed=3)
    save_checkpoint(tmp_path, first, ModelCard(model="TinyModel", step=1))
    save_checkpoint(tmp_path, second, ModelCard(model="TinyModel", step=2))
    assert load_checkpoint(tmp_path, loaded).step == 2
    assert same(weights_of(loaded), weights_of(second))


class Killed(BaseException):
    pass


@pytest.mark.parametrize("survived", range(9))
def test_a_kill_at_any_moment_leaves_one_whole_checkpoint(tmp_path, make_model, monkeypatch, survived):
    old, new, loaded = make_model(seed=1), make_model(seed=2), make_model(seed=3)
    save_checkpoint(tmp_path, old, ModelCard(model="TinyModel", step=1))
    left = [survived]

    def killing(action):
        def run(*arguments):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return action(*arguments)

        return run

    # The operations that change the disk, one by one
    monkeypatch.setattr(Path, "replace", killing(Path.replace))
    monkeypatch.setattr(atomic.os, "fsync", killing(atomic.os.fsync))
    with contextlib.suppress(Killed):
        save_checkpoint(tmp_path, new, ModelCard(model="TinyModel", step=2))
    monkeypatch.undo()
    card = load_checkpoint(tmp_path, loaded)
    assert same(weights_of(loaded), weights_of({1: old, 2: new}[card.step]))
    assert (card.step == 2) == (survived >= 5)  # three operations for the weights, two until the card has its name
    save_checkpoint(tmp_path, old, ModelCard(model="TinyModel", step=3))
    assert load_checkpoint(tmp_path, loaded).step == 3
    assert same(weights_of(loaded), weights_of(old))
    assert len(list(tmp_path.glob("*.safetensors"))) == 1


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, make_model, monkeypatch):
    old, loaded = make_model(seed=1), make_model(seed=3)
    save_checkpoint(tmp_path, old, ModelCard(model="TinyModel", step=1))

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(OSError, match=r"could not save model-.* No space left on device; make room"):
        save_checkpoint(tmp_path, make_model(seed=2), ModelCard(model="TinyModel", step=2))
    monkeypatch.undo()
    assert load_checkpoint(tmp_path, loaded).step == 1
    assert same(weights_of(loaded), weights_of(old))


def test_damage_is_found_and_nothing_is_loaded(tmp_path, make_model):
    save_checkpoint(tmp_path, make_model(seed=1), ModelCard(model="TinyModel"))
    path = tmp_path / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    other = make_model(seed=2)
    before = weights_of(other)
    with pytest.raises(ValueError, match=r"has the SHA-256 .*its card says .*damaged or not the card's: copy or train"):
        load_checkpoint(tmp_path, other)
    assert same(weights_of(other), before)


def test_weights_of_another_model(tmp_path, make_model):
    save_checkpoint(tmp_path, make_model(width=4), ModelCard(model="TinyModel"))
    wider = make_model(width=5)
    wider.extra = nn.Linear(1, 1, bias=False)
    del wider.sound
    before = weights_of(wider)
    with pytest.raises(ValueError, match="don't fit this TinyModel; build the model") as caught:
        load_checkpoint(tmp_path, wider)
    message = str(caught.value)
    assert "missing: extra.weight" in message
    assert "unexpected: sound.bias" in message
    assert "shape: image.0.weight is (4, 3, 3, 3), the model has (5, 3, 3, 3)" in message
    assert same(weights_of(wider), before)


def test_many_differences_are_cut_short():
    model = nn.Sequential(*[nn.Linear(1, 1) for _ in range(10)])
    with pytest.raises(ValueError, match="and 8 more"):
        checkpoint.load_state(model, {}, origin="nowhere")


@pytest.mark.parametrize("name", ["card.json", "model.safetensors"])
def test_missing_files(tmp_path, make_model, name):
    save_checkpoint(tmp_path, make_model(), ModelCard(model="TinyModel"))
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match=rf"{name} is missing"):
        load_checkpoint(tmp_path, make_model())


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"model": "A", "colour": "red"}'])
def test_unreadable_cards(tmp_path, text):
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ValueError, match="a model card"):
        read_card(tmp_path)


@dataclass(frozen=True)
class Config:
    width: int = 4


def test_a_card_describes_the_model(make_model):
    model = make_model()
    assert ModelCard.describing(model, step=3).config == {}
    model.config = Config()
    card = ModelCard.describing(model, step=3)
    assert (card.model, card.config, card.step) == ("TinyModel", {"width": 4}, 3)
    assert card.versions["torch"] == torch.__version__
    assert ModelCard.from_json(card.to_json()) == card


def test_a_card_describes_models_inside_of_the_model():
    torch.manual_seed(0)
    centre = VisualCentre(DCC(DCCConfig(num_clusters=3)))
    card = ModelCard.describing(Separator(SeparatorConfig(width=2), centre))
    assert card.config["width"] == 2
    assert card.parts.keys() == {"query.localizer"}
    assert card.parts["query.localizer"]["model"] == "DCC"
    assert card.parts["query.localizer"]["config"]["num_clusters"] == 3
    assert ModelCard.from_json(card.to_json()) == card
    assert "| Inside, query.localizer | DCC |" in card.to_markdown()


def test_a_card_for_readers():
    text = ModelCard(model="DCC", recipe="dcc", profile="book", metrics={"pointing": 0.88123}).to_markdown()
    assert text.startswith("# dcc book\n")
    assert "| pointing | 0.8812 |" in text
    assert "Configuration" not in text
