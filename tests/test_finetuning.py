from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from avlearn.audio import LogMel
from avlearn.data.unpacked import read_manifest
from avlearn.encoders import ImageNormalize, small_audio, small_image, small_video
from avlearn.finetuning import ON_VIDEOS, answers, evaluate, finetune, part_of
from avlearn.models.clip_classifier import ClipClassifier
from avlearn.tasks.descriptors import View
from avlearn.training import TrainSettings

FEW = TrainSettings(
    steps=8, batch_size=4, learning_rate=1e-2, pool=8, precision="32-true", channels_last=False, flip=False
)


class Network(nn.Module):
    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        self.frontend, self.normalize = LogMel("small"), ImageNormalize("small")
        self.encoders = nn.ModuleDict(parts)
        self.view = View(size=16, frames=4, frame_rate=8.0)


def network(seed: int = 0) -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Network(audio=small_audio(8, width=2), video=small_video(8, width=4))


def test_videos_in_the_official_layout(made, tmp_path):
    manifest = read_manifest("ucf101", made.ucf101(tmp_path))
    (tmp_path / "UCF-101" / "Archery" / "v_Archery_g04_c01.avi").write_bytes(b"no video")
    manifest = replace(manifest, splits=manifest.splits[:2])
    result = evaluate(manifest, network(), FEW)
    assert [(split["split"], split["train"], split["test"]) for split in result["splits"]] == [
        ("split 1", 5, 2),
        ("split 2", 5, 2),
    ]
    assert (result["data"]["broken"], list(result["data"]["first_broken"])) == (1, ["Archery/v_Archery_g04_c01.avi"])
    assert result["accuracy"] == pytest.approx(sum(split["accuracy"] for split in result["splits"]) / 2)


def test_colours_are_learnt_and_the_model_stays_as_it_is(made, tmp_path):
    manifest = read_manifest("ucf101", made.ucf101(tmp_path)).present()
    model = network()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    part = part_of(manifest, model)
    settings = replace(FEW, steps=60, learning_rate=3e-3)
    classifier = finetune(manifest, manifest.splits[0], part, settings, device="cpu")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    rows = manifest.splits[0].test
    found = answers(classifier, [part.test(manifest.clips[row].path) for row in rows])
    assert found.tolist() == [manifest.clips[row].labels[0] for row in rows]


def test_sounds_are_decoded_once(made, tmp_path, monkeypatch):
    from avlearn import finetuning

    manifest = read_manifest("esc50", made.esc50(tmp_path))
    read: list[str] = []
    original = finetuning.sound_windows
    monkeypatch.setattr(
        finetuning,
        "sound_windows",
        lambda path, *args, **words: (read.append(path.name), original(path, *args, **words))[1],
    )
    result = evaluate(replace(manifest, splits=manifest.splits[:1]), network(), replace(FEW, steps=2))
    assert sorted(read) == sorted(clip.name for clip in manifest.clips)
    assert 0 <= result["accuracy"] <= 1
    assert result["deviation"] is None


def test_answers_are_by_the_mean_softmax():
    class Given(nn.Module):
        out_dim = 1

        def forward(self, x):
            return x[:, None, None]

    classifier = ClipClassifier(nn.Identity(), Given(), field="waveform", classes=2, labels=torch.tensor([0]))
    with torch.no_grad():
        classifier.head.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        classifier.head.bias.zero_()
    # Log-odds (x, 0): one window is very sure of class 0, two are somewhat sure of class 1
    windows = torch.tensor([[4.0], [-3.0], [-3.0]])
    assert answers(classifier, [windows, -windows]).tolist() == [1, 0]


def test_what_cannot_be_finetuned_is_named(made, tmp_path):
    videos = read_manifest("ucf101", made.ucf101(tmp_path, videos=False))
    with pytest.raises(ValueError, match="a Network has no normalize with an encoder of video"):
        part_of(videos, Network(image=small_image()))
    with pytest.raises(ValueError, match="none of the 8 files of ucf101 is there"):
        evaluate(videos, network(), FEW)
    pictures = read_manifest("voc2007", made.voc2007(tmp_path))
    with pytest.raises(ValueError, match="voc2007 holds pictures"):
        part_of(pictures, network())
    assert ON_VIDEOS.flip
