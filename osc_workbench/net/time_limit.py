"""Stopping a handler that does not end by itself, so that it does not stop everything else."""

import signal
import threading
import types
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
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
    if seconds is None or not _has_alarm():
        yield
        return
    with _alarm(seconds, _stop):
        yield


def _stop() -> None:
    raise HandlerTimeoutError("it ran longer than it may")


def _has_alarm() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@contextmanager
def _alarm(seconds: float, on_alarm: Callable[[], None]) -> Iterator[None]:
    """Call a function every so many seconds, wherever the block is then, and give the alarm clock back as it was."""
    rung = 0

    def ring(_number: int, _frame: FrameType | None) -> None:
        nonlocal rung
        rung += 1
        on_alarm()

    before = signal.signal(signal.SIGALRM, ring)
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


class Watch:
    """Does for many short calls what `time_limit` does for one, at a hundredth of the cost for each.

        with watch:
            for ...:
                watch.begin()
                try: ...            # HandlerTimeoutError is raised in here
                finally: watch.end()

    time: monotonic seconds. A call is stopped after the limit or up to a quarter of it later. is_on: False where there
    are no signals, and outside of the block; then nothing is stopped.
    """

    def __init__(self, seconds: float, time: Callable[[], float]) -> None:
        self.is_on = False
        self._seconds = seconds
        self._time = time
        self._began: float | None = None
        self._stack = ExitStack()

    def begin(self) -> None:
        self._began = self._time()

    def end(self) -> None:
        self._began = None

    def __enter__(self) -> None:
        if not self.is_on and _has_alarm():
            self._stack.enter_context(_alarm(self._seconds / 4, self._on_alarm))
            self._stack.callback(setattr, self, "is_on", False)
            self.is_on = True

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _on_alarm(self) -> None:
        if self._began is not None and self._time() - self._began >= self._seconds:
            raise HandlerTimeoutError("it ran longer than it may")


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
