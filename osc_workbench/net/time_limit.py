"""Stopping a handler that does not end by itself, so that it does not stop everything else."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class HandlerTimeoutError(Exception):
    """Raised in the middle of a handler that has run for too long."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise HandlerTimeoutError("it ran longer than it may")


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise HandlerTimeoutError in the block after some seconds; None is no limit.

    It takes the process's one alarm clock, so it works on the main thread, where there are signals; elsewhere a handler
    that does not end cannot be stopped.
    """
    if seconds is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
