import os
import signal
import threading

import pytest

from avlearn.training.interrupts import Interrupts, Terminated

EITHER = pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)


def send(number=signal.SIGINT):
    os.kill(os.getpid(), number)


def fail():
    raise ValueError("mine")


def run_deferred(*actions, shared=False):
    with Interrupts(shared=shared) as interrupts:
        with interrupts.deferred():
            for action in actions:
                action()
        return interrupts.pending


@EITHER
def test_waits_for_the_end_of_the_block(number, raised):
    finished = []
    with pytest.raises(raised):
        run_deferred(lambda: send(number), lambda: finished.append(True))
    assert finished


@EITHER
def test_is_raised_at_once_elsewhere(number, raised):
    finished = []

    def work():
        with Interrupts():
            send(number)
            finished.append(True)

    with pytest.raises(raised):
        work()
    assert not finished


@EITHER
def test_a_second_interrupt_does_not_wait(number, raised):
    finished = []
    with pytest.raises(raised):
        run_deferred(send, lambda: send(number), lambda: finished.append(True))
    assert not finished


def test_ctrl_c_is_no_termination():
    with pytest.raises(KeyboardInterrupt) as found:
        run_deferred(send)
    assert found.type is KeyboardInterrupt


@EITHER
def test_of_several_processes_only_noted(number, raised):
    finished = []
    actions = (lambda: send(number), send, lambda: finished.append(True))
    assert run_deferred(*actions, shared=True) is raised
    assert finished


def test_other_errors_come_first():
    with pytest.raises(ValueError, match="mine"):
        run_deferred(send, fail)


def test_the_handlers_come_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    during = []
    with pytest.raises(ValueError, match="mine"):
        run_deferred(lambda: during.append(signal.getsignal(signal.SIGTERM)), run_deferred, fail)
    assert during[0] not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_does_nothing_in_other_threads():
    reached = []

    def work():
        reached.append(run_deferred())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert reached == [None]
