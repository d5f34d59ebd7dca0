"""Separation of a sound by what is seen: the recipe of Sound of Pixels (Zhao et al., ECCV 2018).

CAVL's own separation network is not public; this one stands in for it. A U-Net hears the mixture, and a visual centre,
the vector that a localizer finds in a picture, says which source to let through. The localizer learnt from the
concurrence of pictures and sounds alone, so no label and no supervised network has a part in it.

`L` counts bins of the log-frequency axis, `F` those of the linear one, `T` frames of the spectrum, `M` sources.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Literal, Protocol, get_args, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Complex, Float
from torch import Tensor, nn

from avlearn.audio import (
    apply_masks,
    binary_masks,
    from_log_frequency,
    ratio_masks,
    stft_config,
    to_log_frequency,
    to_spectrum,
)
from avlearn.data import MixBatch, mix_and_separate
from avlearn.models.conditioning import Conditioning, FiLM, conditioner
from avlearn.models.hub import HubModel
from avlearn.models.sound_loss import negative_snr
from avlearn.models.unet import UNet
from avlearn.processes import first_generator, own_rows, total, whole_batch
from avlearn.types import AVBatch, StepOutput

Mask = Literal["ratio", "binary"]
"""What is learnt. ratio: the share of each source in each cell. binary: whether it is the loudest there, as
published."""

Loss = Literal["snr", "bce", "l1"]
"""snr: of the sound itself, the decibels by which it stands out from its error; no published separator of this family
learns so, but in equal time it learns far more. bce and l1 are of the mask, weighted by the loudness of each cell. bce:
cross-entropy, as published for binary masks. l1: absolute difference, as published for ratio masks."""

FLOOR = 1e-5
"""Added to magnitudes before the logarithm: silence is -11.5."""
WEIGHTS = (1e-3, 10.0)
"""Smallest and largest weight of a cell, log(1 + magnitude of the mixture), as published."""


@runtime_checkable
class VisualQuery(Protocol):
    """What a separator asks for the source that a picture shows: a callable, often a frozen trained module."""

    out_dim: int
    """D, length of the vectors."""

    def __call__(self, batch: AVBatch) -> Float[Tensor, "B D"]:
        """A vector for each picture, heard with the mixture; most take no heed of the sound."""
        ...


@runtime_checkable
class MixtureQuery(VisualQuery, Protocol):
    """A query that is spared the work of encoding what several questions have in common."""

    def of_mixtures(self, mixed: MixBatch) -> Float[Tensor, "B M D"]:
        """The same vectors as of `mixed.questions()`."""
        ...


@dataclass(frozen=True, kw_only=True)
class SeparatorConfig:
    """Everything that defines a separator but its query; the defaults are for processors."""

    stft: str = "small"
    """Preset of the spectrum, see `STFT_PRESETS`."""
    levels: int = 4
    """Halvings of the U-Net."""
    width: int = 12
    """Channels of its first level."""
    maps: int = 16
    """Maps of the sound, for mixer and synthesizer."""
    hidden: int = 64
    """Width of the network that reads the query, for mixer only."""
    conditioning: Conditioning = "mixer"
    """How the query takes part."""
    mask: Mask = "ratio"
    """What is learnt."""
    loss: Loss = "snr"
    """How it is learnt."""
    sources: int = 2
    """Scenes in a mixture."""
    lowest_gain: float = 0.5
    """Of the parts of a mixture to train on."""
    highest_gain: float = 1.5
    """Of the parts of a mixture to train on."""

    @property
    def sample_rate(self) -> int:
        """Hz of the sounds to part."""
        return stft_config(self.stft).sample_rate

    def __post_init__(self) -> None:
        for name, allowed in (("conditioning", Conditioning), ("mask", Mask), ("loss", Loss)):
            if getattr(self, name) not in get_args(allowed):
                raise ValueError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(get_args(allowed))}")
        if min(self.levels, self.width, self.maps, self.hidden) < 1 or self.sources < 2:
            raise ValueError("levels, width, maps and hidden must be positive and sources at least 2, got "
                             f"{self.levels}, {self.width}, {self.maps}, {self.hidden}, {self.sources}")  # fmt: skip
        if not 0 < self.lowest_gain <= self.highest_gain:
            raise ValueError(f"gains are {self.lowest_gain} to {self.highest_gain}; give two positive factors in order")


SOUND_OF_PIXELS = SeparatorConfig(
    stft="sound_of_pixels", levels=7, width=64, maps=32, conditioning="synthesizer", mask="binary", loss="bce"
)
"""As published for two sources: 7 levels of up to 512 channels, 32 maps, binary masks."""


class Separator(HubModel, nn.Module):
    """Takes a mixture apart, one query for each source.

    The query is frozen: the separator keeps a copy of it in eval mode that no gradient reaches. Its weights are part of
    the state dict, so a checkpoint is complete.

    Args:
        config: see `SeparatorConfig`.
        query: gives the visual centres.

    Raises:
        ValueError: an unknown preset.

    Example:
        >>> from avlearn.data import World, WorldSettings
        >>> class MeanColour:
        ...     out_dim = 3
        ...     def __call__(self, batch):
        ...         return batch.frames.float().mean((2, 3, 4)) / 255
        >>> separator = Separator(SeparatorConfig(width=2), MeanColour())
        >>> output = separator.step(World(WorldSettings(), seed=0).batch(range(2)))
        >>> sorted(output.logs)
        ['chance/accuracy', 'chance/loss', 'loss', 'mask/accuracy']
    """

    def __init__(self, config: SeparatorConfig, query: VisualQuery) -> None:
        super().__init__()
        self.config = config
        self.stft = stft_config(config.stft)
        self.query = _frozen(query)
        film = config.conditioning == "film"
        self.unet = UNet(1, 1 if film else config.maps, levels=config.levels, width=config.width)
        self.ask = conditioner(
            config.conditioning, query.out_dim, unet=self.unet, maps=config.maps, hidden=config.hidden
        )

    def train(self, mode: bool = True) -> Separator:
        """Set the mode of all but the query, which stays as it was trained."""
        super().train(mode)
        if isinstance(self.query, nn.Module):
            self.query.eval()
        return self

    def step(self, batch: AVBatch) -> StepOutput:
        """Loss of mixtures made from a batch of scenes; outside training all scenes are equally loud in them.

        Where processes share the batch, scenes of all of them are mixed, and each hears its share of the mixtures.

        Raises:
            ValueError: another sample rate, too few scenes, or scenes that the query refuses.
        """
        self._check_rate(batch.sample_rate)
        gains = (self.config.lowest_gain, self.config.highest_gain) if self.training else (1.0, 1.0)
        scenes = whole_batch(batch)
        mixed = mix_and_separate(
            scenes, generator=first_generator(), sources=self.config.sources, gains=gains, combine="mean"
        )[own_rows(len(scenes))]
        heard = self._hear(mixed)
        logits_BMLT = self.logits(heard.mixture, self.queries(mixed)).float()
        loss = self._loss(logits_BMLT, heard)
        chance = self._loss(torch.zeros_like(logits_BMLT), heard)
        return StepOutput(loss=loss, logs=_logs(loss, chance, logits_BMLT, heard))

    def queries(self, mixed: MixBatch) -> Float[Tensor, "B M D"]:
        """The vector of each picture, heard with the mixture."""
        with torch.no_grad():
            if isinstance(self.query, MixtureQuery):
                return self.query.of_mixtures(mixed)
            return self.query(mixed.questions()).reshape(*mixed.rows.shape, -1)

    def logits(self, magnitude: Float[Tensor, "B L T"], queries: Float[Tensor, "B M D"]) -> Float[Tensor, "B M L T"]:
        """Masks before the sigmoid.

        Args:
            magnitude: of the mixtures, on the log-frequency axis.
            queries: a vector for each source.
        """
        heard = torch.log(magnitude + FLOOR)[:, None]
        if not isinstance(self.ask, FiLM):
            answers: Tensor = self.ask(self.unet(heard), queries)
            return answers
        maps = [level.repeat_interleave(queries.shape[1], 0) for level in self.unet.down(heard)]
        maps[-1] = self.ask(maps[-1], queries.flatten(0, 1))
        masks = self.unet.up(maps, size=(heard.shape[2], heard.shape[3]))
        return masks.reshape(*queries.shape[:2], *heard.shape[2:])

    def masks(
        self, mixture: Float[Tensor, "B S"], queries: Float[Tensor, "B M D"], *, shared: bool = False
    ) -> Float[Tensor, "B M F T"]:
        """What each query lets through of its mixture, on the linear frequency axis, in [0, 1].

        Args:
            mixture: waveforms at the sample rate of `stft`.
            queries: a vector for each source.
            shared: whether the queries share each cell, so that masks sum to 1: divided by their sum, or all for the
                highest where binary masks were learnt. Otherwise each is taken as it is, or cut at one half.

        Raises:
            ValueError: an unusable waveform; or a single query that has nothing to share with.
        """
        if shared and queries.shape[1] < 2:
            raise ValueError("a single query would get the whole mixture; give two or more, or shared=False")
        magnitude = to_log_frequency(to_spectrum(mixture, self.stft).abs(), bins=self.stft.log_bins)
        soft = torch.sigmoid(self.logits(magnitude, queries).float())
        soft = from_log_frequency(soft, bins=self.stft.bins)
        if self.config.mask == "binary":
            return binary_masks(soft) if shared else (soft > 0.5).to(soft)
        return ratio_masks(soft) if shared else soft

    def separate(
        self, mixture: Float[Tensor, "B S"], queries: Float[Tensor, "B M D"], *, shared: bool = False
    ) -> Float[Tensor, "B M S"]:
        """The sound that each query asks for, with the phase of the mixture; see `masks`.

        With `shared` the sounds sum to the mixture.

        Raises:
            ValueError: as `masks`.
        """
        return apply_masks(self.masks(mixture, queries, shared=shared), mixture, self.stft)

    def _hear(self, mixed: MixBatch) -> _Heard:
        spectra_BMFT = to_spectrum(mixed.parts.flatten(0, 1), self.stft).unflatten(0, tuple(mixed.rows.shape))
        # Spectra add up as the parts do; magnitudes would not
        both = torch.cat([spectra_BMFT.sum(1, keepdim=True), spectra_BMFT], 1)
        mixture, *_ = magnitudes = to_log_frequency(both.abs(), bins=self.stft.log_bins).unbind(1)
        parts = torch.stack(magnitudes[1:], 1)
        target = binary_masks(parts) if self.config.mask == "binary" else ratio_masks(parts)
        weight = torch.log1p(mixture).clamp(*WEIGHTS)[:, None].expand_as(target)
        return _Heard(spectra=spectra_BMFT, mixture=mixture, target=target, weight=weight)

    def _loss(self, logits: Tensor, heard: _Heard) -> Tensor:
        if self.config.loss == "bce":
            return F.binary_cross_entropy_with_logits(logits, heard.target, heard.weight)
        if self.config.loss == "l1":
            return (heard.weight * (torch.sigmoid(logits) - heard.target).abs()).mean()
        masks = from_log_frequency(torch.sigmoid(logits), bins=self.stft.bins)
        return negative_snr(masks * heard.spectra.sum(1, keepdim=True), heard.spectra)

    def _check_rate(self, rate: int) -> None:
        if rate != self.stft.sample_rate:
            raise ValueError(f"the sound has {rate} Hz; this model hears {self.stft.sample_rate} Hz, resample")


def _frozen(query: VisualQuery) -> VisualQuery:
    query = copy.deepcopy(query)
    if isinstance(query, nn.Module):
        query.requires_grad_(False).eval()
    return query


@dataclass(frozen=True, eq=False, kw_only=True)
class _Heard:
    """Mixtures and their parts, as spectra and on the log-frequency axis."""

    spectra: Complex[Tensor, "B M F T"]
    """Of the parts; those of a mixture sum to its own."""
    mixture: Float[Tensor, "B L T"]
    """Magnitude of the mixtures."""
    target: Float[Tensor, "B M L T"]
    """True masks of the parts."""
    weight: Float[Tensor, "B M L T"]
    """How much each cell counts in the loss of a mask."""


@torch.no_grad()
def _logs(loss: Tensor, chance: Tensor, logits: Tensor, heard: _Heard) -> dict[str, float]:
    # Which side of one half each cell is on, louder cells counting more; without a query all that is known is which
    # side is the more frequent
    weight, mine = heard.weight / total(heard.weight.sum()), heard.target > 0.5
    right, often = total((weight * ((logits > 0) == mine)).sum()), total((weight * mine).sum())
    return {
        "loss": float(loss),
        "chance/loss": float(chance),
        "mask/accuracy": float(right),
        "chance/accuracy": float(torch.maximum(often, 1 - often)),
    }
