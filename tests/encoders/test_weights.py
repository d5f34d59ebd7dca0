"""Loading weights: complete or not at all, with readable refusals. All files are made here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from avlearn.download import sha256_of
from avlearn.encoders import (
    R2PLUS1D18_KINETICS,
    RESNET18_IMAGENET,
    VGG16_IMAGENET,
    VGGISH_AUDIOSET,
    XDC_WEIGHTS,
    BatchNormSettings,
    R2Plus1D18,
    WeightsCard,
    fetch_weights,
    load_weights,
    r2plus1d_18,
    resnet18,
    vgg16,
    vggish,
)


def net() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1))


def other_weights() -> dict[str, Tensor]:
    return {key: torch.randn_like(value.float()).to(value.dtype) for key, value in net().state_dict().items()}


def card_of(path: Path, **changes: object) -> WeightsCard:
    card = WeightsCard(
        name="made", source=path.as_uri(), sha256=sha256_of(path), encoder="net()", licence="none", paper="none"
    )
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
    with pytest.raises(FileNotFoundError, match=r"fetch_weights.* get it from https://.*/vgg16-397923af\.pth"):
        load_weights(net(), tmp_path / name, card=VGG16_IMAGENET)


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
    with pytest.raises(ValueError, match=r"expected 0000.*: they are deleted"):
        fetch_weights(card_of(origin, sha256="0" * 64), tmp_path / "folder")
    assert list((tmp_path / "folder").iterdir()) == []


def test_fetch_without_a_source_says_where_to_put_the_file(tmp_path: Path) -> None:
    origin = tmp_path / "origin.pth"
    torch.save(net().state_dict(), origin)
    card = card_of(origin)
    origin.rename(tmp_path / "moved.pth")
    place = tmp_path / "folder" / "origin.pth"
    with pytest.raises(ConnectionError) as refusal:
        fetch_weights(card, place.parent)
    assert f"can't get {card.source}" in str(refusal.value)
    assert f"put it at {place} (SHA-256 {card.sha256})" in str(refusal.value)
    (tmp_path / "moved.pth").rename(place)
    assert fetch_weights(card, place.parent) == place


@pytest.mark.parametrize(
    ("card", "rule"),
    [(R2PLUS1D18_KINETICS, "torchvision"), *((card, "vmz") for card in XDC_WEIGHTS.values())],
    ids=lambda value: value if isinstance(value, str) else value.file_name,
)
def test_cards_of_video_encoders_load_files_of_the_published_form(card: WeightsCard, rule: str, tmp_path: Path) -> None:
    """Names and shapes of both published forms are held by test_r2plus1d.py; here with the classifier."""
    target, trunk = video_encoder(rule).to_empty(device="cpu"), twos(video_encoder(rule))
    path = tmp_path / card.file_name
    torch.save(trunk | {"fc.weight": torch.zeros(400, 512), "fc.bias": torch.zeros(400)}, path)
    report = load_weights(target, path, card=replace(card, sha256=sha256_of(path)))
    assert all((value == 2).all() for value in target.state_dict().values())
    assert (set(report.taken), report.left_out, report.kept) == (set(trunk), ("fc.weight", "fc.bias"), ())


def test_the_other_rule_of_r2plus1d_is_refused(tmp_path: Path) -> None:
    """In each of three blocks two convolutions differ, and the four vectors of the batch norm between them."""
    path = tmp_path / "file.pth"
    torch.save(twos(video_encoder("vmz")), path)
    card = replace(XDC_WEIGHTS["r2plus1d_18_xdc_audioset"], sha256=sha256_of(path))
    with pytest.raises(ValueError, match="does not fit") as refusal:
        load_weights(video_encoder("torchvision", eps=1e-3), path, card=card)
    _, shapes, remedy = str(refusal.value).splitlines()
    assert shapes.startswith("  18 of another shape: layer2.0.conv2.0.0.weight (file (288, 128, 1, 3, 3), module (230,")
    assert remedy.startswith('The card is for r2plus1d_18("vmz"). ')


def video_encoder(rule: str, eps: float | None = None) -> R2Plus1D18:
    with torch.device("meta"):
        return r2plus1d_18(rule, eps=eps)


def twos(encoder: nn.Module) -> dict[str, Tensor]:
    """A state dict of 2s, which a file holds as a few numbers."""
    return {key: torch.tensor(2, dtype=value.dtype).expand(value.shape) for key, value in encoder.state_dict().items()}


def test_batch_norms_of_another_eps_are_refused(tmp_path: Path) -> None:
    module, path = net(), tmp_path / "weights.pth"
    torch.save(other_weights(), path)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    card = card_of(path, batch_norm=BatchNormSettings(eps=1e-3))
    with pytest.raises(
        ValueError, match=r"batch norm '1' has eps 1e-05, .* eps 0\.001, .*build the module with net\(\)"
    ):
        load_weights(module, path, card=card)
    for key, value in module.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
    module[1].eps = 1e-3
    load_weights(module, path, card=card)


def test_loading_says_what_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, weights = tmp_path / "weights.pth", other_weights()
    del weights["1.num_batches_tracked"]
    torch.save({f"trunk.{key}": value for key, value in weights.items()} | {"fc.bias": torch.zeros(1)}, path)
    card = card_of(path, key_map=(("trunk", ""),), leaves_out=("fc.*",), batch_norm=BatchNormSettings(eps=1e-5))
    report = load_weights(net(), path, card=card)
    said = capsys.readouterr().out
    assert said == f"{report}\n"
    assert said.splitlines()[:5] == [
        # 2 * 9 + 2 of the first convolution, 4 * 2 of the batch norm, 2 * 2 + 2 of the last convolution
        f"{path}: took 8 tensors, 34 numbers",
        "  8 renamed: " + ", ".join(f"trunk.{key} -> {key}" for key in weights),
        "  1 left out: fc.bias",
        "  1 kept, as the file lacks them: 1.num_batches_tracked",
        "  name: made",
    ]
    assert "  batch_norm: eps 1e-05, momentum 0.1" in said.splitlines()
    load_weights(net(), path, card=card, quiet=True)
    assert capsys.readouterr().out == ""


def test_key_map_of_the_caller_goes_before_that_of_the_card(tmp_path: Path) -> None:
    path, module = tmp_path / "weights.pth", nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    torch.save({"a.weight": torch.ones(1, 1), "a.bias": torch.ones(1), **module[1:].state_dict()}, path)
    card = card_of(path, key_map=(("a", "1"),))
    report = load_weights(module, path, card=card, key_map={"a": "0"})
    assert report.renamed == (("a.weight", "0.weight"), ("a.bias", "0.bias"))
    assert module[0].weight.item() == 1
