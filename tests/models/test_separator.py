"""The separator: published sizes, what a step promises, that it learns, and who gets gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from avlearn.audio import STFT_PRESETS, apply_masks, ratio_masks, to_spectrum
from avlearn.data import MixBatch, mix_and_separate
from avlearn.metrics import si_sdr
from avlearn.models import SOUND_OF_PIXELS, Separator, SeparatorConfig
from avlearn.training import TrainSettings, fit, load_checkpoint
from avlearn.types import AVBatch, Method

RATE, SAMPLES = 16_000, 4000
TINY = SeparatorConfig(levels=2, width=4, maps=4)
VARIANTS = [
    replace(TINY, conditioning=conditioning, mask=mask, loss=loss)
    for conditioning, mask, loss in product(("mixer", "film", "synthesizer"), ("ratio", "binary"), ("snr", "bce", "l1"))
]


def named(config: SeparatorConfig) -> str:
    return f"{config.conditioning}-{config.mask}-{config.loss}"


class Colour(nn.Module):
    """A localizer that sees nothing but the mean colour, with weights and a batch norm that have to stay frozen.

    Its vectors for red and blue are nearly parallel, as those of trained encoders often are.
    """

    out_dim = 2

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.head = nn.Linear(3, 2)
        self.head.weight.data = torch.tensor([[0.0, 0.0, 0.1], [0.1, 0.0, 0.0]])
        self.head.bias.data = torch.ones(2)

    def forward(self, batch: AVBatch) -> Tensor:
        return self.head(self.norm(batch.frames.float().mean((2, 3, 4)) / 255))


def low_and_high(scenes: int = 6, seed: int = 0) -> AVBatch:
    """Red pictures hum, blue ones whistle."""
    generator = torch.Generator().manual_seed(seed)
    high = torch.arange(scenes) % 2
    pitch = torch.where(high.bool(), 2500.0, 300.0) * (1 + 0.3 * torch.rand(scenes, generator=generator))
    time = torch.arange(SAMPLES) / RATE
    frames = torch.zeros(scenes, 3, 1, 4, 4, dtype=torch.uint8)
    frames[torch.arange(scenes), 2 * high] = 255
    waveform = 0.1 * torch.sin(2 * math.pi * pitch[:, None] * time)
    return AVBatch(frames=frames, waveform=waveform, sample_rate=RATE, frame_rate=1.0, index=torch.arange(scenes))


def build(config: SeparatorConfig = TINY) -> Separator:
    torch.manual_seed(0)
    return Separator(config, Colour().eval())


def test_published_sizes() -> None:
    model = Separator(SOUND_OF_PIXELS, Colour()).eval()
    assert (model.stft.sample_rate, model.unet.levels, model.unet.deepest, model.config.maps) == (
        11_025,
        7,
        512,
        32,
    )
    with torch.no_grad():
        assert model.masks(torch.randn(1, 65_535), torch.randn(1, 2, 2)).shape == (1, 2, 512, 256)


def test_small_sizes() -> None:
    model = Separator(SeparatorConfig(), Colour()).eval()
    sound, queries = 0.1 * torch.randn(2, RATE), torch.randn(2, 3, 2)
    assert model.masks(sound, queries).shape == (2, 3, 512, 63)
    assert model.separate(sound, queries).shape == (2, 3, RATE)


@pytest.mark.parametrize("config", VARIANTS, ids=named)
def test_a_step_gives_gradients_to_the_separator_alone(config: SeparatorConfig) -> None:
    query = Colour().train()
    model = Separator(config, query).train()
    before = {name: value.clone() for name, value in model.state_dict().items() if name.startswith("query.")}
    output = model.step(low_and_high())
    output.loss.backward()
    assert all(parameter.grad is None for parameter in (*model.query.parameters(), *query.parameters()))
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.unet.parameters())
    assert any(p.grad is not None and p.grad.any() for p in model.ask.parameters())
    after = model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert all(p.requires_grad for p in query.parameters())
    assert query.training


@pytest.mark.parametrize("config", VARIANTS, ids=named)
def test_logs_tell_loss_and_chance(config: SeparatorConfig) -> None:
    output = build(config).train().step(low_and_high())
    logs = output.logs
    assert logs.keys() == {"loss", "chance/loss", "mask/accuracy", "chance/accuracy"}
    assert logs["loss"] == pytest.approx(float(output.loss.detach()))
    assert 0.5 <= logs["chance/accuracy"] <= 0.75
    assert isinstance(build(config), Method)


def test_loss_equals_the_published_formula() -> None:
    """Mean over sources and cells of clamp(log1p(mixture), 1e-3, 10) times the cross-entropy."""
    model = build(replace(TINY, mask="binary", loss="bce")).eval()
    torch.manual_seed(3)
    loss = model.step(low_and_high()).logs["loss"]
    torch.manual_seed(3)
    mixed = mix_and_separate(low_and_high(), generator=torch.default_generator, gains=(1.0, 1.0))
    heard = model._hear(mixed)
    mixture, target = heard.mixture, heard.target
    mask = torch.sigmoid(model.logits(mixture, model.queries(mixed))).double()
    cross_entropy = -(target * mask.log() + (1 - target) * (1 - mask).log())
    weight = mixture.double().log1p().clamp(1e-3, 10)[:, None]
    assert loss == pytest.approx(float((weight * cross_entropy).mean().detach()), rel=1e-4)
    assert torch.equal(target.sum(1), torch.ones_like(mixture))


@pytest.mark.parametrize("config", VARIANTS, ids=named)
def test_training_lowers_the_loss_below_chance(config: SeparatorConfig) -> None:
    model, batch = build(config).train(), low_and_high()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
    history = []
    for _ in range(12):
        output = model.step(batch)
        optimizer.zero_grad()
        output.loss.backward()
        optimizer.step()
        history.append(output.logs)
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[-1]["loss"] < history[-1]["chance/loss"]


def test_a_trained_separator_answers_its_query() -> None:
    model = build(replace(TINY, levels=3)).train()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
    for step in range(60):
        loss = model.step(low_and_high(seed=step)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    fresh = low_and_high(seed=999)
    parts = fresh.waveform.reshape(3, 2, SAMPLES)
    mixture = parts.sum(1)
    with torch.no_grad():
        queries = model.query(fresh).reshape(3, 2, 2)
        right, wrong = (model.separate(mixture, q, shared=True) for q in (queries, queries.flip(1)))
    trivial = si_sdr(mixture[:, None].expand_as(parts), parts)
    assert (si_sdr(right, parts) - trivial).mean() > 5
    assert (si_sdr(wrong, parts) - trivial).mean() < 0


def test_ideal_masks_leave_the_separator_room_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle: with the true masks two tones gain more than 10 decibels, on the log-frequency axis too."""
    config = STFT_PRESETS["small"]
    parts = low_and_high(2).waveform[None]
    model, mixture = build(), parts.sum(1)
    mixed = mix_and_separate(low_and_high(2), generator=torch.Generator().manual_seed(0), gains=(1.0, 1.0))
    target = model._hear(mixed).target
    monkeypatch.setattr(model, "logits", lambda magnitude, queries: torch.logit(target[:1], eps=1e-6))
    on_log_axis = model.separate(mixed.waveform[:1], torch.zeros(1, 2, 2), shared=True)
    ideal = ratio_masks(to_spectrum(parts[0], config).abs()[None])
    trivial = float(si_sdr(mixture[:, None].expand_as(parts), parts).mean())
    assert float(si_sdr(apply_masks(ideal, mixture, config), parts).mean()) - trivial > 10
    assert float(si_sdr(on_log_axis, mixed.parts[:1]).mean()) - trivial > 10


