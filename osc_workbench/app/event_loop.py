"""The one event loop: qasync's, with exact timers.

qasync 0.28 starts a coarse Qt timer for every callback: these wake up to 24 ms early, cannot be cancelled, and a
thousand finished `wait_for` leave a thousand timers. Here everything that is due at once goes through one queue,
everything later through one heap with one precise Qt timer for its earliest entry, and a socket's callback runs
straight from its notifier instead of a turn of the loop later.
"""

import asyncio
import heapq
import math
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

import qasync
from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, Qt, QTimerEvent

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

# Above this many cancelled timers, and when they are the majority, the heap is rebuilt without them.
_CANCELLED_LIMIT = 100


class _Timers(QObject):
    """The two Qt timers of the loop: one for what is due at once, one for the earliest deadline."""

    def __init__(self, run_ready: Callable[[], None], run_due: Callable[[], None]) -> None:
        super().__init__()
        self._run_ready = run_ready
        self._run_due = run_due
        self._soon = 0
        self._later = 0

    def arm_soon(self) -> None:
        if not self._soon:
            self._soon = self.startTimer(0)

    def arm_later(self, delay_ms: int) -> None:
        if self._later:
            self.killTimer(self._later)
        self._later = self.startTimer(delay_ms, Qt.TimerType.PreciseTimer)

    def timerEvent(self, event: QTimerEvent) -> None:
        self.killTimer(event.timerId())
        if event.timerId() == self._soon:
            self._soon = 0
            self._run_ready()
        else:
            self._later = 0
            self._run_due()

    def stop(self) -> None:
        for timer in (self._soon, self._later):
            if timer:
                self.killTimer(timer)
        self._soon = self._later = 0


class WorkbenchEventLoop(qasync.QSelectorEventLoop):
    """An asyncio event loop on Qt's. Based on the selector loop, since a proactor has no `add_reader`."""

    def __init__(self, application: QCoreApplication) -> None:
        self._timers = _Timers(self._run_ready, self._run_due)
        self._cancelled = 0
        self._scheduled: list[asyncio.TimerHandle] = []
        # A Qt connection to a method holds its object only weakly, so the handle is kept here.
        self._notifiers: dict[int, tuple[QSocketNotifier, asyncio.Handle]] = {}
        super().__init__(application)

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        self._timers.arm_soon()
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._scheduled, handle)
        handle._scheduled = True  # type: ignore[attr-defined]  # TimerHandle.cancel looks at it
        if self._scheduled[0] is handle:
            self._arm_for(when)
        return handle

    def close(self) -> None:
        self._timers.stop()
        for number in list(self._notifiers):
            self._remove_reader(number)
        super().close()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        # Called by TimerHandle.cancel, also for one that has run.
        if not handle._scheduled:  # type: ignore[attr-defined]  # set in call_at
            return
        self._cancelled += 1
        if self._cancelled > _CANCELLED_LIMIT and self._cancelled * 2 > len(self._scheduled):
            self._scheduled = [entry for entry in self._scheduled if not entry.cancelled()]
            heapq.heapify(self._scheduled)
            self._cancelled = 0

    def _arm_for(self, when: float) -> None:
        # Rounded up: a timer that is late by a fraction of a millisecond is right, an early one is not.
        self._timers.arm_later(max(0, math.ceil((when - self.time()) * 1000)))

    def _run_ready(self) -> None:
        # What these callbacks add waits for the next turn, so that sockets and the window get theirs.
        try:
            for _ in range(len(self._ready)):
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            # A handle lets KeyboardInterrupt and SystemExit through; the others still get their turn.
            if self._ready:
                self._timers.arm_soon()

    def _run_due(self) -> None:
        now = self.time()
        while self._scheduled and (self._scheduled[0].cancelled() or self._scheduled[0].when() <= now):
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False  # type: ignore[attr-defined]  # as above
            if handle.cancelled():
                self._cancelled = max(0, self._cancelled - 1)
            else:
                self._ready.append(handle)
        if self._ready:
            self._timers.arm_soon()
        if self._scheduled:
            self._arm_for(self._scheduled[0].when())

    def _add_reader(self, fd: "FileDescriptorLike", callback: Callable[..., Any], *args: Any) -> asyncio.Handle:
        self._check_closed()
        self._remove_reader(fd)
        number = _number_of(fd)
        handle = asyncio.Handle(callback, args, self, None)
        notifier = QSocketNotifier(number, QSocketNotifier.Type.Read)
        notifier.activated.connect(handle._run)
        self._notifiers[number] = notifier, handle
        return handle

    def _remove_reader(self, fd: "FileDescriptorLike") -> bool:
        notifier, _ = self._notifiers.pop(_number_of(fd), (None, None))
        if notifier is None:
            return False
        notifier.setEnabled(False)
        notifier.activated.disconnect()
        # A notifier may be removed by its own callback; Qt still holds it then.
        notifier.deleteLater()
        return True


def _number_of(fd: "FileDescriptorLike") -> int:
    return fd if isinstance(fd, int) else fd.fileno()
