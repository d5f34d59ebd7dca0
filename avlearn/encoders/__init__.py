"""Encoders: (B, C, ...) to (B, out_dim, *positions). Read `small` first; the others are the published trunks."""

from avlearn.encoders.small import SmallEncoder, small_audio, small_image

__all__ = ["SmallEncoder", "small_audio", "small_image"]
