"""Where handlers run: on the event loop or on a few threads; in processes of their own see `fork_runner`."""

import asyncio
import logging
import os
import queue
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Protocol

from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import call_on
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tasks import spawn
from osc_workbench.net.time_limit import HandlerTimeoutError, Watch, limit_steps, time_limit
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Handler, Outcome, complete, invoke
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.notation import format_address
from osc_workbench.osc.packet import OscPacket

logger = logging.getLogger(__name__)

# Handlers that go on at the same time, and messages that wait for a thread or process; more are refused and counted.
RUNNING_LIMIT = 1000
# How long closing waits for threads and tasks; a handler that hangs must not keep the program.
_JOIN_TIMEOUT = 1.0
# What handlers raise can be a text of any length, and so can an address from the network.
_TEXT_LIMIT = 300


class HandlerError(Exception):
    """What went wrong with a handler, where it is known only in words."""


OnFailure = Callable[[Outcome], None]


class HandlerRunner(Protocol):
    """Runs the handlers of one message.

    has_threads: False where a thread beside it would do harm. refused: handlers, or messages with theirs, that did not
    run because too many were running; each is a failure, too. on_failure: called on the event loop with each outcome
    that is an error; whoever owns the runner sets it.
    """

    has_threads: bool
    refused: int
    on_failure: OnFailure

    def run(self, handlers: tuple[Handler, ...], context: Context) -> None: ...

    def batch(self) -> AbstractContextManager[None]:
        """Return what to hold while the handlers of several messages are run; it only saves time."""

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
    text = " ".join(f"{kind}{error}".split())[:_TEXT_LIMIT]
    # What a terminal could take for a command is shown as Python writes it.
    plain = text if text.isprintable() else repr(text)[1:-1]
    address = format_address(context.address)[:_TEXT_LIMIT]
    return f"The handler {handler.name}{pattern} failed on {address}: {plain}{where}."


def too_many(handler: Handler, context: Context) -> Outcome:
    """Return the outcome of a handler that cannot run because RUNNING_LIMIT others do."""
    return Outcome(handler, context, None, HandlerError(f"it did not run, as {RUNNING_LIMIT:,} others have not ended"))


async def finish(outcome: Outcome) -> Outcome | None:
    """Do as `complete`; a cancellation that was not asked of this task is a failure of the handler, too."""
    try:
        return await complete(outcome)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return Outcome(outcome.handler, outcome.context, None, error)


_OUR_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class LoopRunner:
    """Runs handlers at once on the event loop; coroutines go on beside each other as tasks.

    timeout: seconds after which a function is stopped, or a coroutine that does not come to its next await;
    task_timeout: a coroutine as a whole; None for no limit.
    """

    has_threads = True

    def __init__(
        self, timeout: float | None = None, task_timeout: float | None = None, clock: Clock | None = None
    ) -> None:
        self.refused = 0
        self.on_failure: OnFailure = log_failure
        self._timeout = timeout
        self._task_timeout = task_timeout
        self._watch = None if timeout is None else Watch(timeout, (clock or Clock()).time)
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, handlers: tuple[Handler, ...], context: Context) -> None:
        for handler in handlers:
            outcome = invoke(handler, context) if self._timeout is None else self._invoke(handler, context)
            if outcome is None:
                continue
            if outcome.awaitable is not None:
                self._go_on(outcome)
            else:
                self.on_failure(outcome)

    def batch(self) -> AbstractContextManager[None]:
        return self._watch or nullcontext()

    def running(self) -> int:
        return len(self._tasks)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until the tasks that `close` has cancelled have ended; those that refuse are left behind."""
        if self._tasks:
            _, hung = await asyncio.wait(self._tasks, timeout=_JOIN_TIMEOUT)
            if hung:
                logger.warning("%d handlers have not ended and are left behind.", len(hung))

    def _invoke(self, handler: Handler, context: Context) -> Outcome | None:
        watch = self._watch
        try:
            if watch is None or not watch.is_on:
                with time_limit(self._timeout):
                    return invoke(handler, context)
            watch.begin()
            try:
                return invoke(handler, context)
            finally:
                watch.end()
        except HandlerTimeoutError as error:
            return Outcome(handler, context, None, _ran_too_long(self._timeout, error))

    def _go_on(self, outcome: Outcome) -> None:
        if len(self._tasks) >= RUNNING_LIMIT:
            self.refused += 1
            if asyncio.iscoroutine(outcome.awaitable):
                outcome.awaitable.close()
            self.on_failure(too_many(outcome.handler, outcome.context))
            return
        task = spawn(self._complete(outcome), f"handler {outcome.handler.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _complete(self, outcome: Outcome) -> None:
        failed: Outcome | None
        if self._timeout is not None and outcome.awaitable is not None:
            outcome = outcome._replace(awaitable=limit_steps(outcome.awaitable, self._timeout))
        try:
            async with asyncio.timeout(self._task_timeout):
                failed = await finish(outcome)
        except TimeoutError as error:
            failed = outcome._replace(error=_ran_too_long(self._task_timeout, error))
        except HandlerTimeoutError as error:
            failed = outcome._replace(error=_ran_too_long(self._timeout, error))
        if failed is not None:
            self.on_failure(failed)


def _ran_too_long(timeout: float | None, error: BaseException) -> HandlerError:
    """Return what to say of a handler that was stopped; where it was is in the traceback."""
    return HandlerError(f"it ran longer than {timeout:g} s and was stopped").with_traceback(error.__traceback__)


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
            self.on_failure(too_many(handlers[0], context))
            return
        with self._lock:
            self._running += 1
        if self._running > len(self._threads) and len(self._threads) < self._workers:
            # Daemons: a handler that hangs must not keep the program from ending.
            thread = threading.Thread(target=self._work, name=f"handlers {len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._waiting.put((handlers, context))

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def running(self) -> int:
        return self._running

    def close(self) -> None:
        left = 0
        with suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
                left += 1
        if left:
            logger.warning("%d messages whose handlers waited for a thread were discarded.", left)
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
                    self._run_one(handler, context)
            finally:
                with self._lock:
                    self._running -= 1

    def _run_one(self, handler: Handler, context: Context) -> None:
        assert self._loop is not None
        loop = self._loop
        own = context._replace(send=lambda packet: call_on(loop, self._send, handler, context, packet))
        try:
            outcome = invoke(handler, own)
            if outcome is not None and outcome.awaitable is not None:
                outcome = asyncio.run(finish(outcome))
        except (SystemExit, asyncio.CancelledError) as error:
            # A task that the handler has started ends its loop so, and would end the thread; the pool has only so many.
            outcome = Outcome(handler, own, None, error)
        if outcome is not None:
            call_on(loop, self.on_failure, outcome)

    def _send(self, handler: Handler, context: Context, packet: OscPacket) -> None:
        """Send a reply, on the event loop; the handler has gone on by then."""
        try:
            context.send(packet)
        except (EndpointError, OscEncodeError) as error:
            self.on_failure(Outcome(handler, context, None, error))
