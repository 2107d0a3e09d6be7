"""Handlers from a Python file that the user names on the command line; it is loaded again when it changes."""

import asyncio
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, overload

from osc_workbench.net.errors import EndpointError
from osc_workbench.net.time_limit import HandlerTimeoutError, time_limit
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, Handler

# How often the file is looked at, and how long running its top level may take.
_LOOK_INTERVAL = 0.5
_LOAD_TIMEOUT = 5.0


class ScriptDispatcher:
    """What a script sees as `dispatcher`: it registers like a Dispatcher and remembers what it registered."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.handlers: list[Handler] = []
        self._dispatcher = dispatcher

    @overload
    def on(self, address: str | int) -> Callable[[Callable[[Context], Any]], Callable[[Context], Any]]: ...
    @overload
    def on(self, address: str | int, function: Callable[[Context], Any]) -> Handler: ...
    def on(self, address: str | int, function: Callable[[Context], Any] | None = None) -> Any:
        if function is not None:
            self.handlers.append(self._dispatcher.on(address, function))
            return self.handlers[-1]

        def register(decorated: Callable[[Context], Any]) -> Callable[[Context], Any]:
            self.handlers.append(self._dispatcher.on(address, decorated))
            return decorated

        return register

    def map(
        self, address: str | int, function: Callable[..., Any], *fixed: Any, needs_reply_address: bool = False
    ) -> Handler:
        self.handlers.append(self._dispatcher.map(address, function, *fixed, needs_reply_address=needs_reply_address))
        return self.handlers[-1]

    def cancel(self) -> None:
        for handler in self.handlers:
            handler.cancel()
        self.handlers.clear()


class Script:
    """One file of handlers.

    names: what the script finds defined, besides `dispatcher`. on_problem: called with one sentence when it cannot be
    loaded; then the handlers of its last good version stay. on_news: when it was loaded again.
    """

    def __init__(
        self,
        path: Path,
        dispatcher: Dispatcher,
        names: dict[str, Any],
        on_problem: Callable[[str], None],
        on_news: Callable[[str], None] | None = None,
    ) -> None:
        self.path = path
        self.problem = ""
        self._dispatcher = dispatcher
        self._names = names
        self._on_problem = on_problem
        self._on_news = on_news or on_problem
        self._registered = ScriptDispatcher(dispatcher)
        self._seen: tuple[int, int] | None = None

    @property
    def handlers(self) -> int:
        """How many handlers it has registered."""
        return len(self._registered.handlers)

    def load(self) -> None:
        """Run the script. Raises EndpointError if it cannot be read or fails; then the handlers before stay."""
        self._seen = self._look()
        registered = ScriptDispatcher(self._dispatcher)
        names = {"__name__": "osc_script", "__file__": str(self.path), "dispatcher": registered, **self._names}
        # The script is the user's program, named by the user: whatever it raises is an answer, not our failure.
        try:
            # The time is for reading, too: the path can be that of a pipe into which nobody writes.
            with time_limit(_LOAD_TIMEOUT):
                exec(compile(self._read(), str(self.path), "exec"), names)
        except EndpointError:
            registered.cancel()
            raise
        except (Exception, SystemExit, HandlerTimeoutError) as error:
            registered.cancel()
            raise EndpointError(self._describe(error)) from None
        self._registered.cancel()
        self._registered = registered
        self.problem = ""

    async def watch(self) -> None:
        """Load it again whenever it changes, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_INTERVAL)
            if self._look() == self._seen:
                continue
            try:
                self.load()
            except EndpointError as error:
                self.problem = str(error)
                self._on_problem(f"{error} Its handlers of before stay.")
            else:
                self._on_news(f"{self.path.name} was loaded again: {self.handlers} handlers.")

    def cancel(self) -> None:
        """Take its handlers back."""
        self._registered.cancel()

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise EndpointError(f"The script {self.path} cannot be read: {error.strerror}.") from None

    def _look(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _describe(self, error: BaseException) -> str:
        if isinstance(error, SyntaxError):
            line = f", line {error.lineno}" if error.lineno else ""
            return f"{error.filename or self.path}{line}: SyntaxError: {error.msg}."
        kind = "" if isinstance(error, HandlerTimeoutError) else f"{type(error).__name__}: "
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(self.path)]
        line = f", line {own[-1].lineno}" if own else ""
        return f"{self.path}{line}: {kind}{' '.join(str(error).split())[:300]}."
