"""Interrupts that wait until a step is whole: Ctrl-C, a notebook's stop button, and SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""Exit status of a program that a signal has ended: 128 and its number, as shells tell it."""


class Terminated(KeyboardInterrupt):
    """The process is told to end by SIGTERM, as `kill`, schedulers and container hosts do before they use force."""


class Interrupts:
    """Makes SIGTERM raise `Terminated` inside the block, as SIGINT raises KeyboardInterrupt, and holds both back where
    that is asked for.

    Processes that compute together must stop after the same step, or some of them would wait for the others in vain.
    So if they are `shared`, interrupts are only noted in `pending`, and it is for the caller to agree and raise.

    Outside of the main thread, where Python delivers no signals, nothing changes.

    Args:
        shared: whether several processes have to stop together.

    Example:
        >>> import os
        >>> with Interrupts() as interrupts:
        ...     try:
        ...         with interrupts.deferred():
        ...             os.kill(os.getpid(), signal.SIGTERM)
        ...             print("the step is whole")
        ...     except Terminated:
        ...         print("and then the run ends")
        the step is whole
        and then the run ends
    """

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = shared
        self.pending: type[KeyboardInterrupt] | None = None
        self._deferring = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in EXIT_CODES:
                self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Hold interrupts back inside the block and raise them at its end; a second one is raised at once.

        What else is raised inside the block comes first.
        """
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self.pending is not None and not self.shared:
            kind, self.pending = self.pending, None
            raise kind

    def _receive(self, number: int, frame: FrameType | None) -> None:
        kind = Terminated if number == signal.SIGTERM else KeyboardInterrupt
        again = self.pending is not None
        self.pending = self.pending or kind
        # torchrun passes on what the terminal has sent to all already, so a second signal means nothing if shared
        if not self.shared and (again or not self._deferring):
            self.pending = None
            raise kind
