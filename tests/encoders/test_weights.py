"""Loading weights: complete or not at all, with readable refusals. All files are made here."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from avlearn.encoders import (
    RESNET18_IMAGENET,
    VGG16_IMAGENET,
    VGGISH_AUDIOSET,
    WeightsCard,
    fetch_weights,
    load_weights,
    resnet18,
    vgg16,
    vggish,
)

CARDS = [VGG16_IMAGENET, RESNET18_IMAGENET, VGGISH_AUDIOSET]


def net() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1))


def other_weights() -> dict[str, Tensor]:
    return {key: torch.randn_like(value.float()).to(value.dtype) for key, value in net().state_dict().items()}


def card_of(path: Path, **changes: object) -> WeightsCard:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    card = WeightsCard(name="made", source=path.as_uri(), sha256=digest, licence="none", paper="none")
    return replace(card, **changes)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_loads_every_value(tmp_path: Path, suffix: str) -> None:
    weights, module, path = other_weights(), net(), tmp_path / f"weights{suffix}"
    save_file(weights, path) if suffix == ".safetensors" else torch.save(weights, path)
    load_weights(module, path)
    for key, value in module.state_dict().items():
        torch.testing.assert_close(value, weights[key], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("card", "make", "head"),
    [
        (VGG16_IMAGENET, vgg16, {"classifier.0.weight": (2, 2), "classifier.6.bias": (2,)}),
        (RESNET18_IMAGENET, resnet18, {"fc.weight": (2, 2), "fc.bias": (2,)}),
        (VGGISH_AUDIOSET, vggish, {"embeddings.0.weight": (2, 2), "embeddings.4.bias": (2,)}),
    ],
)
def test_card_leaves_out_the_head_of_a_published_file(card, make, head, tmp_path: Path) -> None:
    source, target, path = make(), make(), tmp_path / "file.pth"
    torch.save(source.state_dict() | {key: torch.zeros(shape) for key, shape in head.items()}, path)
    load_weights(target, path, card=card_of(path, leaves_out=card.leaves_out))
    for key, value in target.state_dict().items():
        torch.testing.assert_close(value, source.state_dict()[key], rtol=0, atol=0)
    with pytest.raises(ValueError, match="2 unexpected in the file: " + min(head).replace(".", r"\.")):
        load_weights(target, path)


def test_key_map_renames_whole_parts_of_names(tmp_path: Path) -> None:
    """The audio net of Simplified_DMC: `conv1_a` is the stem, and `conv1` that of the other net."""
    source, target, path = resnet18(1), resnet18(1), tmp_path / "audio.pth"
    weights = source.state_dict()
    weights["conv1_a.weight"] = weights.pop("conv1.weight")
    weights["conv1.weight"] = torch.zeros(64, 3, 7, 7)
    torch.save(weights, path)
    load_weights(target, path, key_map={"conv1_a": "conv1"}, ignore=("conv1.*",))
    torch.testing.assert_close(target.conv1.weight, source.conv1.weight, rtol=0, atol=0)
    with pytest.raises(ValueError, match=r"two names of the file become 'conv1\.weight'"):
        load_weights(target, path, key_map={"conv1_a": "conv1"})


def test_key_map_takes_the_longest_beginning_and_may_drop_or_add_parts(tmp_path: Path) -> None:
    weights, module, path = other_weights(), net(), tmp_path / "weights.pth"
    torch.save({f"model.{key}": value for key, value in weights.items() if key != "2.bias"}, path)
    with pytest.raises(ValueError, match=r"1 missing in the file: 2\.bias"):
        load_weights(module, path, key_map={"model": ""})
    torch.save({f"model.{key.replace('2.bias', 'last')}": value for key, value in weights.items()}, path)
    load_weights(module, path, key_map={"model": "", "model.last": "2.bias"})
    torch.testing.assert_close(module[2].bias.data, weights["2.bias"], rtol=0, atol=0)


def test_refusal_lists_all_differences_and_changes_nothing(tmp_path: Path) -> None:
    module, path = net(), tmp_path / "weights.pth"
    before = {key: value.clone() for key, value in module.state_dict().items()}
    weights = other_weights() | {"0.weight": torch.zeros(2, 3, 3, 3)}
    weights["3.weight"] = weights.pop("2.weight")
    torch.save(weights, path)
    with pytest.raises(ValueError, match="does not fit") as refusal:
        load_weights(module, path)
    assert str(refusal.value).splitlines() == [
        f"{path} does not fit:",
        "  1 missing in the file: 2.weight",
        "  1 unexpected in the file: 3.weight",
        "  1 of another shape: 0.weight (file (2, 3, 3, 3), module (2, 1, 3, 3))",
        "Rename with key_map, or leave out by name with ignore.",
    ]
    for key, value in module.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)


def test_refusal_shows_ten_names_of_a_kind(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(net().state_dict() | {f"extra.{i:02d}": torch.zeros(1) for i in range(13)}, path)
    with pytest.raises(ValueError, match=r"13 unexpected in the file: extra\.00, .*extra\.09, and 3 more"):
        load_weights(net(), path)


def test_old_files_may_lack_batch_counters_and_nothing_else(tmp_path: Path) -> None:
    weights, module, path = other_weights(), net(), tmp_path / "weights.pth"
    del weights["1.num_batches_tracked"]
    torch.save(weights, path)
    load_weights(module, path)
    assert module[1].num_batches_tracked == 0
    del weights["1.running_mean"]
    torch.save(weights, path)
    with pytest.raises(ValueError, match=r"1 missing in the file: 1\.running_mean"):
        load_weights(module, path)


def test_another_file_than_that_of_the_card(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(net().state_dict(), path)
    card = card_of(path)
    load_weights(net(), path, card=replace(card, sha256=card.sha256[:8]))
    with pytest.raises(ValueError, match=r"SHA-256 .* says 00000000: delete the file and get it from file://"):
        load_weights(net(), path, card=replace(card, sha256="00000000"))


class Payload:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("must_not_exist"),))


def test_runs_no_code_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(Payload(), tmp_path / "weights.pth")
    with pytest.raises(ValueError, match="not a file of weights"):
        load_weights(net(), tmp_path / "weights.pth")
    assert not (tmp_path / "must_not_exist").exists()


@pytest.mark.parametrize("name", ["broken.pth", "broken.safetensors"])
@pytest.mark.parametrize("content", [b"", b"<html>404</html>"])
def test_broken_files(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"broken.* is not a file of weights .*download it again"):
        load_weights(net(), tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"state_dict": {"a": torch.zeros(1)}, "epoch": 3},
            "more than tensors: state_dict, epoch; save",
        ),
        ({0: torch.zeros(1)}, "more than tensors: 0"),
        ([torch.zeros(1)], "holds a list, expected a state dict"),
    ],
)
def test_files_that_hold_something_else(tmp_path: Path, content: object, message: str) -> None:
    torch.save(content, tmp_path / "weights.pth")
    with pytest.raises(ValueError, match=message):
        load_weights(net(), tmp_path / "weights.pth")


@pytest.mark.parametrize("name", ["absent.pth", "absent.safetensors"])
def test_absent_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        load_weights(net(), tmp_path / name)


def test_fetch_copies_once_and_checks(tmp_path: Path) -> None:
    origin = tmp_path / "origin.pth"
    torch.save(net().state_dict(), origin)
    card, folder = card_of(origin), tmp_path / "new" / "folder"
    path = fetch_weights(card, folder)
    assert path == folder / "origin.pth"
    assert path.read_bytes() == origin.read_bytes()
    origin.unlink()
    assert fetch_weights(card, folder) == path
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match="delete the file"):
        fetch_weights(card, folder)


def test_fetch_refuses_another_file_and_leaves_none(tmp_path: Path) -> None:
    origin = tmp_path / "origin.pth"
    torch.save(net().state_dict(), origin)
    with pytest.raises(RuntimeError, match="invalid hash value"):
        fetch_weights(card_of(origin, sha256="0" * 64), tmp_path / "folder")
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.file_name)
def test_published_file_names_hold_the_beginning_of_their_hash(card: WeightsCard) -> None:
    assert card.file_name.endswith(f"-{card.sha256}.pth")
    assert (card.normalization is None) != (card.sample_rate is None)
    assert f"sha256: {card.sha256}" in str(card).splitlines()
    assert f"paper: {card.paper}" in str(card).splitlines()


@pytest.mark.parametrize("sha256", ["", "abc", "XYZ12345", "ABCDEF01"])
def test_card_refuses_a_hash_that_is_none(sha256: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        replace(VGG16_IMAGENET, sha256=sha256)
