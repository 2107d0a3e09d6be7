"""Where handlers run: on the event loop or on a few threads; in processes of their own see `fork_runner`."""

import asyncio
import logging
import os
import queue
import threading
import traceback
from collections.abc import Callable
from typing import Protocol

from osc_workbench.net.deadlines import call_on
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tasks import spawn
from osc_workbench.net.time_limit import time_limit
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Handler, Outcome, complete, invoke
from osc_workbench.osc.packet import OscPacket

logger = logging.getLogger(__name__)

# Handlers that go on at the same time, and messages that wait for a thread or process; more are refused and counted.
RUNNING_LIMIT = 1000
# How long `close` waits for threads; a handler that hangs must not keep the program.
_JOIN_TIMEOUT = 1.0


class HandlerError(Exception):
    """What went wrong with a handler, where it is known only in words."""


OnFailure = Callable[[Outcome], None]


class HandlerRunner(Protocol):
    """Runs the handlers of one message.

    has_threads: False where a thread beside it would do harm. refused: messages whose handlers did not run because too
    many were running. on_failure: called on the event loop
    with each outcome that is an error; whoever owns the runner sets it.
    """

    has_threads: bool
    refused: int
    on_failure: OnFailure

    def run(self, handlers: tuple[Handler, ...], context: Context) -> None: ...

    def running(self) -> int:
        """Return how many handlers have begun and not ended."""

    def close(self) -> None:
        """Stop those that go on."""


def log_failure(outcome: Outcome) -> None:
    """Report a failed handler where nobody else does."""
    logger.error("%s", describe_failure(outcome))


def describe_failure(outcome: Outcome) -> str:
    """Return one sentence about a handler that failed: which, on what, why and where."""
    handler, context, _, error = outcome
    where = ""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    own = [frame for frame in frames if not frame.filename.startswith(_OUR_FOLDER)]
    if own:
        where = f" ({os.path.basename(own[-1].filename)}, line {own[-1].lineno})"
    pattern = f" for {handler.pattern}" if handler.pattern != "" else ""
    kind = "" if isinstance(error, HandlerError) else f"{type(error).__name__}: "
    text = " ".join(f"{kind}{error}".split())
    return f"The handler {handler.name}{pattern} failed on {context.address}: {text[:300]}{where}."


_OUR_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class LoopRunner:
    """Runs handlers at once on the event loop; coroutines go on beside each other as tasks.

    timeout: seconds after which a function is stopped, task_timeout: a coroutine; None for no limit.
    """

    has_threads = True

    def __init__(self, timeout: float | None = None, task_timeout: float | None = None) -> None:
        self.refused = 0
        self.on_failure: OnFailure = log_failure
        self._timeout = timeout
        self._task_timeout = task_timeout
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, handlers: tuple[Handler, ...], context: Context) -> None:
        for handler in handlers:
            if self._timeout is None:
                outcome = invoke(handler, context)
            else:
                with time_limit(self._timeout):
                    outcome = invoke(handler, context)
            if outcome.awaitable is not None:
                self._go_on(outcome)
            elif outcome.error is not None:
                self.on_failure(outcome)

    def running(self) -> int:
        return len(self._tasks)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until the tasks that `close` has cancelled have ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _go_on(self, outcome: Outcome) -> None:
        if len(self._tasks) >= RUNNING_LIMIT:
            self.refused += 1
            if asyncio.iscoroutine(outcome.awaitable):
                outcome.awaitable.close()
            return
        task = spawn(self._complete(outcome), f"handler {outcome.handler.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _complete(self, outcome: Outcome) -> None:
        try:
            async with asyncio.timeout(self._task_timeout):
                outcome = await complete(outcome)
        except TimeoutError:
            outcome = outcome._replace(error=HandlerError(f"it ran longer than {self._task_timeout:g} s"))
        if outcome.error is not None:
            self.on_failure(outcome)


class ThreadRunner:
    """Runs handlers on at most `workers` threads, so their order is not certain.

    A thread that hangs is lost to the pool; at the end it is left behind and said so.
    """

    has_threads = True

    def __init__(self, workers: int = 8) -> None:
        self.refused = 0
        self.on_failure: OnFailure = log_failure
        self._workers = workers
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: queue.SimpleQueue[tuple[tuple[Handler, ...], Context] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._lock = threading.Lock()

    def run(self, handlers: tuple[Handler, ...], context: Context) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        if self.running() >= RUNNING_LIMIT:
            self.refused += 1
            return
        with self._lock:
            self._running += 1
        if self._running > len(self._threads) and len(self._threads) < self._workers:
            # Daemons: a handler that hangs must not keep the program from ending.
            thread = threading.Thread(target=self._work, name=f"handlers {len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._waiting.put((handlers, context._replace(send=_sender_on(self._loop, context.send))))

    def running(self) -> int:
        return self._running

    def close(self) -> None:
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(_JOIN_TIMEOUT / len(self._threads))
        hung = [thread for thread in self._threads if thread.is_alive()]
        if hung:
            logger.warning("%d handlers have not ended and are left behind.", len(hung))
        self._threads.clear()

    def _work(self) -> None:
        while (work := self._waiting.get()) is not None:
            handlers, context = work
            try:
                for handler in handlers:
                    outcome = invoke(handler, context)
                    if outcome.awaitable is not None:
                        outcome = asyncio.run(complete(outcome))
                    if outcome.error is not None and self._loop is not None:
                        call_on(self._loop, self.on_failure, outcome)
            finally:
                with self._lock:
                    self._running -= 1


def _sender_on(loop: asyncio.AbstractEventLoop, send: Callable[[OscPacket], None]) -> Callable[[OscPacket], None]:
    """Return a sender for another thread; what goes wrong is logged, since the thread has gone on by then."""

    def send_on_loop(packet: OscPacket) -> None:
        try:
            send(packet)
        except EndpointError as error:
            logger.warning("A reply was not sent: %s", error)

    return lambda packet: call_on(loop, send_on_loop, packet)
