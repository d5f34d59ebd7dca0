"""What turns a stretch of sound, or a few frames, into one vector: hand-made features, or a frozen encoder.

Anything with `hear(waveform)` and a `sample_rate` describes sounds, anything with `see(frames)` and a `view` describes
frames. `hearing_of` and `seeing_of` make both from a model: one of this library, or one of your own with a `frontend`
and an `audio_encoder`, with a `normalize` and a `video_encoder` or `image_encoder`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from avlearn.audio.cepstra import cepstral_statistics
from avlearn.tasks.frozen import device_of, evaluation_mode

CEPSTRA_RATE = 44_100
"""Hz at which the hand-made features are computed, as published."""


@dataclass(frozen=True, kw_only=True)
class View:
    """How the frames lie that something sees.

    Raises:
        ValueError: no frames, no pixels, or a rate that isn't positive.
    """

    size: int
    """Height and width in pixels."""
    frames: int = 8
    """Of a clip: 8 in the ablations of XDC, 32 in its final table."""
    frame_rate: float = 10.0
    """Frames per second; ours, because no source settles that of XDC."""

    def __post_init__(self) -> None:
        if min(self.size, self.frames) < 1 or not self.frame_rate > 0:
            raise ValueError(f"need positive size, frames and frame_rate, got {self.size}, {self.frames}, "
                             f"{self.frame_rate}")  # fmt: skip

    @property
    def seconds(self) -> float:
        """Length of a clip."""
        return self.frames / self.frame_rate


@runtime_checkable
class Hears(Protocol):
    """Describes sounds."""

    @property
    def sample_rate(self) -> int:
        """Hz of what it hears."""
        ...

    @property
    def whole(self) -> bool:
        """Whether it hears a clip as a whole, or in windows."""
        ...

    def hear(self, waveform: Float[Tensor, "B S"]) -> Float[Tensor, "B E"]:
        """One vector for each sound."""
        ...


@runtime_checkable
class Sees(Protocol):
    """Describes frames."""

    @property
    def view(self) -> View:
        """How its frames must lie."""
        ...

    def see(self, frames: UInt8[Tensor, "B 3 T H W"]) -> Float[Tensor, "B E"]:
        """One vector for each clip; a picture is a clip of one frame."""
        ...


class Cepstra:
    """The hand-made features of the ESC baselines, see `avlearn.audio.cepstra`.

    Example:
        >>> Cepstra().hear(torch.zeros(1, 22_050)).shape
        torch.Size([1, 26])
    """

    sample_rate = CEPSTRA_RATE
    whole = True

    def hear(self, waveform: Float[Tensor, "B S"]) -> Float[Tensor, "B 26"]:
        """Means and deviations over the frames of a clip."""
        return cepstral_statistics(waveform, sample_rate=self.sample_rate)


class EncoderHearing:
    """Mean and maximum of each channel of an audio encoder's feature map.

    Args:
        model: with `frontend`, and `audio_encoder` or `encoders["audio"]`; it stays in evaluation mode.

    Raises:
        ValueError: a model without these.

    Example:
        >>> from avlearn.models import DCC, DCCConfig
        >>> EncoderHearing(DCC(DCCConfig())).hear(torch.zeros(2, 32_000)).shape
        torch.Size([2, 256])
    """

    whole = False

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.frontend, self.encoder = getattr(model, "frontend", None), encoder_of(model, "audio")
        if self.frontend is None or self.encoder is None:
            raise ValueError(f"a {type(model).__name__} has no frontend and audio_encoder, and no hear(waveform); "
                             "give a model that hears")  # fmt: skip

    @property
    def sample_rate(self) -> int:
        """Hz of the frontend."""
        return int(cast(nn.Module, self.frontend).sample_rate)  # type: ignore[arg-type]

    def hear(self, waveform: Float[Tensor, "B S"]) -> Float[Tensor, "B E"]:
        """Mean over positions, then maximum over positions."""
        with evaluation_mode(self.model):
            maps = self.encoder(self.frontend(waveform.to(device_of(self.model))))  # type: ignore[misc]
            return pooled(maps.float()).cpu()


class EncoderSeeing:
    """Mean and maximum of each channel of a feature map, of a video encoder or, frame by frame, of an image encoder.

    Args:
        model: with `normalize`, and `video_encoder`, `encoders["video"]` or `image_encoder`; it stays in evaluation
            mode.
        view: how the frames lie; None takes `model.view` or `model.config.image_size`.

    Raises:
        ValueError: a model without these, or no view.

    Example:
        >>> from avlearn.models import DCC, DCCConfig
        >>> seeing = EncoderSeeing(DCC(DCCConfig()))
        >>> seeing.see(torch.zeros(2, 3, 4, 96, 96, dtype=torch.uint8)).shape
        torch.Size([2, 256])
    """

    def __init__(self, model: nn.Module, view: View | None = None) -> None:
        self.model = model
        self.normalize = getattr(model, "normalize", None)
        self.video, self.image = encoder_of(model, "video"), encoder_of(model, "image")
        if self.normalize is None or (self.video is None and self.image is None):
            raise ValueError(f"a {type(model).__name__} has no normalize with a video_encoder or image_encoder, and no "
                             "see(frames); give a model that sees")  # fmt: skip
        self.view = view or view_of(model)

    def see(self, frames: UInt8[Tensor, "B 3 T H W"]) -> Float[Tensor, "B E"]:
        """Mean over positions, then maximum over positions; of an image encoder the mean of these over frames."""
        with evaluation_mode(self.model):
            pixels = self.normalize(frames.to(device_of(self.model)))  # type: ignore[misc]
            if self.video is not None:
                return pooled(self.video(pixels).float()).cpu()
            maps = self.image(pixels.transpose(1, 2).flatten(0, 1)).float()  # type: ignore[misc]
            per_frame: Float[Tensor, "B T E"] = pooled(maps).unflatten(0, (len(frames), -1))
            return per_frame.mean(1).cpu()


def hearing_of(model: object) -> Hears:
    """What describes sounds by this model: itself, if it can `hear`, or its audio encoder.

    Raises:
        ValueError: it has neither.
    """
    return model if isinstance(model, Hears) else EncoderHearing(cast(nn.Module, model))


def seeing_of(model: object, view: View | None = None) -> Sees:
    """What describes frames by this model: itself, if it can `see`, or its video or image encoder.

    Args:
        model: that sees.
        view: how the frames lie that its encoder gets; None leaves it to the model.

    Raises:
        ValueError: it has neither, or no size of frames is known.
    """
    return model if isinstance(model, Sees) else EncoderSeeing(cast(nn.Module, model), view)


def view_of(model: nn.Module) -> View:
    """How the frames lie that a model sees: its `view`, or clips of frames of its config's `image_size`.

    Raises:
        ValueError: it has neither.
    """
    view = getattr(model, "view", None)
    if isinstance(view, View):
        return view
    size = getattr(getattr(model, "config", None), "image_size", None)
    if not isinstance(size, int):
        raise ValueError(f"a {type(model).__name__} has neither a view nor a config.image_size; give a view")
    return View(size=size)


def encoder_of(model: nn.Module, what: str) -> nn.Module | None:
    """The encoder of `audio`, `image` or `video` of a model; None if it has none."""
    found = getattr(model, f"{what}_encoder", None)
    several = getattr(model, "encoders", None)
    if found is None and isinstance(several, nn.ModuleDict) and what in several:
        found = several[what]
    return found if isinstance(found, nn.Module) else None


def pooled(maps: Float[Tensor, "B D *positions"]) -> Float[Tensor, "B E"]:
    """Mean over positions, then maximum over positions."""
    flat = maps.flatten(2)
    return torch.cat([flat.mean(2), flat.amax(2)], dim=1)
