"""Cards of published weights: where a file is, and all that must be known before it can be used."""

from __future__ import annotations

from dataclasses import dataclass, fields

from avlearn.encoders.normalize import NORMALIZATIONS, Normalization


@dataclass(frozen=True, kw_only=True)
class ClipSampling:
    """How clips were cut for a set of weights; None where no public source settles it."""

    frames: int | None = None
    """Frames of a clip in the published evaluation."""
    frame_rate: float | None = None
    """Frames per second after resampling."""
    picture_size: int | None = None
    """Height and width of the frames in pixels."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value <= 0:
                raise ValueError(f"{field.name} is {value}, expected above 0, or None where it is unknown")

    def __str__(self) -> str:
        """On one line."""
        return ", ".join(f"{field.name} {_or_unknown(getattr(self, field.name))}" for field in fields(self))


@dataclass(frozen=True, kw_only=True)
class BatchNormSettings:
    """What batch norms need and no state dict holds."""

    eps: float
    """Added to the variance; part of the function that the weights compute."""
    momentum: float = 0.1
    """Weight of the newest batch in the running statistics, for training on."""

    def __str__(self) -> str:
        """On one line."""
        return f"eps {self.eps:g}, momentum {self.momentum:g}"


@dataclass(frozen=True, kw_only=True)
class WeightsCard:
    """What must be known of a file of weights before it can be used."""

    name: str
    """Architecture and training set."""
    source: str
    """URL of the file."""
    sha256: str
    """Hexadecimal SHA-256 of the file, or the first 8 digits or more of it."""
    encoder: str
    """The call that builds the module which the weights fit."""
    normalization: Normalization | None = None
    """How pictures were normalised; None for sound."""
    sample_rate: int | None = None
    """Hz of the sound; None for pictures."""
    clip: ClipSampling | None = None
    """How clips were cut; None for pictures and sound."""
    batch_norm: BatchNormSettings | None = None
    """Settings of the batch norms; None where there are none."""
    leaves_out: tuple[str, ...] = ()
    """Patterns of names in the file that a trunk has no place for, such as `fc.*`."""
    key_map: tuple[tuple[str, str], ...] = ()
    """Names, or beginnings of names, in the file, and what they are called in the module."""
    licence: str
    """Terms of use of the file."""
    paper: str
    """Where the weights or the architecture were published."""

    def __post_init__(self) -> None:
        if not 8 <= len(self.sha256) <= 64 or not set(self.sha256) <= set("0123456789abcdef"):
            raise ValueError(f"sha256 is {self.sha256!r}, expected 8 to 64 lower-case hexadecimal digits")

    @property
    def file_name(self) -> str:
        """Last part of the source."""
        return self.source.rsplit("/", 1)[-1]

    def __str__(self) -> str:
        """One line per field that says something."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return "\n".join(f"{name}: {value}" for name, value in said.items() if value not in (None, ()))


def _or_unknown(value: int | float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


VGG16_IMAGENET = WeightsCard(
    name="VGG-16, ImageNet",
    source="https://download.pytorch.org/models/vgg16-397923af.pth",
    sha256="397923af",
    encoder="vgg16()",
    normalization=NORMALIZATIONS["imagenet"],
    leaves_out=("classifier.*",),
    licence="BSD 3-Clause (torchvision); the terms of ImageNet may apply",
    paper="Simonyan and Zisserman, ICLR 2015",
)
"""Weights of `vgg16`, trained on the labels of ImageNet."""
RESNET18_IMAGENET = WeightsCard(
    name="ResNet-18, ImageNet",
    source="https://download.pytorch.org/models/resnet18-f37072fd.pth",
    sha256="f37072fd",
    encoder="resnet18(last_stride=2)",
    normalization=NORMALIZATIONS["imagenet"],
    batch_norm=BatchNormSettings(eps=1e-5),
    leaves_out=("fc.*",),
    licence="BSD 3-Clause (torchvision); the terms of ImageNet may apply",
    paper="He, Zhang, Ren and Sun, CVPR 2016",
)
"""Weights of `resnet18`, trained on the labels of ImageNet."""
VGGISH_AUDIOSET = WeightsCard(
    name="VGGish, port to PyTorch",
    source="https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
    sha256="10086976",
    encoder="vggish()",
    sample_rate=16_000,
    leaves_out=("embeddings.*",),
    licence="see github.com/harritaylor/torchvggish",
    paper="Hershey et al., ICASSP 2017",
)
"""Weights of `vggish`, trained on the labels of AudioSet."""
R2PLUS1D18_KINETICS = WeightsCard(
    name="R(2+1)D-18, Kinetics-400",
    source="https://download.pytorch.org/models/r2plus1d_18-91a641e6.pth",
    sha256="91a641e6c2ab531d1aca5f4321b4d802ec5c3babc15df855cdb6e39c6a1107c8",
    encoder='r2plus1d_18("torchvision")',
    normalization=NORMALIZATIONS["kinetics"],
    clip=ClipSampling(frames=16, frame_rate=15.0, picture_size=112),
    batch_norm=BatchNormSettings(eps=1e-5),
    leaves_out=("fc.*",),
    licence="BSD 3-Clause (torchvision); the terms of Kinetics may apply",
    paper="Tran et al., CVPR 2018",
)
"""Weights of `r2plus1d_18("torchvision")`, trained on the labels of Kinetics-400."""


def _xdc(file_name: str, training: str) -> WeightsCard:
    # Frame rate and picture size are in no public source; the authors confirm the normalisation and the 32 frames of
    # their comparison (HumamAlwassel/XDC#2 and #5). Their momentum of 0.9 is Caffe2's: see r2plus1d_18.
    return WeightsCard(
        name=f"R(2+1)D-18, {training}",
        source=f"https://github.com/HumamAlwassel/XDC/releases/download/model_weights/{file_name}",
        sha256=file_name.removesuffix(".pth").rsplit("-", 1)[-1],
        encoder='r2plus1d_18("vmz")',
        normalization=NORMALIZATIONS["kinetics"],
        clip=ClipSampling(frames=32),
        batch_norm=BatchNormSettings(eps=1e-3),
        leaves_out=("fc.*",),
        licence="MIT (of the repository); the terms of the training set may apply",
        paper="Alwassel et al., NeurIPS 2020",
    )


XDC_WEIGHTS = {
    "r2plus1d_18_xdc_ig65m_kinetics": _xdc("r2plus1d_18_xdc_ig65m_kinetics-f24f6ffb.pth", "XDC on IG-Kinetics"),
    "r2plus1d_18_xdc_ig65m_random": _xdc("r2plus1d_18_xdc_ig65m_random-189d23f4.pth", "XDC on IG-Random"),
    "r2plus1d_18_xdc_audioset": _xdc("r2plus1d_18_xdc_audioset-f29ffe8f.pth", "XDC on AudioSet"),
    "r2plus1d_18_fs_kinetics": _xdc("r2plus1d_18_fs_kinetics-622bdad9.pth", "labels of Kinetics"),
    "r2plus1d_18_fs_imagenet": _xdc("r2plus1d_18_fs_imagenet-ff446670.pth", "labels of ImageNet"),
}
"""The five video encoders that the authors of XDC released, under their published names. They fit
`r2plus1d_18("vmz")`; the last two are the paper's supervised baselines. The audio encoders were never released."""
