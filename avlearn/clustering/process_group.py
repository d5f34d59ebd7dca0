"""What the processes of a group tell each other, so that one algorithm runs alike in one process and in many."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor, distributed

Group: TypeAlias = distributed.ProcessGroup | Literal["world"] | None
"""A group of processes, each with a share of the rows; all processes of the run; or None, this process alone."""


class Ranks:
    """The processes that share the rows of one matrix, in the order of their ranks. Alone, everything is an identity.

    Args:
        group: see `Group`.
        device: where the tensors that travel lie: the GPU of the process under NCCL.

    Raises:
        ValueError: a group although torch.distributed isn't initialised.
    """

    def __init__(self, group: Group, device: torch.device) -> None:
        if group is not None and not (distributed.is_available() and distributed.is_initialized()):
            raise ValueError(
                "group is given but torch.distributed isn't initialised; run under torchrun or leave it out"
            )
        self._group = distributed.group.WORLD if group == "world" else group
        self._device = device
        self.rank = 0 if self._group is None else distributed.get_rank(self._group)
        self.size = 1 if self._group is None else distributed.get_world_size(self._group)

    def sum(self, tensor: Tensor) -> Tensor:
        """Sum over the processes; the same bits in each."""
        return self._reduced(tensor, distributed.ReduceOp.SUM)

    def max(self, tensor: Tensor) -> Tensor:
        """Elementwise maximum over the processes."""
        return self._reduced(tensor, distributed.ReduceOp.MAX)

    def gather(self, tensor: Tensor) -> Tensor:
        """The tensors of all processes, of equal shapes, as one of shape (processes, ...)."""
        if self._group is None:
            return tensor[None]
        sent = tensor.to(self._device).contiguous()
        received = [torch.empty_like(sent) for _ in range(self.size)]
        distributed.all_gather(received, sent, group=self._group)
        return torch.stack(received).to(tensor.device)

    def first(self, tensor: Tensor) -> Tensor:
        """The tensor of the first process, whatever the others hold."""
        return self.gather(tensor)[0]

    def _reduced(self, tensor: Tensor, operation: distributed.ReduceOp.RedOpType) -> Tensor:
        if self._group is None:
            return tensor
        sent = tensor.to(self._device, copy=True).contiguous()
        distributed.all_reduce(sent, op=operation, group=self._group)
        return sent.to(tensor.device)
