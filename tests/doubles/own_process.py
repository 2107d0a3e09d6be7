"""Tests of what a process may do only while it is alone: they run in one of their own."""

import asyncio
import functools
import inspect
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress

TIMEOUT = 30.0


def in_own_process(function: Callable[[], Awaitable[None] | None]) -> Callable[[], None]:
    """Run a test in a new process, without threads, windows and whatever other tests have left there."""

    @functools.wraps(function)
    def run() -> None:
        code = f"from {__name__} import run_inside; from {function.__module__} import {function.__name__} as test; "
        command = [sys.executable, "-W", "error", "-c", code + "run_inside(test)"]
        # A file, because children of a test that fails could hold a pipe open.
        with tempfile.TemporaryFile() as stderr:
            process = subprocess.Popen(command, stderr=stderr, start_new_session=True)
            try:
                status = process.wait(TIMEOUT)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            stderr.seek(0)
            assert status == 0, stderr.read().decode()

    return run


def run_inside(test: Callable[[], None]) -> None:
    """Run the test itself, in the process made for it."""
    function = test.__wrapped__  # type: ignore[attr-defined]  # `wraps` has set it
    if inspect.iscoroutinefunction(function):
        asyncio.run(function())
    else:
        function()
