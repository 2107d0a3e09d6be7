"""The one thread of ours: it does small things at exact times, because timers of an event loop are late.

It touches nothing but deadlines, encoded bytes and sockets: it sends what is ready to leave, or wakes a loop.
"""

import asyncio
import ctypes
import heapq
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from osc_workbench.net.clock import Clock

# A sleep ends some 60 us late, more on a busy machine; what is left of this lead is spent in a spin.
LEAD = 0.0002
# A loop takes about this long to come round when it is woken, and spins for the rest of both.
_WAKE_LEAD = 0.00015
# A thread that computes gives way to ours after this time, not after Python's 5 ms; else nobody would ask.
_SWITCH_INTERVAL = 0.0005
# Source: Linux include/uapi/linux/prctl.h. The kernel rounds sleeps of a thread by up to 50 us unless told otherwise.
_PR_SET_TIMERSLACK = 29
_TIMER_SLACK_NS = 1000
# One wait lasts no longer, because neither locks nor event loops can wait for centuries.
_LONGEST_WAIT = 3600.0


class DeadlineThread:
    """Calls actions shortly before their time; an action spins until then by `spin_until`.

    The thread begins with the first deadline and ends with `close`. Actions must be short and must not raise.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._live: set[int] = set()
        self._numbers = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closing = False

    def __len__(self) -> int:
        """How many actions wait."""
        with self._changed:
            return len(self._live)

    def at(self, due: float, action: Callable[[], None]) -> int:
        """Have `action` called on the thread, LEAD seconds before `due` (monotonic seconds); return its number."""
        with self._changed:
            self._numbers += 1
            self._live.add(self._numbers)
            heapq.heappush(self._heap, (due, self._numbers, action))
            if self._thread is None:
                self._is_closing = False
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif self._heap[0][1] == self._numbers:
                self._changed.notify()
            return self._numbers

    def cancel(self, number: int) -> None:
        """Do not call an action; one that was called already is no error."""
        with self._changed:
            self._live.discard(number)
            # What is cancelled stays in the heap until its time, which can be far away; it must not be what fills it.
            if len(self._heap) > 2 * len(self._live) + 64:
                self._heap = [entry for entry in self._heap if entry[1] in self._live]
                heapq.heapify(self._heap)

    def close(self) -> int:
        """End the thread; return how many actions were not called."""
        with self._changed:
            self._is_closing = True
            left = len(self._live)
            self._heap.clear()
            self._live.clear()
            self._changed.notify()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        return left

    def spin_until(self, due: float) -> None:
        """Return at this time, not before."""
        time = self.clock.time
        while time() < due:
            pass

    def _run(self) -> None:
        _sleep_exactly()
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        try:
            while (action := self._next_action()) is not None:
                action()
        finally:
            sys.setswitchinterval(before)

    def _next_action(self) -> Callable[[], None] | None:
        """Wait for the next action; None when the thread is to end."""
        with self._changed:
            while not self._is_closing:
                while self._heap and self._heap[0][1] not in self._live:
                    heapq.heappop(self._heap)
                wait = self._heap[0][0] - LEAD - self.clock.time() if self._heap else None
                if wait is not None and wait <= 0:
                    _, number, action = heapq.heappop(self._heap)
                    self._live.remove(number)
                    return action
                self._changed.wait(None if wait is None else min(wait, _LONGEST_WAIT))
            return None


def call_on(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: Any) -> None:
    """Call a function on a loop from another thread; once the loop is closed there is nobody left to tell."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        return


class LoopAlarm:
    """Calls a function on an event loop at an exact time, never early.

    The thread wakes the loop a little before; the loop spins for the rest.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, thread: DeadlineThread, on_due: Callable[[], None]) -> None:
        self._loop = loop
        self._thread = thread
        self._on_due = on_due
        self._due: float | None = None
        self._number = 0
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)
        loop.add_reader(self._reading.fileno(), self._on_wake)

    def set(self, due: float | None) -> None:
        """Call at this time (monotonic seconds) instead of the one set before; None: not at all."""
        if due == self._due:
            return
        if self._due is not None:
            self._thread.cancel(self._number)
        self._due = due
        if due is not None:
            self._number = self._thread.at(due - _WAKE_LEAD, self._wake)

    def close(self) -> None:
        self.set(None)
        self._loop.remove_reader(self._reading.fileno())
        self._reading.close()
        self._writing.close()

    def _wake(self) -> None:
        try:
            self._writing.send(b"\0")
        except OSError:
            # Full: the loop will wake anyway. Closed: nobody waits any more.
            return

    def _on_wake(self) -> None:
        self._reading.recv(64)
        due = self._due
        if due is None or due - self._thread.clock.time() > 2 * (LEAD + _WAKE_LEAD):
            # Woken for a deadline that was moved meanwhile.
            return
        self._thread.spin_until(due)
        self._due = None
        self._on_due()


class LoopTimer:
    """The same by the event loop's own timers: late by a millisecond or so, but without a thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, on_due: Callable[[], None]) -> None:
        self._loop = loop
        self._clock = clock
        self._on_due = on_due
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, due: float | None) -> None:
        self._due = due
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None:
            wait = min(max(0.0, due - self._clock.time()), _LONGEST_WAIT)
            self._timer = self._loop.call_later(wait, self._on_timer)

    def close(self) -> None:
        self.set(None)

    def _on_timer(self) -> None:
        if self._due is not None and self._clock.time() < self._due:
            self.set(self._due)
            return
        self._due = self._timer = None
        self._on_due()


def _sleep_exactly() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(_TIMER_SLACK_NS))
