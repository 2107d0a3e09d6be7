"""Stopping a handler that does not end by itself, so that it does not stop everything else."""

import signal
import threading
import types
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any


class HandlerTimeoutError(BaseException):
    """Raised in the middle of a handler that has run for too long; no Exception, for handlers catch those."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise HandlerTimeoutError in the block after some seconds; None is no limit.

    It borrows the process's one alarm clock, so it works on the main thread, where there are signals; elsewhere a
    handler that does not end cannot be stopped.
    """
    if seconds is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    rung = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal rung
        rung += 1
        raise HandlerTimeoutError("it ran longer than it may")

    before = signal.signal(signal.SIGALRM, stop)
    # Again and again, because a handler may catch even this.
    other_left, other_interval = signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if other_left:
            elapsed = (rung + 1) * seconds - left
            signal.setitimer(signal.ITIMER_REAL, max(other_left - elapsed, 1e-6), other_interval)


@types.coroutine
def limit_steps(awaitable: Awaitable[Any], seconds: float | None) -> Generator[Any, Any, Any]:
    """Await something; HandlerTimeoutError is raised in it if it keeps the event loop waiting for too long at once."""
    coroutine = _wait_for(awaitable)
    step: Callable[[], Any] = partial(coroutine.send, None)
    while True:
        try:
            with time_limit(seconds):
                wish = step()
        except StopIteration as end:
            return end.value
        try:
            answer = yield wish
        except BaseException as error:
            step = partial(coroutine.throw, error)
        else:
            step = partial(coroutine.send, answer)


async def _wait_for(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
