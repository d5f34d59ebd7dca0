"""Deep co-clustering (Hu, Nie & Li, "Deep Multimodal Clustering for Unsupervised Audiovisual Learning", CVPR 2019).

Each of K clusters has a space of its own, reached by a matrix W_j that pictures and sounds share. Vectors are softly
assigned to clusters by the agreement of their projection with the cluster's centre, and the centres of the two
modalities are compared cluster by cluster.

No projected vector is ever stored. Since sum_i s_ij W_j u_i = W_j (sum_i s_ij u_i) and
<c_j, W_j u_i> = <W_j' c_j, u_i>, both halves of an iteration are products of (K, N) and (N, C) matrices, D times
cheaper than projecting all N vectors. For the same reason vectors need not be squashed one by one: their factors go
into the assignments and the agreements.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.types import HeatMaps

from .thin_products import ThinProducts

EPS = 1e-12


def squash(x: Float[Tensor, "*batch C"]) -> Float[Tensor, "*batch C"]:
    """Scale vectors to length tanh(10 |x|): short ones stay short, all others get length one.

    Gradients are finite at x = 0, where squash(x) = 10 x.

    Example:
        >>> squash(torch.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    return _factor(torch.linalg.vecdot(x, x)).unsqueeze(-1) * x


def _factor(squares: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    # What squash multiplies a vector of this squared length with: tanh(10 |x|) / |x|
    norm: Tensor = (squares + EPS).sqrt()
    return torch.tanh(10 * norm) / norm


def cocluster(
    x_BNC: Float[Tensor, "B N C"],
    weight_KCD: Float[Tensor, "K C D"],
    *,
    iterations: int,
    sharpness: float = 1.0,
) -> tuple[Float[Tensor, "B K D"], Float[Tensor, "B K N"]]:
    """Iterated soft assignment of one modality's vectors to K clusters, each in its own space.

    Args:
        x_BNC: feature vectors x_i; the algorithm works on u_i = squash(x_i).
        weight_KCD: the matrices W_j that project C-dimensional vectors into the D-dimensional space of cluster j.
        iterations: T; the first centre of every cluster is sum_i W_j u_i / K.
        sharpness: z of the soft minimum. The released code has 1; assignments stay close to uniform then.

    Returns:
        Centres c_j = squash(sum_i s_ij W_j u_i) and the assignments s_ij that made them. Assignments sum to 1 over the
        clusters. Agreements are overwritten in each iteration, not accumulated.

    Example:
        >>> centres, assignments = cocluster(torch.randn(2, 64, 8), torch.randn(4, 8, 3), iterations=3, sharpness=30.0)
        >>> centres.shape, assignments.sum(1).allclose(torch.ones(2, 64))
        (torch.Size([2, 4, 3]), True)
    """
    clusters = len(weight_KCD)
    products = ThinProducts(x_BNC, rows=[1] + [clusters] * 2 * (iterations - 1))
    factor_B1N = _factor(products.squares).unsqueeze(1)
    s_BKN = torch.full_like(factor_B1N, 1 / clusters).expand(-1, clusters, -1)
    mean_B1C = products.pooled(factor_B1N) / clusters
    c_BKD = project(mean_B1C.expand(-1, clusters, -1), weight_KCD)
    for _ in range(iterations - 1):
        s_BKN = torch.softmax(sharpness * factor_B1N * products.along(direction(c_BKD, weight_KCD)), dim=1)
        c_BKD = project(products.pooled(s_BKN * factor_B1N), weight_KCD)
    return squash(c_BKD), s_BKN


def project(x_BKC: Float[Tensor, "*B K C"], weight_KCD: Float[Tensor, "K C D"]) -> Float[Tensor, "*B K D"]:
    """W_j x_j: row j of x in the space of cluster j."""
    return torch.einsum("...kc,kcd->...kd", x_BKC, weight_KCD)


def agreement(
    c_BKD: Float[Tensor, "B K D"], weight_KCD: Float[Tensor, "K C D"], u_BNC: Float[Tensor, "B N C"]
) -> Float[Tensor, "B K N"]:
    """<c_j / |c_j|, W_j u_i>: how far every vector goes along each centre. The length of W_j u_i counts as salience."""
    return direction(c_BKD, weight_KCD) @ u_BNC.mT


def direction(c_BKD: Float[Tensor, "B K D"], weight_KCD: Float[Tensor, "K C D"]) -> Float[Tensor, "B K C"]:
    """W_j' c_j / |c_j|: the direction in feature space that each centre looks for."""
    return torch.einsum("bkd,kcd->bkc", F.normalize(c_BKD, dim=-1, eps=EPS), weight_KCD)


def vectors(x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B N C"]:
    """Feature map as its set of N = h w vectors, in float32 also where the encoder works in half precision."""
    return x.flatten(2).mT.to(torch.promote_types(x.dtype, torch.float32))


class CoClustering(nn.Module):
    """K shared spaces and iterated soft assignment; one object serves both modalities.

    Args:
        in_dim: C, channels of the feature vectors.
        num_clusters: K; 10 in the released code.
        dim: D of each cluster's space; 16 in the released code.
        iterations: T; 3 in the released code.
        sharpness: z of the assignments; 1 in the released code.

    Shape:
        (B, N, C) vectors -> centres (B, K, D) and assignments (B, K, N) that sum to 1 over K.

    Raises:
        ValueError: fewer than two clusters, no iteration, or a sharpness that isn't positive.

    Example:
        >>> centres, assignments = CoClustering(512)(torch.randn(2, 64, 512))
        >>> centres.shape, assignments.shape
        (torch.Size([2, 10, 16]), torch.Size([2, 10, 64]))
    """

    def __init__(
        self, in_dim: int, num_clusters: int = 10, dim: int = 16, iterations: int = 3, sharpness: float = 1.0
    ) -> None:
        super().__init__()
        check_clusters(num_clusters, iterations, sharpness)
        self.iterations, self.sharpness = iterations, sharpness
        self.weight = nn.Parameter(glorot(num_clusters, in_dim, dim))

    def forward(self, x: Float[Tensor, "B N C"]) -> tuple[Float[Tensor, "B K D"], Float[Tensor, "B K N"]]:
        """Squashed centres and assignments."""
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(torch.promote_types(x.dtype, torch.float32))
            return cocluster(x, self.weight, iterations=self.iterations, sharpness=self.sharpness)


class CoClusteringMatcher(nn.Module):
    """Published similarity: sum over the clusters of the cosine between the picture's and the sound's centre.

    The two modalities are clustered independently; cluster j of one meets only cluster j of the other.
    The arguments are those of `CoClustering`.

    Example:
        >>> matcher = CoClusteringMatcher(128)
        >>> matcher(torch.randn(5, 128, 12, 12), torch.randn(6, 128, 8, 8)).shape
        torch.Size([5, 6])
    """

    def __init__(
        self, in_dim: int, num_clusters: int = 10, dim: int = 16, iterations: int = 3, sharpness: float = 1.0
    ) -> None:
        super().__init__()
        self.clustering = CoClustering(in_dim, num_clusters, dim, iterations, sharpness)

    def forward(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A C t f"]) -> Float[Tensor, "V A"]:
        """Similarity in [-K, K] of every picture with every sound; memory grows with V A, never with V A N."""
        image_centres, _ = self.clustering(vectors(image))
        audio_centres, _ = self.clustering(vectors(audio))
        return unit(image_centres).flatten(1) @ unit(audio_centres).flatten(1).mT

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B C t f"]) -> HeatMaps:
        """Heat maps of picture i for sound i; the attention map sums to the score."""
        weight = self.clustering.weight
        u_BNC = squash(vectors(image))
        audio_centres, audio_s = self.clustering(vectors(audio))
        _, image_s = self.clustering(vectors(image))
        share = contributions(u_BNC, weight, image_s, audio_centres)
        uniform = torch.full_like(audio_s[:, :, 0], 1 / audio_s.shape[1])
        return HeatMaps(
            similarity=position_cosines(u_BNC, weight, audio_centres, uniform).unflatten(1, image.shape[2:]),
            attention=share.sum(1).unflatten(1, image.shape[2:]),
            clusters=image_s.unflatten(2, image.shape[2:]),
            score=share.sum((1, 2)),
            sound_clusters=audio_s.unflatten(2, audio.shape[2:]),
        )


def contributions(
    u_BNC: Float[Tensor, "B N C"],
    weight_KCD: Float[Tensor, "K C D"],
    s_BKN: Float[Tensor, "B K N"],
    reference_BKD: Float[Tensor, "B K D"],
) -> Float[Tensor, "B K N"]:
    """What every position adds to each cluster's cosine: s_ij <W_j u_i, r_j/|r_j|> / |c_j|.

    With c_j = sum_i s_ij W_j u_i, the sum over positions is exactly cos(c_j, r_j).
    """
    c_BKD = project(s_BKN @ u_BNC, weight_KCD)
    norm_BK1 = (c_BKD.square().sum(-1, keepdim=True) + EPS).sqrt()
    return s_BKN * agreement(reference_BKD, weight_KCD, u_BNC) / norm_BK1


def position_cosines(
    u_BNC: Float[Tensor, "B N C"],
    weight_KCD: Float[Tensor, "K C D"],
    reference_BKD: Float[Tensor, "B K D"],
    mass_BK: Float[Tensor, "B K"],
) -> Float[Tensor, "B N"]:
    """sum_j m_j cos(W_j u_i, r_j): cosine map that ignores assignments, with the masses m_j summing to one."""
    projected_BKND = torch.einsum("bnc,kcd->bknd", u_BNC, weight_KCD)
    cosines_BKN = torch.einsum("bknd,bkd->bkn", unit(projected_BKND), unit(reference_BKD))
    return torch.einsum("bk,bkn->bn", mass_BK, cosines_BKN)


def glorot(num_clusters: int, in_dim: int, dim: int) -> Float[Tensor, "K C D"]:
    """Glorot-uniform matrices; the K spaces are drawn as one (C, K D) matrix, as in the released code."""
    flat: Tensor = nn.init.xavier_uniform_(torch.empty(in_dim, num_clusters * dim))
    return flat.view(in_dim, num_clusters, dim).movedim(1, 0).contiguous()


def check_clusters(num_clusters: int, iterations: int, sharpness: float, *, least: int = 2) -> None:
    """One clear error for settings that can't work."""
    if num_clusters < least:
        raise ValueError(f"num_clusters is {num_clusters}; co-clustering needs at least {least}")
    if iterations < 1:
        raise ValueError(f"iterations is {iterations}; give at least 1")
    if not sharpness > 0:
        raise ValueError(f"sharpness is {sharpness}; give a positive number, 1 as released, about 30 to separate")


def unit(x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
    """Vectors of length one, with finite gradients at zero."""
    norm: Tensor = (x.square().sum(-1, keepdim=True) + EPS).sqrt()
    return x / norm
