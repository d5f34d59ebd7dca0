import os
import signal
import threading

import pytest

from avlearn.training.interrupts import interrupts_deferred


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def run_deferred(*actions):
    with interrupts_deferred():
        for action in actions:
            action()


def test_waits_for_the_end_of_the_block():
    finished = []
    with pytest.raises(KeyboardInterrupt):
        run_deferred(interrupt, lambda: finished.append(True))
    assert finished


def test_a_second_interrupt_does_not_wait():
    finished = []
    with pytest.raises(KeyboardInterrupt):
        run_deferred(interrupt, interrupt, lambda: finished.append(True))
    assert not finished


def test_the_handler_comes_back():
    before = signal.getsignal(signal.SIGINT)
    with interrupts_deferred():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(ValueError, match="mine"), interrupts_deferred():
        raise ValueError("mine")
    assert signal.getsignal(signal.SIGINT) is before


def test_does_nothing_in_other_threads():
    reached = []

    def work():
        with interrupts_deferred():
            reached.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert reached == [True]
