"""How well sounds were parted: SI-SDR, and SDR, SIR and SAR of BSS Eval, with their gain over the mixture.

All take (B, M, S): B mixtures of M sources with S samples each. Estimates stand in the order of their references; no
permutation is sought, because a query says which source is meant. All is computed in float64 and in decibels.

SI-SDR comes from torchmetrics. It has no SIR and SAR, and solves the equations of a reference anew for each estimate of
it; mir_eval, which published results used, gives its separation module up. So SDR, SIR and SAR are derived here from
shared projections, one mixture at a time to save memory. They equal those of both libraries.
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
    measures = _by_mixture(together, reference, filters=filters)
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
    measures = _by_mixture(estimate, reference, filters=True)
    return measures["sdr"], measures["sir"], measures["sar"]


def _beside(found: dict[str, Tensor], baseline: dict[str, Tensor]) -> dict[str, Tensor]:
    gains = {f"{name}_gain": found[name] - value for name, value in baseline.items()}
    return {**found, **{f"mixture/{name}": value for name, value in baseline.items()}, **gains}


def _by_mixture(
    estimates: Float[Tensor, "B R S"], reference: Float[Tensor, "B M S"], *, filters: bool
) -> dict[str, Float64[Tensor, "B R"]]:
    # R = E * M: the M estimates of E separators, one separator after the other
    rows = [_measures(e, r, filters=filters) for e, r in zip(estimates, reference, strict=True)]
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


def _measures(estimates: Float[Tensor, "R S"], sources: Float[Tensor, "M S"], *, filters: bool) -> dict[str, Tensor]:
    own = sources.repeat(len(estimates) // len(sources), 1)
    return {"si_sdr": _si_sdr(estimates, own), **(_bss_eval(estimates, sources) if filters else {})}


def _si_sdr(estimate: Tensor, own: Tensor) -> Tensor:
    # Loaded at first use, because it takes half as long as torch itself
    from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio

    return scale_invariant_signal_distortion_ratio(_unit(estimate), _unit(own)).clamp(-CEILING, CEILING)


def _bss_eval(estimates: Float[Tensor, "R S"], sources: Float[Tensor, "M S"]) -> dict[str, Tensor]:
    if estimates.shape[1] < FILTER_TAPS:
        raise ValueError(f"the sounds have {estimates.shape[1]} samples, fewer than the filter of {FILTER_TAPS}; "
                         "use longer sounds or si_sdr")  # fmt: skip
    by_own, by_all = _explained(_unit(estimates), _unit(sources))
    return {
        "sdr": _decibels(by_own, 1 - by_own),
        "sir": _decibels(by_own, by_all - by_own),
        "sar": _decibels(by_all, 1 - by_all),
    }


def _explained(
    signals: Float64[Tensor, "R S"], sources: Float64[Tensor, "M S"]
) -> tuple[Float64[Tensor, " R"], Float64[Tensor, " R"]]:
    """Share of the energy of each unit signal in the span of all delays by 0 to FILTER_TAPS - 1.

    Returns:
        The shares in the span of the signal's own source, and in that of all sources.
    """
    size = 2 ** (signals.shape[1] + FILTER_TAPS).bit_length()
    spectra, signal_spectra = torch.fft.rfft(sources, size), torch.fft.rfft(signals, size)
    # correlation[i, j, d] = sum over t of source i at t + d times source j at t; negative d wrap around
    correlation = torch.fft.irfft(spectra[:, None] * spectra.conj(), size)
    taps = torch.arange(FILTER_TAPS, device=signals.device)
    gram = correlation[:, :, (taps - taps[:, None]) % size].transpose(1, 2)  # source, delay, source, delay
    target = torch.fft.irfft(signal_spectra * spectra.conj()[:, None], size)[..., :FILTER_TAPS].transpose(1, 2)
    by_all = _share(gram.flatten(2).flatten(0, 1), target.flatten(0, 1))
    own = [_share(gram[m, :, m], target[m, :, m :: len(sources)]) for m in range(len(sources))]
    return torch.stack(own, 1).flatten(), by_all


def _share(gram: Float64[Tensor, "N N"], target: Float64[Tensor, "N Q"]) -> Float64[Tensor, " Q"]:
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
