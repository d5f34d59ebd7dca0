"""What several processes that train one model tell each other; in a single process, or outside of training, nothing.

Under `torchrun` each process computes its share of every batch. An objective that compares all scenes of the batch asks
here for the rows of the others, as if it had computed them, and needn't know how many processes there are. Gradients
flow back to whoever computed a row, and are summed over all that used it; so, with the mean over processes that data
parallel training takes, each process may return either the loss of the whole batch or the mean over its share.

Processes must come here in step. So sharing has to be declared, and the training loop does so for its steps alone:
whatever one process computes by itself, in a callback for example, stays its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, TypeVar, cast

import torch
from jaxtyping import Shaped
from torch import Tensor, distributed

from avlearn.types import AVBatch

T = TypeVar("T")

LOST = ("gloo", "nccl", "connection", "socket", "timed out")
"""One of these is in what torch says when another process doesn't answer."""

_sharing: ContextVar[bool] = ContextVar("sharing", default=False)


@contextmanager
def sharing_batches() -> Iterator[None]:
    """Inside, the processes of the default group have a share each of one batch, all equally large.

    Example:
        >>> with sharing_batches():
        ...     sharers()  # nobody started other processes
        1
    """
    token = _sharing.set(True)
    try:
        yield
    finally:
        _sharing.reset(token)


def sharers() -> int:
    """Number of processes that share the batch at hand; 1 outside of `sharing_batches`."""
    return distributed.get_world_size() if _sharing.get() and _grouped() else 1


def is_first() -> bool:
    """Whether this is the process that writes and prints: the only one, or the first of its group."""
    return not _grouped() or distributed.get_rank() == 0


def whole(x: Shaped[Tensor, "b *rest"]) -> Shaped[Tensor, "B *rest"]:
    """The rows of all shares, in the order of the processes, with gradients to each of them; of one process, `x`.

    Args:
        x: this process's rows, as many as every other's.

    Example:
        >>> x = torch.ones(2, 3)
        >>> whole(x) is x
        True
    """
    return x if sharers() == 1 else cast(Tensor, _Whole.apply(x))  # type: ignore[no-untyped-call]


def whole_batch(batch: AVBatch) -> AVBatch:
    """The scenes of all shares, in the order of the processes.

    Raises:
        ValueError: the batch has its truth, which is never passed on.
    """
    if sharers() == 1:
        return batch
    if batch.truth is not None:
        raise ValueError("processes share what they train on, and that is without truth; call without_truth() first")
    return replace(batch, frames=whole(batch.frames), waveform=whole(batch.waveform), index=whole(batch.index))


def own_rows(rows: int) -> slice:
    """Which of so many rows of a whole batch are this process's.

    Example:
        >>> own_rows(6)
        slice(0, 6, None)
    """
    share, rank = rows // sharers(), distributed.get_rank() if sharers() > 1 else 0
    return slice(rank * share, (rank + 1) * share)


@torch.no_grad()
def total(x: Shaped[Tensor, "*any"]) -> Shaped[Tensor, "*any"]:
    """Sum over the processes, for logs: without a gradient."""
    return x if sharers() == 1 else whole(x[None]).sum(0)


def first_generator() -> torch.Generator:
    """Torch's own generator on the CPU, as the first process has it: for draws that are the same in all of them."""
    if sharers() == 1:
        return torch.default_generator
    return torch.Generator().set_state(from_first(torch.default_generator.get_state()))


def from_first(value: T) -> T:
    """What the first process of the group has; anything that can be pickled."""
    if not _grouped():
        return value
    values: list[Any] = [value if is_first() else None]
    distributed.broadcast_object_list(values)
    return cast(T, values[0])


def in_first(action: Callable[[], T]) -> T:
    """Do something in the first process of the group alone, such as writing a file; all get what it returns.

    Raises:
        Exception: what the action raised, in every process; or the `ConnectionError` of `answered`.

    Example:
        >>> in_first(lambda: 1 + 1)
        2
    """
    if not _grouped():
        return action()
    with answered():
        result, error = from_first(_attempt(action) if is_first() else (None, None))
    if error is not None:
        raise error
    return cast(T, result)


@contextmanager
def answered() -> Iterator[None]:
    """Say in plain words that another process has gone or hangs, where torch says it in its own.

    Raises:
        ConnectionError: a process of the group didn't answer.
    """
    try:
        yield
    except RuntimeError as error:
        if not (_grouped() and any(word in str(error).lower() for word in LOST)):
            raise
        raise ConnectionError(
            f"process {distributed.get_rank()} of {distributed.get_world_size()}: another one has ended or hangs; "
            "see its own message for the reason. What was saved is intact: start all of them again, with resume "
            f"(torch says: {str(error).splitlines()[0]})"
        ) from error


def _grouped() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _attempt(action: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return action(), None
    except Exception as error:
        return None, error


class _Whole(torch.autograd.Function):
    """Gathers rows; a row's gradient is the sum of what all processes have for it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        rows = x.new_empty((distributed.get_world_size() * len(x), *x.shape[1:]))
        distributed.all_gather(list(rows.chunk(distributed.get_world_size())), x.contiguous())
        return rows

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        # Not reduce_scatter, which older gloo has not
        grad = grad.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(grad)
        share, rank = len(grad) // distributed.get_world_size(), distributed.get_rank()
        return grad[rank * share : (rank + 1) * share]
