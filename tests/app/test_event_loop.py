import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from osc_workbench.app.event_loop import WorkbenchEventLoop
from tests.doubles.waiting import until

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def run(qapp: QApplication) -> Iterator[Run]:
    """Run a coroutine on the loop of the window."""
    with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(qapp)) as runner:
        yield runner.run


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    left.setblocking(False)
    yield left, right
    left.close()
    right.close()


def the_loop() -> WorkbenchEventLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, WorkbenchEventLoop)
    return loop


def test_no_timer_is_early_and_most_are_on_time(run: Run) -> None:
    delays = [n * 0.0037 for n in range(40)]

    async def late_by(delay: float) -> float:
        start = time.monotonic()
        await asyncio.sleep(delay)
        return time.monotonic() - start - delay

    async def measure() -> list[float]:
        return await asyncio.gather(*map(late_by, delays))

    late = sorted(run(measure()))
    assert late[0] >= 0
    # The machine may be busy: half of them tell whether the timers are exact.
    assert late[len(late) // 2] < 0.005


def test_callbacks_run_in_the_order_of_their_times(run: Run) -> None:
    async def collect() -> list[int]:
        seen: list[int] = []
        now = the_loop().time()
        for number in (5, 1, 4, 2, 3):
            the_loop().call_at(now + number * 0.002, seen.append, number)
        the_loop().call_soon(seen.append, 0)
        await until(lambda: len(seen) == 6)
        return seen

    assert run(collect()) == [0, 1, 2, 3, 4, 5]


def test_a_cancelled_timer_does_not_fire(run: Run) -> None:
    async def collect() -> list[str]:
        seen: list[str] = []
        handle = the_loop().call_later(0.001, seen.append, "cancelled")
        the_loop().call_later(0.002, seen.append, "kept")
        assert isinstance(handle, asyncio.TimerHandle)
        handle.cancel()
        await until(lambda: bool(seen))
        return seen

    assert run(collect()) == ["kept"]


def test_a_cancelled_call_soon_does_not_run(run: Run) -> None:
    async def collect() -> list[str]:
        seen: list[str] = []
        the_loop().call_soon(seen.append, "cancelled").cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return seen

    assert run(collect()) == []


def test_finished_waits_leave_no_growing_heap(run: Run) -> None:
    async def wait_often() -> int:
        for _ in range(1000):
            await asyncio.wait_for(asyncio.sleep(0), 60)
        return len(the_loop()._scheduled)

    assert run(wait_often()) < 250


def test_timeouts_that_fired_do_not_count_as_cancelled(run: Run) -> None:
    async def time_out() -> int:
        for _ in range(20):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        return the_loop()._cancelled

    assert run(time_out()) == 0


def test_a_timer_in_the_past_fires_at_once(run: Run) -> None:
    async def fire() -> None:
        fired = asyncio.Event()
        the_loop().call_at(the_loop().time() - 100, fired.set)
        await asyncio.wait_for(fired.wait(), 1)

    run(fire())


def test_a_reader_is_called_for_what_comes(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair

    async def read() -> list[bytes]:
        seen: list[bytes] = []
        the_loop().add_reader(left, lambda: seen.append(left.recv(10)))
        for part in (b"one", b"two"):
            count = len(seen)
            right.send(part)
            await until(lambda count=count: len(seen) > count)
        assert the_loop().remove_reader(left)
        assert not the_loop().remove_reader(left)
        return seen

    assert run(read()) == [b"one", b"two"]


def test_a_reader_can_be_removed_within_its_own_callback(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair

    async def read() -> int:
        calls = 0

        def on_ready() -> None:
            nonlocal calls
            calls += 1
            the_loop().remove_reader(left)

        the_loop().add_reader(left, on_ready)
        # It stays readable, so a reader that is still there would be called again and again.
        right.send(b"x")
        await until(lambda: calls > 0)
        await asyncio.sleep(0.02)
        return calls

    assert run(read()) == 1


def test_a_reader_can_be_replaced_within_its_own_callback(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair

    async def read() -> list[str]:
        seen: list[str] = []

        def second() -> None:
            left.recv(10)
            seen.append("second")

        def first() -> None:
            seen.append("first")
            the_loop().add_reader(left, second)

        the_loop().add_reader(left, first)
        right.send(b"x")
        await until(lambda: len(seen) == 2)
        the_loop().remove_reader(left)
        return seen

    assert run(read()) == ["first", "second"]


def test_a_reader_that_raises_is_reported_and_called_again(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair

    async def read() -> list[dict[str, Any]]:
        contexts: list[dict[str, Any]] = []
        the_loop().set_exception_handler(lambda _, context: contexts.append(context))

        def on_ready() -> None:
            left.recv(1)
            raise ValueError

        the_loop().add_reader(left, on_ready)
        right.send(b"xy")
        await until(lambda: len(contexts) == 2)
        the_loop().remove_reader(left)
        return contexts

    assert [type(context["exception"]) for context in run(read())] == [ValueError, ValueError]


def test_an_exception_of_a_callback_reaches_the_handler_and_the_loop_goes_on(run: Run) -> None:
    async def fail() -> list[str]:
        messages: list[str] = []
        the_loop().set_exception_handler(lambda _, context: messages.append(repr(context["exception"])))
        the_loop().call_soon(int, "x")
        the_loop().call_later(0.001, int, "y")
        await until(lambda: len(messages) == 2)
        return messages

    assert all("invalid literal" in message for message in run(fail()))


def test_a_thread_can_wake_the_loop(run: Run) -> None:
    async def wake() -> None:
        woken = asyncio.Event()
        loop = the_loop()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(woken.set))
        thread.start()
        await asyncio.wait_for(woken.wait(), 5)
        thread.join()

    run(wake())


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no user signals.")
def test_a_signal_handler_runs_on_the_loop(run: Run) -> None:
    async def raise_signal() -> None:
        seen = asyncio.Event()
        the_loop().add_signal_handler(signal.SIGUSR1, seen.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.wait_for(seen.wait(), 5)
        assert the_loop().remove_signal_handler(signal.SIGUSR1)

    run(raise_signal())


def test_one_application_can_run_loops_one_after_another(qapp: QApplication) -> None:
    async def turn() -> str:
        await asyncio.sleep(0.001)
        return "done"

    for _ in range(3):
        with asyncio.Runner(loop_factory=lambda: WorkbenchEventLoop(qapp)) as runner:
            assert runner.run(turn()) == "done"
            assert runner.run(turn()) == "done"


def test_a_closed_loop_refuses_callbacks(qapp: QApplication) -> None:
    loop = WorkbenchEventLoop(qapp)
    loop.close()
    with pytest.raises(RuntimeError):
        loop.call_soon(print)
    with pytest.raises(RuntimeError):
        loop.call_later(1, print)


def test_many_callbacks_leave_turns_for_others(run: Run) -> None:
    async def compete() -> int:
        turns = 0
        stopped = False

        def again() -> None:
            nonlocal turns
            turns += 1
            if not stopped:
                the_loop().call_soon(again)

        again()
        await asyncio.sleep(0.005)
        stopped = True
        await asyncio.sleep(0)
        return turns

    assert run(compete()) > 1
