"""Handlers that run each in a process of their own, for programs without a window and without threads."""

import asyncio
import os
import signal
import sys
import threading
from collections import deque
from contextlib import AbstractContextManager, nullcontext, suppress

from osc_workbench.net.errors import EndpointError
from osc_workbench.net.runners import RUNNING_LIMIT, HandlerError, OnFailure, log_failure, too_many
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Handler, Outcome, complete, invoke
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.framing import Framing, make_framer
from osc_workbench.osc.packet import OscPacket

# Begins a frame that tells of a failure; no packet begins like this.
_FAILED = b","
# Seconds a process may take unless told otherwise, and between two looks whether one has ended.
FORK_TIMEOUT, _POLL_INTERVAL = 60.0, 0.002


class ForkRunner:
    """Runs the handlers of each message in a process of their own; what they change stays there.

    children: how many at the same time; further messages wait. timeout: seconds after which one is killed.
    """

    has_threads = False

    def __init__(self, children: int = 40, timeout: float = FORK_TIMEOUT) -> None:
        refuse_forking()
        self.refused = 0
        self.on_failure: OnFailure = log_failure
        self._limit = children
        self._timeout = timeout
        self._waiting: deque[tuple[tuple[Handler, ...], Context]] = deque()
        self._children: dict[int, _Child] = {}

    def run(self, handlers: tuple[Handler, ...], context: Context) -> None:
        if len(self._waiting) >= RUNNING_LIMIT:
            self.refused += 1
            self.on_failure(too_many(handlers[0], context))
        elif len(self._children) >= self._limit:
            self._waiting.append((handlers, context))
        else:
            self._fork(handlers, context)

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def running(self) -> int:
        return len(self._children)

    def close(self) -> None:
        self.refused += len(self._waiting)
        self._waiting.clear()
        for child in list(self._children.values()):
            child.kill()

    def _fork(self, handlers: tuple[Handler, ...], context: Context) -> None:
        try:
            pid, reading = _start_child(handlers, context)
        except OSError as error:
            self.on_failure(Outcome(handlers[0], context, None, HandlerError(f"no process was started: {error}")))
            return
        self._children[pid] = _Child(pid, reading, handlers, context, self)

    def ended(self, child: "_Child") -> None:
        """Take note that a child has ended; the next message that waits gets its turn."""
        del self._children[child.pid]
        while self._waiting and len(self._children) < self._limit:
            self._fork(*self._waiting.popleft())

    @property
    def timeout(self) -> float:
        return self._timeout


class _Child:
    """The parent's side of one forked process: its replies come through a pipe, so the parent sends and counts them."""

    def __init__(
        self, pid: int, reading: int, handlers: tuple[Handler, ...], context: Context, runner: ForkRunner
    ) -> None:
        self.pid = pid
        self._reading = reading
        self._handlers = handlers
        self._is_killed = False
        self._context = context
        self._runner = runner
        self._framer = make_framer(Framing.LENGTH)
        self._loop = asyncio.get_running_loop()
        os.set_blocking(reading, False)
        self._loop.add_reader(reading, self._on_readable)
        self._timer = self._loop.call_later(runner.timeout, self._on_timeout)
        self._look: asyncio.TimerHandle | None = None

    def kill(self) -> None:
        self._is_killed = True
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._stop_reading()
        self._reap(0)

    def _on_readable(self) -> None:
        try:
            data = os.read(self._reading, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            self._stop_reading()
            self._reap(os.WNOHANG)
            return
        self._framer.receive_data(data)
        for frame in self._framer.take_packets():
            if frame[:1] == _FAILED:
                number, _, text = frame[1:].decode("utf-8", "replace").partition(" ")
                self._fail(HandlerError(text), int(number))
                continue
            try:
                self._context.send(decode_packet(frame))
            except (EndpointError, OscDecodeError) as error:
                # What was written and cannot be read is an address that begins in an odd way.
                self._fail(error)

    def _on_timeout(self) -> None:
        self._fail(HandlerError(f"it ran longer than {self._runner.timeout:g} s and was killed"))
        self.kill()

    def _fail(self, error: Exception, number: int = 0) -> None:
        self._runner.on_failure(Outcome(self._handlers[number], self._context, None, error))

    def _stop_reading(self) -> None:
        if self._reading >= 0:
            self._loop.remove_reader(self._reading)
            os.close(self._reading)
            self._reading = -1

    def _reap(self, options: int) -> None:
        """Take leave of the process if it has ended; one that closed its descriptors can live on, so look again."""
        pid, status = self.pid, 0
        # A program that ignores SIGCHLD has no dead children to ask.
        with suppress(ChildProcessError):
            pid, status = os.waitpid(self.pid, options)
        if pid == self.pid:
            self._end(status)
        else:
            self._look = self._loop.call_later(_POLL_INTERVAL, self._reap, os.WNOHANG)

    def _end(self, status: int) -> None:
        self._timer.cancel()
        if self._look is not None:
            self._look.cancel()
        if os.WIFSIGNALED(status) and not self._is_killed:
            self._fail(HandlerError(f"its process was ended by signal {os.WTERMSIG(status)}"))
        elif os.WIFEXITED(status) and os.WEXITSTATUS(status):
            self._fail(HandlerError(f"its process ended with status {os.WEXITSTATUS(status)}"))
        self._runner.ended(self)


def refuse_forking() -> None:
    """Raise EndpointError where a copy of this process would be broken from its start."""
    remedy = "Use a threading or an asynchronous server."
    if not hasattr(os, "fork"):
        raise EndpointError("This system cannot fork.", remedy)
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        raise EndpointError("A program with a Qt window must not fork: the copy would share its connections.", remedy)
    others = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    if others:
        raise EndpointError(
            f"A program with other threads ({', '.join(others[:3])}) must not fork: locks they hold would stay locked.",
            remedy,
        )


def _start_child(handlers: tuple[Handler, ...], context: Context) -> tuple[int, int]:
    """Fork and return the child's number and the descriptor its frames come from. Raises OSError."""
    # Threads and windows can have come since the runner was made.
    refuse_forking()
    # What is in a buffer now, both processes would write.
    _flush_output()
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if pid == 0:
        _be_child(handlers, context, writing)
    os.close(writing)
    return pid, reading


def _be_child(handlers: tuple[Handler, ...], context: Context, writing: int) -> None:
    """Run handlers in the forked process and leave it; nothing of the parent's event loop may be touched."""
    status = 0
    try:
        signal.set_wakeup_fd(-1)
        for stopping in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stopping, signal.SIG_DFL)
        framer = make_framer(Framing.LENGTH)

        def send(packet: OscPacket) -> None:
            _write_all(writing, framer.frame(encode_packet(packet)))

        for number, handler in enumerate(handlers):
            outcome = invoke(handler, context._replace(send=send))
            if outcome is not None and outcome.awaitable is not None:
                outcome = asyncio.run(complete(outcome))
            if outcome is not None:
                text = f"{number} {type(outcome.error).__name__}: {outcome.error}"
                _write_all(writing, framer.frame(_FAILED + text.encode("utf-8", "replace")))
        _flush_output()
    except BaseException:
        status = 1
    finally:
        os._exit(status)


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        # Closed, or nobody reads it any more: then there is nothing to lose.
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
