"""One place for everything that goes wrong unexpectedly: exceptions of Python and asyncio, log entries, Qt's messages.

A fault is counted, kept, written to stderr, and shown; the program goes on.
"""

import asyncio
import logging
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_KEPT = 200
# A fault in every frame must not fill the disk with its traceback.
_WRITTEN_LIMIT = 100

# Qt's offscreen and minimal platforms say this for every window; it means nothing there.
_HARMLESS = ("This plugin does not support propagateSizeHints",)


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, in one line, and all that is known about it."""

    summary: str
    details: str


class Faults(logging.Handler):
    """Collects faults.

    on_fault: called with each of them, on the thread where it happened.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.kept: deque[Fault] = deque(maxlen=_KEPT)
        self.count = 0
        self.on_fault: Callable[[Fault], None] = lambda _: None

    def install(self) -> None:
        """Take over Python's and Qt's reports and those of our own and asyncio's loggers."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        sys.unraisablehook = self._on_unraisable
        qInstallMessageHandler(self._on_qt_message)
        for name in ("osc_workbench", "asyncio", "qasync"):
            logger = logging.getLogger(name)
            logger.addHandler(self)
            logger.propagate = False

    def uninstall(self) -> None:
        """Give everything back."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        sys.unraisablehook = sys.__unraisablehook__
        qInstallMessageHandler(None)
        for name in ("osc_workbench", "asyncio", "qasync"):
            logger = logging.getLogger(name)
            logger.removeHandler(self)
            logger.propagate = True

    def report(self, summary: str, details: str = "") -> None:
        fault = Fault(summary, details or summary)
        self.count += 1
        self.kept.append(fault)
        if self.count <= _WRITTEN_LIMIT:
            print(fault.details, file=sys.stderr)
            if self.count == _WRITTEN_LIMIT:
                print(f"{self.count} faults so far; those that follow are only counted.", file=sys.stderr)
        self.on_fault(fault)

    def note(self, text: str) -> None:
        """Keep what went wrong outside of the program, such as a lost connection; it has been shown already."""
        self.count += 1
        self.kept.append(Fault(text, text))

    def emit(self, record: logging.LogRecord) -> None:
        details = record.getMessage()
        if record.exc_info:
            details += "\n" + "".join(traceback.format_exception(*record.exc_info))
        self.report(record.getMessage(), details)

    def on_loop_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report what an event loop could not place; for `loop.set_exception_handler`."""
        error = context.get("exception")
        if error is None:
            self.report(str(context.get("message")))
        else:
            self._on_exception(type(error), error, error.__traceback__)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(f"{kind.__name__}: {error}", "".join(traceback.format_exception(kind, error, trace)))

    def _on_thread_exception(self, found: threading.ExceptHookArgs) -> None:
        if found.exc_type is not SystemExit:
            name = found.thread.name if found.thread else "unknown"
            error = found.exc_value or found.exc_type()
            self.report(
                f"{found.exc_type.__name__} in thread {name}: {error}",
                "".join(traceback.format_exception(found.exc_type, error, found.exc_traceback)),
            )

    def _on_unraisable(self, found: "sys.UnraisableHookArgs") -> None:
        error = found.exc_value or found.exc_type()
        summary = f"{found.exc_type.__name__}: {error} ({found.err_msg or 'ignored in'} {found.object!r})"
        trace = traceback.format_exception(found.exc_type, error, found.exc_traceback)
        self.report(summary, f"{summary}\n{''.join(trace)}")

    def _on_qt_message(self, kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) or text.startswith(_HARMLESS):
            return
        self.report(f"Qt: {text}")
