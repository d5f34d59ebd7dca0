"""Batch norm over the whole batch that several processes share, as one process would compute it.

Torch's own `SyncBatchNorm` does this on GPUs only. So there it is taken, and everywhere else the norm of this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from avlearn.processes import sharers, whole

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@contextmanager
def shared_batch_norms(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Inside, the batch norms of a model see the whole batch; afterwards it has its own modules again.

    Weights, statistics and the keys of the state dict stay as they are all along.

    Args:
        model: changed in place.
        device: where it trains.
    """
    kind = nn.SyncBatchNorm if device.type == "cuda" else SharedBatchNorm
    replaced = [
        (parent, name, norm)
        for parent in model.modules()
        for name, norm in parent.named_children()
        if isinstance(norm, NORMS)
    ]
    for parent, name, norm in replaced:
        setattr(parent, name, _like(norm, kind))
    try:
        yield
    finally:
        for parent, name, norm in replaced:
            _hand_over(getattr(parent, name), norm)
            setattr(parent, name, norm)


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm of inputs of any shape (B, C, ...); in training, of the shares of all processes together.

    Mean and variance of each share travel, not sums of squares, which would lose digits where the mean is large.
    """

    def forward(self, input: Float[Tensor, "B C *positions"]) -> Float[Tensor, "B C *positions"]:
        """Normalised maps; gradients take into account that each scene has moved the statistics of all."""
        mean, variance = self.running_mean, self.running_var
        if self.training or mean is None or variance is None:
            return self._normalize(input)
        return F.batch_norm(input, mean, variance, self.weight, self.bias, eps=self.eps)

    def _normalize(self, input: Tensor) -> Tensor:
        x = input.to(torch.promote_types(input.dtype, torch.float32))
        axes = [axis for axis in range(x.ndim) if axis != 1]
        spread, centre = torch.var_mean(x, axes, correction=0)
        centres, spreads = whole(torch.stack([centre, spread])[None]).unbind(1)
        mean = centres.mean(0)
        variance = spreads.mean(0) + (centres - mean).square().mean(0)
        self._remember(mean, variance, count=sharers() * x.numel() // x.shape[1])
        scale = (variance + self.eps).rsqrt()
        scale = scale if self.weight is None else scale * self.weight
        shift = -mean * scale if self.bias is None else self.bias - mean * scale
        shape = (-1,) + (1,) * (x.ndim - 2)
        return torch.addcmul(shift.view(shape), x, scale.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, *, count: int) -> None:
        if not self.training or self.running_mean is None or self.running_var is None:
            return
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        momentum = 1 / int(self.num_batches_tracked or 1) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), momentum)
        self.running_var.lerp_((variance * count / max(count - 1, 1)).to(self.running_var), momentum)


def _like(
    norm: nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d, kind: type[nn.SyncBatchNorm | SharedBatchNorm]
) -> nn.Module:
    other = kind(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
    _hand_over(norm, other)
    return other


def _hand_over(norm: nn.Module, other: nn.Module) -> None:
    # The same tensors, not copies: an optimiser that has been given the parameters keeps them
    for name, tensor in (*norm.named_parameters(recurse=False), *norm.named_buffers(recurse=False)):
        setattr(other, name, tensor)
    other.train(norm.training)
