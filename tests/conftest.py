"""Set the platform before Qt is imported, run coroutine tests, fail a test that leaves something behind.

It also says how many processes share the tests, and how hypothesis runs.
"""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"

import asyncio
import gc
import inspect
import logging
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

ASYNC_TEST_TIMEOUT = 30.0
THREAD_EXIT_TIMEOUT = 2.0
FEW_FILES = 3
MOST_WORKERS = 8

# Machines are shared, so no example has a deadline; its files stay outside the working directory.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "osc_workbench_hypothesis")
settings.register_profile(
    "workbench", database=None, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("workbench")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes `-n auto` means; 0 is this one alone.

    Each needs some seconds to find the tests, in which a few files have been run.
    """
    files = [Path(argument.partition("::")[0]) for argument in config.args]
    are_few = len(files) <= FEW_FILES and all(file.is_file() for file in files)
    cores = os.cpu_count() or 1
    return 0 if are_few or cores == 1 else min(cores, MOST_WORKERS)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end; to go through it again and again is 3 % of the time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test on an event loop of its own; a task still running at its end is a failure."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def call() -> list[str]:
        async with asyncio.timeout(ASYNC_TEST_TIMEOUT):
            await pyfuncitem.obj(**arguments)
        # One turn of the loop, so that what the test cancelled has ended.
        await asyncio.sleep(0)
        return sorted(task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()})

    with asyncio.Runner() as runner:
        left = runner.run(call())
    if left:
        pytest.fail(f"The test left tasks running: {', '.join(left)}.", pytrace=False)
    return True


class ErrorCollector(logging.Handler):
    """Keeps what our own loggers report at ERROR and above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture
def expected_errors() -> list[str]:
    """Texts that error logs of this test may contain; a test appends what it provokes on purpose."""
    return []


@pytest.fixture(autouse=True)
def nothing_left_behind(expected_errors: list[str]) -> Iterator[None]:
    """Fail a test that leaves a non-daemon thread or logs an unexpected error."""
    before = set(threading.enumerate())
    collector = ErrorCollector()
    loggers = [logging.getLogger("osc_workbench"), logging.getLogger("asyncio")]
    for logger in loggers:
        logger.addHandler(collector)
    yield
    for logger in loggers:
        logger.removeHandler(collector)
    unexpected = [message for message in collector.messages if not any(text in message for text in expected_errors)]
    left = [thread.name for thread in threads_left(before)]
    assert not unexpected, f"The test logged errors: {unexpected}"
    assert not left, f"The test left threads running: {left}"


def threads_left(before: set[threading.Thread]) -> list[threading.Thread]:
    """Return the non-daemon threads that are not in `before` and do not end by themselves."""
    started = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in started:
        thread.join(THREAD_EXIT_TIMEOUT)
    return [thread for thread in started if thread.is_alive()]
