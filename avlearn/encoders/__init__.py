"""Encoders: (B, C, ...) to (B, out_dim, *positions). Read `small` first; the others are the published trunks."""

from avlearn.download import download
from avlearn.encoders.cards import (
    R2PLUS1D18_KINETICS,
    RESNET18_IMAGENET,
    VGG16_IMAGENET,
    VGGISH_AUDIOSET,
    XDC_WEIGHTS,
    BatchNormSettings,
    ClipSampling,
    WeightsCard,
)
from avlearn.encoders.normalize import NORMALIZATIONS, ImageNormalize, Normalization, SubtractBackground
from avlearn.encoders.r2plus1d import R2Plus1D18, r2plus1d_18
from avlearn.encoders.resnet import ResNet18, resnet18
from avlearn.encoders.small import SmallEncoder, small_audio, small_image
from avlearn.encoders.small_video import SmallVideoEncoder, small_video
from avlearn.encoders.vgg import VGG, vgg16, vggish
from avlearn.encoders.weights import LoadReport, fetch_weights, load_weights

__all__ = [
    "BatchNormSettings",
    "ClipSampling",
    "ImageNormalize",
    "LoadReport",
    "NORMALIZATIONS",
    "Normalization",
    "R2PLUS1D18_KINETICS",
    "R2Plus1D18",
    "RESNET18_IMAGENET",
    "ResNet18",
    "SmallEncoder",
    "SmallVideoEncoder",
    "SubtractBackground",
    "VGG",
    "VGG16_IMAGENET",
    "VGGISH_AUDIOSET",
    "WeightsCard",
    "XDC_WEIGHTS",
    "download",
    "fetch_weights",
    "load_weights",
    "r2plus1d_18",
    "resnet18",
    "small_audio",
    "small_image",
    "small_video",
    "vgg16",
    "vggish",
]
