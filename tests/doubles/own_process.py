"""Tests of what a process may do only while it is alone: they run in one of their own."""

import asyncio
import functools
import importlib
import inspect
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from tests.doubles.fork_server import ForkServer

TIMEOUT = 30.0


@functools.cache
def _server() -> ForkServer:
    return ForkServer("-W", "error", preload=["pytest", "osc_workbench.net.servers"])


def in_own_process(function: Callable[[], Awaitable[None] | None]) -> Callable[[], None]:
    """Run a test in a new process, without threads, windows and whatever other tests have left there."""

    @functools.wraps(function)
    def run() -> None:
        # A file, because children of a test that fails could hold a pipe open.
        with tempfile.TemporaryFile() as stderr, Path(os.devnull).open("r+b") as nothing:
            streams = {"stdin": nothing.fileno(), "stdout": nothing.fileno(), "stderr": stderr.fileno()}
            words = [function.__module__, function.__name__]
            process = _server().start(__name__, words, **streams)
            try:
                status = process.wait(TIMEOUT)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            stderr.seek(0)
            assert status == 0, stderr.read().decode()

    return run


def run_inside(module: str, name: str) -> None:
    """Run the test itself, in the process made for it."""
    function = getattr(importlib.import_module(module), name).__wrapped__
    if inspect.iscoroutinefunction(function):
        asyncio.run(function())
    else:
        function()


if __name__ == "__main__":
    run_inside(*sys.argv[1:])
