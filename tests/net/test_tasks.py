"""Named tasks report their failure."""

import asyncio
import gc

import pytest

from osc_workbench.net.tasks import spawn
from tests.doubles.waiting import until


async def test_failed_task_is_logged_with_its_name(expected_errors: list[str]) -> None:
    expected_errors.append("The task 'fetch the moon' failed.")

    async def fail() -> None:
        raise ValueError("too far")

    task = spawn(fail(), "fetch the moon")
    await until(task.done)
    assert task.get_name() == "fetch the moon"
    assert isinstance(task.exception(), ValueError)


async def test_failure_is_an_error_of_the_log(caplog: pytest.LogCaptureFixture, expected_errors: list[str]) -> None:
    expected_errors.append("failed")

    async def fail() -> None:
        raise ValueError("too far")

    task = spawn(fail(), "x")
    await until(task.done)
    await until(lambda: caplog.messages)
    assert caplog.messages == ["The task 'x' failed."]


async def test_cancelled_task_is_no_failure() -> None:
    task = spawn(asyncio.sleep(60), "sleeper")
    await asyncio.sleep(0)
    task.cancel()
    await until(task.done)
    assert task.cancelled()


async def test_task_that_nobody_holds_runs_to_its_end() -> None:
    done: list[bool] = []

    async def work() -> None:
        for _ in range(3):
            gc.collect()
            await asyncio.sleep(0)
        done.append(True)

    spawn(work(), "worker")
    await until(lambda: done)
