"""Calls in a process of their own, which may crash or hang there without harm: for files that nobody vouches for."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from avlearn.data.media import MediaError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Isolated:
    """Runs functions in one helper process.

    Video decoders are large programs in C, and a file can be made to crash one; then the whole process dies, with all
    that it was learning. `read_clip` and its kin decode where they are called, which is fastest and right for files of
    known origin. Others are read through this once, before they enter a data set. A helper that dies or takes too long
    is replaced for the next call.

    Example:
        >>> from avlearn.data import probe
        >>> with Isolated(timeout=60) as isolated:
        ...     isolated(probe, "missing.mp4")
        Traceback (most recent call last):
        FileNotFoundError: missing.mp4 is no file; give the path of a video
    """

    timeout: float | int = 60.0
    """Seconds that a call may take, the start of the helper apart."""
    _process: BaseProcess | None = field(default=None, init=False, repr=False)
    _connection: Connection[Any, Any] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.timeout > 0:
            raise ValueError(f"timeout is {self.timeout}; give seconds, more than 0")

    def __call__(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function returns, or raises, in the helper.

        Args:
            function: can be pickled, such as `read_clip`.
            args: its arguments.
            kwargs: its arguments by name.

        Raises:
            MediaError: the helper died, or took too long.
        """
        connection = self._start()
        connection.send_bytes(pickle.dumps((function, args, kwargs)))
        what = args[0] if args else kwargs.get("path", function.__name__)
        if not connection.poll(self.timeout):
            self.close()
            raise MediaError(f"{what}: reading it took more than {self.timeout} s; the helper was stopped")
        try:
            result, error = pickle.loads(connection.recv_bytes())
        except EOFError:
            raise MediaError(f"{what}: reading it killed the helper ({self._cause_of_death()})") from None
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def __enter__(self) -> Isolated:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the helper; the next call starts another one."""
        if self._process is not None and self._connection is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._connection.close()
        self._process = self._connection = None

    def _start(self) -> Connection[Any, Any]:
        if self._connection is None:
            # A forked helper would share the locks of this process's threads
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
            self._await_start(self._connection)
        return self._connection

    def _await_start(self, connection: Connection[Any, Any]) -> None:
        try:
            connection.recv_bytes()
        except EOFError:
            self.close()
            message = "the helper process could not start; scripts call it under `if __name__ == '__main__':`"
            raise RuntimeError(message) from None

    def _cause_of_death(self) -> str:
        assert self._process is not None
        self._process.join()
        code = self._process.exitcode or 0
        self.close()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _serve(connection: Connection[Any, Any]) -> None:
    # An interrupt from the keyboard reaches helpers too; it is the main process that decides when they end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, ConnectionError):  # the main process has ended, or was killed
        connection.send_bytes(b"ready")
        while True:
            _answer(connection)


def _answer(connection: Connection[Any, Any]) -> None:
    # Plain bytes: torch would send tensors through shared memory, of which some machines have little
    function, args, kwargs = pickle.loads(connection.recv_bytes())
    try:
        answer: tuple[Any, Exception | None] = function(*args, **kwargs), None
    except Exception as error:
        answer = None, error
    connection.send_bytes(pickle.dumps(answer))
