"""Models of the recipes: as they learn in a minute or two on two processor cores, and as published."""

from __future__ import annotations

from dataclasses import replace

from avlearn.models import CAVLConfig, DCCConfig, SupervisedConfig

Config = DCCConfig | CAVLConfig | SupervisedConfig

_POOLED = DCCConfig(matcher="max", objective="info_nce", scale=10.0, learn_scale=True)
_SEEDED = replace(_POOLED, matcher="seeded", num_clusters=4, dim=32, sharpness=30.0, warm_up_floor=0.3)

RECIPES: dict[str, Config] = {
    "dcc": DCCConfig(sharpness=30.0, negatives="all", margin=4.0, scale=8.0, warm_up_floor=0.5),
    "dcc_seeded": _SEEDED,
    "one_vector": replace(_SEEDED, num_clusters=1),
    "simplified_dcc": replace(
        _POOLED,
        matcher="simplified",
        num_clusters=5,
        iterations=4,
        sharpness=10.0,
        normalize=True,
        start="farthest",
        warm_up_floor=0.3,
    ),
    "cavl": CAVLConfig(objective="info_nce", scale=10.0, learn_scale=True),
    "max_pool": _POOLED,
    "frame_max": replace(_POOLED, matcher="frame_max"),
    "average_pool": replace(_POOLED, matcher="average"),
    "supervised": SupervisedConfig(),
}
"""Models by the name of their recipe, as they learn in a minute or two on two processor cores. Published are margin 10,
one negative, sharpness 1 and pretrained encoders; here all negatives count, assignments are sharp, and the encoders of
the clusterings are helped by max-pooling instead (`warm_up_steps`). `one_vector` is `dcc_seeded` with a single cluster,
the control that shows what several clusters add. `supervised` is no rival but the upper bound: it alone learns from
labels."""

PUBLISHED: dict[str, Config] = {
    "dcc": DCCConfig(encoders="vgg", image_size=256, frontend="dmc", sharpness=1.0, margin=10.0),
    "simplified_dcc": DCCConfig(
        encoders="resnet18",
        image_size=224,
        frontend="simplified_dmc",
        matcher="simplified",
        num_clusters=2,
        iterations=4,
        sharpness=30.0,
        objective="contrastive",
        margin=5.0,
    ),
    "cavl": CAVLConfig(
        encoders="resnet18",
        image_size=224,
        frontend="simplified_dmc",
        image_clusters=4,
        audio_clusters=2,
        sharpness=30.0,
        objective="contrastive",
        margin=1.0,
    ),
}
"""Models as published or released. The others take the inputs and encoders of DCC. Of CAVL the code was never released:
encoders, sharpness and cluster numbers are those of the authors' Simplified_DMC for duets, the rest is ours."""
