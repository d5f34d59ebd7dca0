"""What the literature reports for Flickr-SoundNet's boxes, and how far each number was traced.

A row is `checked` where the number was read at the named public source. All others were passed on second hand and must
only ever be shown as "reported, not checked".
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_CHECKED = "reported, not checked"

EZ_VSL = "README of github.com/stoneMo/EZ-VSL"


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A reported result: share of pictures with cIoU of at least 0.5, and area under the success rate, in percent."""

    system: str
    """Name of the system."""
    training: str
    """What it was trained on."""
    ciou: float
    """cIoU@0.5 in percent."""
    auc: float | None
    """AUC in percent; None where none is given."""
    checked: bool = False
    """Whether the number was read at its source."""
    source: str = NOT_CHECKED
    """Where it was read."""


FLICKR_SOUNDNET = (
    Reported(system="EZ-VSL", training="Flickr, 10k pairs", ciou=81.93, auc=62.58, checked=True, source=EZ_VSL),
    Reported(system="EZ-VSL", training="Flickr, 144k pairs", ciou=83.13, auc=63.06, checked=True, source=EZ_VSL),
    Reported(
        system="whole image, 250 random annotated pairs",
        training="none",
        ciou=60.8,
        auc=None,
        checked=True,
        source="issue 2 of github.com/shvdiwnkozbw/Multi-Source-Sound-Localization",
    ),
    Reported(system="Attention (Senocak), supervised", training="Flickr", ciou=80.4, auc=60.3),
    Reported(system="Attention (Senocak), semi-supervised", training="Flickr", ciou=82.8, auc=62.0),
    Reported(system="Attention (Senocak)", training="Flickr, 144k pairs", ciou=66.0, auc=55.8),
    Reported(system="Attention (Senocak)", training="Flickr, 10k pairs", ciou=43.6, auc=44.9),
    Reported(system="DMC", training="Flickr, 144k pairs", ciou=67.1, auc=56.8),
    Reported(system="DMC", training="AudioSet", ciou=41.6, auc=45.2),
    Reported(system="CAVL", training="AudioSet", ciou=50.0, auc=49.2),
    Reported(system="Qian et al.", training="unknown", ciou=52.2, auc=49.6),
    Reported(system="LVS", training="Flickr, 10k pairs", ciou=58.2, auc=52.5),
    Reported(system="LVS", training="Flickr, 144k pairs", ciou=69.9, auc=57.3),
)
"""On the Flickr-SoundNet test pairs. Resolution and threshold rule differ from row to row or aren't stated."""
