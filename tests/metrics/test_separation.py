"""Measures of separation: against mir_eval and torchmetrics, by hand, and what never changes them."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.functional.audio import signal_distortion_ratio

from avlearn.data import DIFFICULTIES, World
from avlearn.metrics.separation import CEILING, bss_eval, score, score_all, si_sdr

SAMPLES = 1500


def sounds(rows: int = 1, sources: int = 2, samples: int = SAMPLES, seed: int = 0) -> Tensor:
    """Noise of different colours."""
    white = torch.randn(rows, sources, samples + 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return 0.1 * torch.stack([white[:, i].unfold(-1, 1 + 3 * i, 1).mean(-1)[:, :samples] for i in range(sources)], 1)


def imperfect(parts: Tensor) -> Tensor:
    noise = 0.02 * torch.randn(parts.shape, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    return 0.7 * parts.roll(3, -1) + 0.2 * parts.flip(1) + noise


def mir_eval_sources(estimate: Tensor, reference: Tensor) -> list[np.ndarray]:
    separation = pytest.importorskip("mir_eval.separation")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the module is deprecated; it made the published numbers
        rows = [
            separation.bss_eval_sources(r.numpy(), e.numpy(), compute_permutation=False)[:3]
            for e, r in zip(estimate, reference, strict=True)
        ]
    return [np.stack(values) for values in zip(*rows, strict=True)]


def slow_si_sdr(estimate: list[float], reference: list[float]) -> float:
    dot = sum(e * r for e, r in zip(estimate, reference, strict=True))
    factor = dot / sum(r * r for r in reference)
    target = sum((factor * r) ** 2 for r in reference)
    noise = sum((e - factor * r) ** 2 for e, r in zip(estimate, reference, strict=True))
    return 10 * math.log10(target / noise)


def slow_bss_eval(estimate: Tensor, references: Tensor, own: int, taps: int = 512) -> tuple[float, float, float]:
    """Least squares on the delayed references themselves."""
    length = estimate.shape[0] + taps - 1
    delayed = [np.stack([np.pad(r, (d, taps - 1 - d)) for d in range(taps)], 1) for r in references.numpy()]
    padded = np.pad(estimate.numpy(), (0, length - len(estimate)))
    own_part = delayed[own] @ np.linalg.lstsq(delayed[own], padded)[0]
    explained = np.hstack(delayed) @ np.linalg.lstsq(np.hstack(delayed), padded)[0]
    interference, artefacts = explained - own_part, padded - explained
    ratios = [(own_part, interference + artefacts), (own_part, interference), (explained, artefacts)]
    sdr, sir, sar = (10 * math.log10(float(np.sum(a**2) / np.sum(b**2))) for a, b in ratios)
    return sdr, sir, sar


def test_equals_mir_eval_on_noise() -> None:
    parts = sounds(2)
    for ours, theirs in zip(bss_eval(imperfect(parts), parts), mir_eval_sources(imperfect(parts), parts), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=0, atol=1e-6)


def test_equals_mir_eval_on_sounds_of_the_world() -> None:
    """To 0.01 decibels: tonal sounds make both programs solve nearly singular equations."""
    stems = World(DIFFICULTIES["noisy"], seed=3).batch(range(2)).waveform[:, :4000].double()[None]
    ours, theirs = bss_eval(imperfect(stems), stems), mir_eval_sources(imperfect(stems), stems)
    for mine, yours in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.numpy(), yours, rtol=0, atol=0.01)


def test_equals_least_squares_by_hand() -> None:
    parts = sounds(1, 2, 700)
    estimate = imperfect(parts)
    ours = [float(values[0, 1]) for values in bss_eval(estimate, parts)]
    assert ours == pytest.approx(slow_bss_eval(estimate[0, 1], parts[0], own=1), abs=1e-6)


def test_sdr_is_that_of_torchmetrics_and_si_sdr_that_of_one_tap() -> None:
    parts = sounds()
    estimate = imperfect(parts)
    torch.testing.assert_close(bss_eval(estimate, parts)[0], signal_distortion_ratio(estimate, parts))
    torch.testing.assert_close(si_sdr(estimate, parts), signal_distortion_ratio(estimate, parts, filter_length=1))


def test_si_sdr_equals_the_formula() -> None:
    parts = sounds(1, 2, 50)
    estimate = imperfect(parts)
    expected = [slow_si_sdr(e, r) for e, r in zip(estimate[0].tolist(), parts[0].tolist(), strict=True)]
    assert si_sdr(estimate, parts)[0].tolist() == pytest.approx(expected, abs=1e-9)


def test_known_ratios() -> None:
    time = torch.arange(1000, dtype=torch.float64) / 1000
    one, other = torch.sin(2 * math.pi * 50 * time), torch.sin(2 * math.pi * 120 * time)
    assert float(si_sdr((one + other)[None, None], one[None, None])) == pytest.approx(0, abs=1e-9)
    assert float(si_sdr((one + 0.1 * other)[None, None], one[None, None])) == pytest.approx(20, abs=1e-9)


def test_perfect_and_worthless_estimates_stay_within_the_ceiling() -> None:
    parts = sounds()
    perfect = score(parts, parts, parts.sum(1))
    assert all((perfect[name] == CEILING).all() for name in ("si_sdr", "sdr", "sir", "sar"))
    swapped = score(parts.flip(1), parts, parts.sum(1))
    assert (swapped["sir"] < -3).all()
    assert (swapped["sar"] == CEILING).all()
    assert all(torch.isfinite(values).all() for values in swapped.values())


@pytest.mark.parametrize("factor", [1e-20, -3.0, 1e20])
def test_loudness_and_sign_of_an_estimate_do_not_count(factor: float) -> None:
    parts = sounds(1)
    plain, louder = (score(imperfect(parts) * f, parts, parts.sum(1)) for f in (1.0, factor))
    for name in plain:
        torch.testing.assert_close(louder[name], plain[name], rtol=0, atol=1e-6)


def test_bss_eval_forgives_a_delay_and_si_sdr_does_not() -> None:
    parts = sounds()
    later = torch.nn.functional.pad(parts, (20, 0))[..., :SAMPLES]
    assert (bss_eval(later, parts)[0] > 15).all()
    assert (si_sdr(later, parts) < 0).all()


def test_the_mixture_gains_nothing_over_itself() -> None:
    parts = sounds()
    mixture = parts.sum(1)
    scores = score(mixture[:, None].expand_as(parts), parts, mixture)
    for name in ("si_sdr", "sdr", "sir"):
        assert torch.equal(scores[f"{name}_gain"], torch.zeros(1, 2, dtype=torch.float64))
        assert torch.equal(scores[name], scores[f"mixture/{name}"])


def test_several_estimates_score_as_each_alone() -> None:
    torch.manual_seed(0)
    parts = torch.randn(2, 2, 1500)
    estimates = {"one": parts + 0.2 * torch.randn(2, 2, 1500), "two": parts.flip(1) + 0.5 * parts}
    found = score_all(estimates, parts, parts.sum(1))
    for name, estimate in estimates.items():
        for measure, values in score(estimate, parts, parts.sum(1)).items():
            torch.testing.assert_close(found[name][measure], values)
    quick = score_all(estimates, parts, parts.sum(1), filters=False)
    assert quick["one"].keys() == {"si_sdr", "mixture/si_sdr", "si_sdr_gain"}
    assert torch.equal(quick["two"]["si_sdr"], found["two"]["si_sdr"])
    with pytest.raises(ValueError, match="no estimates"):
        score_all({}, parts, parts.sum(1))


def test_gain_is_the_difference_from_the_mixture() -> None:
    parts = sounds(1, 3)
    scores = score(imperfect(parts).float(), parts.float(), parts.sum(1).float())
    for name in ("si_sdr", "sdr", "sir"):
        torch.testing.assert_close(scores[f"{name}_gain"], scores[name] - scores[f"mixture/{name}"])
    assert scores["sar"].shape == (1, 3)
    assert scores["sar"].dtype == torch.float64


def test_sources_that_repeat_each_other_are_no_interference() -> None:
    twin = sounds(1, 1).expand(1, 2, SAMPLES)
    _, sir, sar = bss_eval(twin + 0.1 * sounds(1, 2, seed=5), twin)
    assert (sir > 60).all()
    assert (sar < 40).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e, r, m: (e[:, :1], r, m), r"the estimate is \(2, 1, 1500\), the reference \(2, 2, 1500\)"),
        (lambda e, r, m: (e, r, m[:, :-1]), r"the mixture is \(2, 1499\)"),
        (lambda e, r, m: (e, r, m[:1]), "one mixture of the same length for each row"),
        (lambda e, r, m: (e * math.nan, r, m), "the estimate has NaN or infinite samples"),
        (lambda e, r, m: (e, r * math.inf, m), "the reference has NaN or infinite samples"),
        (lambda e, r, m: (e, r * torch.tensor([1.0, 0.0])[:, None], m), r"reference is silent at .* \[\[0, 1\], \[1"),
        (lambda e, r, m: (e * 0, r, m), "the estimate is silent at"),
        (lambda e, r, m: (e, r, m * 0), "the mixture is silent at"),
        (lambda e, r, m: (e[:0], r[:0], m[:0]), "none empty"),
        (lambda e, r, m: (e[..., :300], r[..., :300], m[..., :300]), "300 samples, fewer than the filter of 512"),
    ],
)
def test_refuses_what_has_no_score(change, said: str) -> None:
    parts = sounds(2)
    with pytest.raises(ValueError, match=said):
        score(*change(imperfect(parts), parts, parts.sum(1)))
