"""Crashes and hangs stay in the helper."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import time

import pytest

from avlearn.data.isolation import Isolated, _serve
from avlearn.data.media import MediaError


def crash(path: str) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave(path: str) -> None:
    os._exit(3)


def hang(path: str) -> None:
    time.sleep(600)


def test_life_of_a_helper() -> None:
    with Isolated(timeout=120) as isolated:
        first = isolated(os.getpid)
        assert first != os.getpid()
        assert isolated(os.getpid) == first, "one helper for all calls"
        with pytest.raises(ValueError, match="invalid literal"):
            isolated(int, "seven")
        assert isolated(divmod, 7, 2) == (3, 1)
        with pytest.raises(MediaError, match=r"bad\.mp4: reading it killed the helper \(SIGSEGV\)"):
            isolated(crash, "bad.mp4")
        second = isolated(os.getpid)
        assert second != first, "a new helper after the crash"
        with pytest.raises(MediaError, match=r"killed the helper \(exit code 3\)"):
            isolated(leave, "bad.mp4")


def test_a_helper_that_hangs_is_stopped() -> None:
    with Isolated(timeout=0.2) as isolated:
        with pytest.raises(MediaError, match=r"slow\.mp4: reading it took more than 0\.2 s"):
            isolated(hang, "slow.mp4")
        assert isolated._process is None


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="timeout is 0"):
        Isolated(timeout=0)


def test_a_helper_ends_quietly_with_the_main_process(capfd: pytest.CaptureFixture[str]) -> None:
    ours, theirs = multiprocessing.Pipe()
    helper = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    helper.start()
    theirs.close()
    assert ours.recv_bytes() == b"ready"
    ours.send_bytes(pickle.dumps((time.sleep, (0.2,), {})))
    ours.close()
    helper.join(timeout=300)
    assert helper.exitcode == 0
    helper.close()
    assert capfd.readouterr().err == ""