@pytest.mark.parametrize("config", VARIANTS[::2], ids=named)
@pytest.mark.parametrize("sources", [2, 3])
def test_shared_sounds_sum_to_the_mixture(config: SeparatorConfig, sources: int) -> None:
    model = build(config).eval()
    mixture, queries = 0.1 * torch.randn(2, SAMPLES), torch.randn(2, sources, 2)
    with torch.no_grad():
        masks = model.masks(mixture, queries, shared=True)
        stems = model.separate(mixture, queries, shared=True)
    torch.testing.assert_close(masks.sum(1), torch.ones(2, 512, 16))
    torch.testing.assert_close(stems.sum(1), mixture, rtol=0, atol=1e-5)


@pytest.mark.parametrize("config", VARIANTS[::2], ids=named)
def test_unshared_answers_do_not_depend_on_the_other_queries(config: SeparatorConfig) -> None:
    model = build(config).eval()
    mixture, queries = 0.1 * torch.randn(1, SAMPLES), torch.randn(1, 2, 2)
    with torch.no_grad():
        both = model.masks(mixture, queries)
        alone = model.masks(mixture, queries[:, 1:])
    torch.testing.assert_close(both[:, 1:], alone)
    assert both.min() >= 0
    assert both.max() <= 1
    if config.mask == "binary":
        assert ((both == 0) | (both == 1)).all()


def test_training_never_reads_the_truth_and_equal_seeds_give_equal_steps() -> None:
    losses = []
    for batch in (low_and_high(), low_and_high().without_truth()):
        model = build().train()
        torch.manual_seed(5)
        losses.append(model.step(batch).loss)
    assert torch.equal(*losses)


class Colours:
    """Scenes for the training loop."""

    def batch(self, indices: Sequence[int], *, truth: bool = True) -> AVBatch:
        return low_and_high(max(indices) + 1)[torch.tensor(indices)]


