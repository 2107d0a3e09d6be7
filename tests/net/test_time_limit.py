"""The time limit by itself; what it does for handlers is in test_runners."""

import signal
import threading
import time

import pytest

from osc_workbench.net.time_limit import HandlerTimeoutError, limit_steps, time_limit
from tests.doubles.program import wait_for


def spin() -> None:
    while True:
        pass


def test_a_block_that_is_in_time_is_not_stopped_afterwards() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(0.02):
        pass
    time.sleep(0.05)
    assert signal.getsignal(signal.SIGALRM) == before


def test_the_alarm_clock_of_others_goes_on_afterwards() -> None:
    # The tests themselves have a time limit by this one alarm clock.
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    timer = signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(HandlerTimeoutError), time_limit(0.01):
            spin()
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] < 0.095
        with time_limit(0.5):
            wait_for(lambda: signal.getitimer(signal.ITIMER_REAL)[0] < 0.4)
        wait_for(lambda: rung)
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def test_limits_can_be_nested() -> None:
    with time_limit(5):
        with pytest.raises(HandlerTimeoutError), time_limit(0.01):
            spin()
        assert 4 < signal.getitimer(signal.ITIMER_REAL)[0] < 5


def test_on_another_thread_the_limit_does_nothing() -> None:
    done: list[int] = []

    def work() -> None:
        with time_limit(0.001):
            time.sleep(0.01)
        done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]


async def test_what_is_awaited_in_steps_gives_its_result() -> None:
    async def seven() -> int:
        return 7

    assert await limit_steps(seven(), 1) == 7
    assert await limit_steps(seven(), None) == 7
