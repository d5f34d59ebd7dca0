"""From contents of picture and sound to matched pairs: one for each source that is seen and heard.

Each content of the sound goes to the visual content whose centre is nearest, as in the authors' Simplified_DMC code. An
object may fill several visual clusters, so those that look alike and both got sound become one source (ours).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False, kw_only=True)
class Contents:
    """What the detectors of one modality find in some scenes."""

    centres: Float[Tensor, "B K C"]
    """Unit vectors."""
    mass: Float[Tensor, "B K"]
    """Share of the scene's features, by length, that each cluster holds: silence and flat ground weigh little."""
    shares: Float[Tensor, "B K y x"]
    """Share of each position that belongs to each cluster; sums to 1 over K."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Pairs:
    """Sources that are seen and heard, the heaviest first. Slots that are left over have no mass."""

    mass: Float[Tensor, "B P"]
    """What each source adds to the score: its share of the sound times the cosine with what is seen."""
    centres: Float[Tensor, "B P C"]
    """Unit vectors of what is seen; zero in an empty slot."""
    heat: Float[Tensor, "B P h w"]
    """Where it is seen; the sum over the sources is the attention map."""
    sound: Float[Tensor, "B P t f"]
    """Share of each cell of the sound's feature map; sums to 1 over the slots."""

    def count(self, least: float = 0.05) -> Int[Tensor, " B"]:
        """Number of sources of at least this mass, which is at most 1 in sum."""
        return (self.mass >= least).sum(1)


def nearest(seen: Contents, heard: Contents) -> tuple[Int[Tensor, "B L"], Float[Tensor, "B L"]]:
    """For each content of the sound the nearest visual content of its scene, and the cosine with it."""
    best = (seen.centres @ heard.centres.mT).max(1)
    return best.indices, best.values


def arrivals(seen: Contents, heard: Contents) -> Float[Tensor, "B K"]:
    """Mass of sound times cosine that each visual content gets; sound that points away from all of them is lost.

    Example:
        >>> seen = Contents(centres=torch.eye(2)[None], mass=torch.ones(1, 2) / 2, shares=torch.ones(1, 2, 1, 1) / 2)
        >>> arrivals(seen, seen)
        tensor([[0.5000, 0.5000]])
    """
    index_BL, cosine_BL = nearest(seen, heard)
    return torch.zeros_like(seen.mass).scatter_add(1, index_BL, heard.mass * cosine_BL.clamp_min(0))


def pair_up(seen: Contents, heard: Contents, *, alike: float = 0.7) -> Pairs:
    """The sources of each scene.

    Args:
        seen: contents of the pictures.
        heard: contents of their sounds.
        alike: cosine from which visual contents that both got sound are one source; chains of them count too.

    Raises:
        ValueError: a cosine outside (0, 1].
    """
    if not 0 < alike <= 1:
        raise ValueError(f"alike is {alike}; give a cosine in (0, 1]")
    index_BL, _ = nearest(seen, heard)
    reached_BK = arrivals(seen, heard)
    member_BKP = _sources(seen.centres, reached_BK, alike)
    mass_BP, order_BP = (reached_BK.unsqueeze(1) @ member_BKP).squeeze(1).sort(dim=1, descending=True, stable=True)
    member_BKP = member_BKP.gather(2, order_BP.unsqueeze(1).expand_as(member_BKP))
    part_BPK = (reached_BK.unsqueeze(2) * member_BKP).mT
    belongs_BLP = member_BKP.gather(1, index_BL.unsqueeze(2).expand(-1, -1, member_BKP.shape[2]))
    return Pairs(
        mass=mass_BP,
        centres=F.normalize(part_BPK @ seen.centres, dim=-1),
        heat=torch.einsum("bpk,bkhw->bphw", part_BPK, seen.shares),
        sound=torch.einsum("blp,bltf->bptf", belongs_BLP, heard.shares),
    )


def _sources(centres_BKC: Tensor, reached_BK: Tensor, alike: float) -> Float[Tensor, "B K P"]:
    # 1 where cluster k belongs to the source that is called after its first cluster, p. Clusters without sound are
    # sources of their own, without mass
    clusters = centres_BKC.shape[1]
    active = reached_BK > 0
    linked = (centres_BKC @ centres_BKC.mT >= alike) & active.unsqueeze(1) & active.unsqueeze(2)
    linked = linked | torch.eye(clusters, dtype=torch.bool, device=centres_BKC.device)
    for _ in range((clusters - 1).bit_length()):  # each round doubles the length of the chains
        linked = linked.to(reached_BK) @ linked.to(reached_BK) > 0
    first = linked.to(torch.uint8).cumsum(2).eq(0).sum(2)
    return F.one_hot(first, clusters).to(reached_BK)