def test_trains_in_the_loop_and_its_checkpoint_holds_the_query_too(tmp_path: Path) -> None:
    model = build()
    query = {name: value.clone() for name, value in model.query.state_dict().items()}
    fit(model, Colours(), TrainSettings(steps=3, batch_size=4, pool=8), out=tmp_path, device="cpu")
    assert all(torch.equal(value, query[name]) for name, value in model.query.state_dict().items())
    other = Colour()
    other.head.bias.data += 1
    again = Separator(TINY, other)
    card = load_checkpoint(tmp_path, again)
    assert SeparatorConfig(**card.config) == TINY
    mixture, vectors = 0.1 * torch.randn(1, SAMPLES), model.query(low_and_high(2))[None]
    assert torch.equal(again.query(low_and_high(2))[None], vectors)
    assert torch.equal(again.eval().separate(mixture, vectors), model.separate(mixture, vectors))


def test_silence_has_a_finite_loss_and_silent_parts() -> None:
    model, batch = build().train(), low_and_high()
    loss = model.step(replace(batch, waveform=torch.zeros_like(batch.waveform))).loss
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(p.grad).all() for p in model.unet.parameters())
    assert not model.eval().separate(torch.zeros(1, SAMPLES), torch.randn(1, 2, 2)).any()


def test_a_query_may_be_any_callable() -> None:
    class Constant:
        out_dim = 2

        def __call__(self, batch: AVBatch) -> Tensor:
            return torch.ones(len(batch), 2)

    model = Separator(TINY, Constant()).train()
    assert torch.isfinite(model.step(low_and_high()).loss)
    assert not any(name.startswith("query") for name in model.state_dict())


def test_the_query_hears_the_mixture_and_never_the_part() -> None:
    heard = []

    class Listener:
        out_dim = 2

        def __deepcopy__(self, memo: dict[int, object]) -> Listener:
            return self

        def __call__(self, batch: AVBatch) -> Tensor:
            heard.append(batch)
            return torch.ones(len(batch), 2)

    batch = low_and_high(2)
    Separator(TINY, Listener()).eval().step(batch)
    expected = batch.waveform.mean(0)
    assert len(heard[0]) == 4
    for sound in heard[0].waveform:
        torch.testing.assert_close(sound, expected)


def test_refuses_what_it_was_not_made_for() -> None:
    model = build()
    with pytest.raises(ValueError, match="8000 Hz; this model hears 16000 Hz"):
        model.step(replace(low_and_high(), sample_rate=8000))
    with pytest.raises(ValueError, match="the batch has 1 scenes"):
        model.step(low_and_high(1))
    with pytest.raises(ValueError, match="a single query would get the whole mixture"):
        model.separate(torch.zeros(1, SAMPLES), torch.ones(1, 1, 2), shared=True)
    with pytest.raises(ValueError, match="unknown preset 'large'"):
        build(replace(TINY, stft="large"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"levels": 0}, "levels, width, maps and hidden must be positive"),
        ({"sources": 1}, "sources at least 2"),
        ({"lowest_gain": 2.0}, "gains are 2.0 to 1.5"),
    ],
)
def test_refuses_nonsense_settings(changes: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(TINY, **changes)


def test_refuses_unknown_names() -> None:
    config = object.__new__(SeparatorConfig)  # the type checker of the tests would object first
    object.__setattr__(config, "conditioning", "attention")
    with pytest.raises(ValueError, match="conditioning is 'attention'; choose one of mixer, synthesizer, film"):
        config.__post_init__()


@pytest.mark.parametrize("samples", [600, 4000, 9001])
def test_parts_sounds_of_any_length(samples: int) -> None:
    model = build().eval()
    sound, queries = 0.1 * torch.randn(2, samples), torch.randn(2, 3, 2)
    with torch.no_grad():
        assert model.separate(sound, queries).shape == (2, 3, samples)
        torch.testing.assert_close(model.separate(sound, queries, shared=True).sum(1), sound, rtol=0, atol=1e-5)


def test_refuses_sounds_that_have_no_spectrum() -> None:
    with pytest.raises(ValueError, match=r"shape \(1, 100\), expected at least 1 sound of 512 samples"):
        build().separate(torch.zeros(1, 100), torch.randn(1, 2, 2))


def test_a_query_that_knows_mixtures_is_spared_the_repetitions() -> None:
    class Sparing(Colour):
        def of_mixtures(self, mixed: MixBatch) -> Tensor:
            return torch.full((*mixed.rows.shape, 2), 3.0)

    model = Separator(TINY, Sparing().eval())
    mixed = mix_and_separate(low_and_high(), generator=torch.Generator().manual_seed(0))
    assert torch.equal(model.queries(mixed), torch.full((6, 2, 2), 3.0))
