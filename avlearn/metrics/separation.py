"""How well sounds were parted: SI-SDR, and SDR, SIR and SAR of BSS Eval, with their gain over the mixture.

All take (B, M, S): B mixtures of M sources with S samples each. Estimates stand in the order of their references; no
permutation is sought, because a query says which source is meant. All is computed in float64 and in decibels.

SI-SDR and SDR come from torchmetrics. It has no SIR and SAR, and mir_eval, which published results used, gives its
separation module up; so these two are derived here from the same projections, and equal mir_eval's.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float, Float64
from torch import Tensor

FILTER_TAPS = 512
"""BSS Eval forgives any filter of this many samples (Vincent et al., 2006; `bss_eval_sources` of mir_eval)."""
CEILING = 100.0
"""Decibels at which all measures are cut, above and below: beyond it rounding decides."""


# Any tensor may come in: refusing it with a readable message is the duty of _check.
def score(estimate: Tensor, reference: Tensor, mixture: Tensor) -> dict[str, Float64[Tensor, "B M"]]:
    """Every measure of every source, beside that of the mixture taken as the estimate, and the gain over it.

    Args:
        estimate: (B, M, S) separated waveforms; of any loudness, none silent.
        reference: (B, M, S) true parts, none silent.
        mixture: (B, S), what was separated: the trivial answer to every query.

    Returns:
        `si_sdr`, `sdr`, `sir`, `sar`; `mixture/si_sdr`, `mixture/sdr`, `mixture/sir`; `si_sdr_gain`, `sdr_gain`,
        `sir_gain`. A mixture has no artefacts, so there is no gain of the SAR.

    Raises:
        ValueError: shapes that don't go together, NaN or infinite samples, silence.

    Example:
        >>> parts = torch.randn(1, 2, 4000, generator=torch.Generator().manual_seed(0))
        >>> scores = score(parts, parts, parts.sum(1))
        >>> scores["sir"], scores["mixture/sir"].round()
        (tensor([[100., 100.]], dtype=torch.float64), tensor([[1., 1.]], dtype=torch.float64))
    """
    return score_all({"estimate": estimate}, reference, mixture)["estimate"]


def score_all(
    estimates: Mapping[str, Tensor], reference: Tensor, mixture: Tensor, *, filters: bool = True
) -> dict[str, dict[str, Float64[Tensor, "B M"]]]:
    """The scores of several estimates of the same parts, in less time than one by one.

    Args:
        estimates: each as in `score`.
        reference: as in `score`.
        mixture: as in `score`.
        filters: whether SDR, SIR and SAR are asked for, which take nearly all of the time.

    Returns:
        What `score` returns, for each name.

    Raises:
        ValueError: as `score`, or no estimates.
    """
    if not estimates:
        raise ValueError("there are no estimates to score; give at least one")
    for name, estimate in estimates.items():
        _check(estimate, reference, name)
    if mixture.shape != reference[:, 0].shape:
        raise ValueError(f"the mixture is {tuple(mixture.shape)}, the references are {tuple(reference.shape)}; "
                         "give one mixture of the same length for each row")  # fmt: skip
    trivial = mixture[:, None].expand_as(reference)
    _check(trivial, reference, "mixture")
    # Together, because the equations of the references are the same for all
    together = torch.cat([*estimates.values(), trivial], 1)
    own = torch.cat([reference] * (len(estimates) + 1), 1)
    measures = {"si_sdr": _si_sdr(together, own), **(_bss_eval(together, own, reference) if filters else {})}
    parts = [
        dict(zip(measures, values, strict=True))
        for values in zip(*(values.chunk(len(estimates) + 1, 1) for values in measures.values()), strict=True)
    ]
    baseline = {name: values for name, values in parts.pop().items() if name != "sar"}
    return {name: _beside(found, baseline) for name, found in zip(estimates, parts, strict=True)}


def si_sdr(estimate: Float[Tensor, "B M S"], reference: Float[Tensor, "B M S"]) -> Float64[Tensor, "B M"]:
    """Scale-invariant signal-to-distortion ratio (Le Roux et al., 2019): only a factor is forgiven.

    Raises:
        ValueError: as `score`.

    Example:
        >>> reference = torch.tensor([[[3.0, -0.5, 2.0, 7.0]]])
        >>> si_sdr(torch.tensor([[[2.5, 0.0, 2.0, 8.0]]]), reference)
        tensor([[18.4030]], dtype=torch.float64)
    """
    _check(estimate, reference, "estimate")
    return _si_sdr(estimate, reference)


def bss_eval(
    estimate: Float[Tensor, "B M S"], reference: Float[Tensor, "B M S"]
) -> tuple[Float64[Tensor, "B M"], Float64[Tensor, "B M"], Float64[Tensor, "B M"]]:
    """SDR, SIR and SAR of BSS Eval version 3, as `mir_eval.separation.bss_eval_sources` without permutation.

    The energy of an estimate has three parts: what its own reference explains through a filter of `FILTER_TAPS`, what
    the other references explain in addition (interference), and the rest (artefacts). SDR is the first over the two
    others, SIR the first over interference, SAR the first two over artefacts.

    Raises:
        ValueError: as `score`; or sounds shorter than the filter.

    Example:
        >>> parts = torch.randn(1, 2, 4000, generator=torch.Generator().manual_seed(0))
        >>> sdr, sir, sar = bss_eval(parts + 0.1 * parts.flip(1), parts)
        >>> bool(((sir - 20).abs() < 1).all()), sar
        (True, tensor([[100., 100.]], dtype=torch.float64))
    """
    _check(estimate, reference, "estimate")
    measures = _bss_eval(estimate, reference, reference)
    return measures["sdr"], measures["sir"], measures["sar"]


def _beside(found: dict[str, Tensor], baseline: dict[str, Tensor]) -> dict[str, Tensor]:
    gains = {f"{name}_gain": found[name] - value for name, value in baseline.items()}
    return {**found, **{f"mixture/{name}": value for name, value in baseline.items()}, **gains}


def _si_sdr(estimate: Tensor, own: Tensor) -> Tensor:
    # Loaded at first use, because it takes half as long as torch itself
    from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio

    return scale_invariant_signal_distortion_ratio(_unit(estimate), _unit(own)).clamp(-CEILING, CEILING)


def _bss_eval(
    estimate: Float[Tensor, "B R S"], own: Float[Tensor, "B R S"], reference: Float[Tensor, "B M S"]
) -> dict[str, Tensor]:
    from torchmetrics.functional.audio import signal_distortion_ratio

    if estimate.shape[2] < FILTER_TAPS:
        raise ValueError(f"the sounds have {estimate.shape[2]} samples, fewer than the filter of {FILTER_TAPS}; "
                         "use longer sounds or si_sdr")  # fmt: skip
    signals, sources = _unit(estimate), _unit(reference)
    # Not a number where rounding takes the share of a perfect estimate above 1
    sdr = signal_distortion_ratio(signals, _unit(own), filter_length=FILTER_TAPS).nan_to_num(nan=2 * CEILING)
    sdr = sdr.clamp(-2 * CEILING, 2 * CEILING)
    by_own = 1 / (1 + 10 ** (-sdr / 10))
    by_all = torch.stack([_explained(s, r) for s, r in zip(signals, sources, strict=True)])
    return {
        "sdr": sdr.clamp(-CEILING, CEILING),
        "sir": _decibels(by_own, by_all - by_own),
        "sar": _decibels(by_all, 1 - by_all),
    }


def _explained(signals: Float64[Tensor, "R S"], sources: Float64[Tensor, "M S"]) -> Float64[Tensor, " R"]:
    """Share of the energy of each unit signal in the span of all delays of all sources by 0 to FILTER_TAPS - 1."""
    size = 2 ** (signals.shape[1] + FILTER_TAPS).bit_length()
    spectra, signal_spectra = torch.fft.rfft(sources, size), torch.fft.rfft(signals, size)
    # correlation[i, j, d] = sum over t of source i at t + d times source j at t; negative d wrap around
    correlation = torch.fft.irfft(spectra[:, None] * spectra.conj(), size)
    taps = torch.arange(FILTER_TAPS, device=signals.device)
    gram = correlation[:, :, (taps - taps[:, None]) % size].transpose(1, 2).flatten(2).flatten(0, 1)
    target = torch.fft.irfft(signal_spectra * spectra.conj()[:, None], size)[..., :FILTER_TAPS]
    target = target.transpose(1, 2).flatten(0, 1)
    filters, failed = torch.linalg.solve_ex(gram, target)
    if failed:  # sources that repeat each other have no unique filters, but still a projection
        filters = torch.linalg.pinv(gram, hermitian=True) @ target
    share: Tensor = (target * filters).sum(0)
    return share


def _decibels(part: Tensor, rest: Tensor) -> Tensor:
    tiny = 10 ** (-CEILING / 5)
    return (10 * torch.log10(part.clamp(min=tiny) / rest.clamp(min=tiny))).clamp(-CEILING, CEILING)


def _unit(sounds: Tensor) -> Tensor:
    # Scaled by the peak first, because squares of tiny samples vanish
    scaled = sounds.double() / sounds.double().abs().amax(-1, keepdim=True)
    unit: Tensor = scaled / scaled.norm(dim=-1, keepdim=True)
    return unit


def _check(estimate: Tensor, reference: Tensor, name: str) -> None:
    if estimate.shape != reference.shape or reference.ndim != 3 or not reference.numel():
        raise ValueError(f"the {name} is {tuple(estimate.shape)}, the reference {tuple(reference.shape)}; "
                         "give both as (B, M, S), none empty")  # fmt: skip
    for role, sounds in ((name, estimate), ("reference", reference)):
        if not torch.isfinite(sounds).all():
            raise ValueError(f"the {role} has NaN or infinite samples; repair or drop these mixtures")
        silent = (~sounds.any(-1)).nonzero().tolist()
        if silent:
            raise ValueError(f"the {role} is silent at (row, source) {silent}; no ratio is defined there, "
                             "drop these mixtures and say how many")  # fmt: skip
