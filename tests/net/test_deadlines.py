"""Deadlines on a thread and on event loops: never early, in order, and nothing left behind. How late is a benchmark."""

import asyncio
import itertools
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import LEAD, DeadlineThread, LoopAlarm, LoopTimer, call_on
from tests.doubles.fake_clock import FakeClock
from tests.doubles.program import wait_for
from tests.doubles.waiting import until

CLOCK = Clock()
AlarmOrTimer = LoopAlarm | LoopTimer
Make = Callable[[Callable[[], None]], AlarmOrTimer]


@pytest.fixture
def thread() -> Iterator[DeadlineThread]:
    deadlines = DeadlineThread(CLOCK)
    yield deadlines
    deadlines.close()
    assert deadline_threads() == []


def deadline_threads() -> list[threading.Thread]:
    # Daemons, which the general check for threads left behind does not count.
    return [thread for thread in threading.enumerate() if thread.name == "deadlines"]


def test_an_action_is_called_shortly_before_its_time_and_can_spin_until_it(thread: DeadlineThread) -> None:
    called: list[tuple[float, float]] = []
    due = CLOCK.time() + 0.02

    def action() -> None:
        woken = CLOCK.time()
        thread.spin_until(due)
        called.append((woken, CLOCK.time()))

    thread.at(due, action)
    wait_for(lambda: called)
    woken, done = called[0]
    assert woken >= due - LEAD
    assert done >= due


def test_no_action_is_called_early_however_many_wait(thread: DeadlineThread) -> None:
    early: list[float] = []
    done: list[int] = []
    start = CLOCK.time()

    def note(due: float, number: int) -> None:
        if CLOCK.time() < due - LEAD:
            early.append(due)
        done.append(number)

    for number in range(200):
        due = start + 0.01 + (number * 37 % 200) * 0.0002
        thread.at(due, lambda due=due, number=number: note(due, number))  # type: ignore[misc]  # bound in the loop
    wait_for(lambda: len(done) == 200)
    assert early == []


def test_actions_are_called_by_their_times_and_equal_ones_in_order(thread: DeadlineThread) -> None:
    done: list[str] = []
    start = CLOCK.time() + 0.02
    for name, delay in (("d", 0.02), ("b", 0.01), ("a", 0.0), ("c", 0.01), ("e", 0.02)):
        thread.at(start + delay, lambda name=name: done.append(name))  # type: ignore[misc]  # bound in the loop
    wait_for(lambda: len(done) == 5)
    assert "".join(done) == "abcde"


def test_an_earlier_action_that_comes_later_does_not_wait_for_the_first(thread: DeadlineThread) -> None:
    done: list[str] = []
    thread.at(CLOCK.time() + 3600, lambda: done.append("far"))
    thread.at(CLOCK.time() + 0.005, lambda: done.append("near"))
    wait_for(lambda: done)
    assert done == ["near"]
    assert len(thread) == 1


@pytest.mark.parametrize("ago", [0.0, 1.0, 1e6])
def test_an_action_of_the_past_is_called_at_once(thread: DeadlineThread, ago: float) -> None:
    done = threading.Event()
    thread.at(CLOCK.time() - ago, done.set)
    assert done.wait(5)


@pytest.mark.parametrize("ahead", [1e9, 1e12, 1e18, float("inf")])
def test_an_action_centuries_away_does_not_stop_the_others(thread: DeadlineThread, ahead: float) -> None:
    # A lock cannot wait for more than 292 years: the thread ended with OverflowError.
    done = threading.Event()
    thread.at(CLOCK.time() + ahead, lambda: None)
    thread.at(CLOCK.time() + 0.01, done.set)
    assert done.wait(5)
    thread.at(CLOCK.time() + 0.01, done.clear)
    wait_for(lambda: not done.is_set())
    assert len(thread) == 1


def test_a_cancelled_action_is_not_called(thread: DeadlineThread) -> None:
    done: list[str] = []
    start = CLOCK.time() + 0.02
    first = thread.at(start, lambda: done.append("first"))
    thread.at(start + 0.001, lambda: done.append("second"))
    thread.cancel(first)
    thread.cancel(first)
    thread.cancel(12345)
    assert len(thread) == 1
    wait_for(lambda: done)
    assert done == ["second"]
    thread.cancel(first)


def test_actions_set_and_cancelled_without_end_take_no_memory(thread: DeadlineThread) -> None:
    # A bundle an hour away was set anew after each nearer one, and the heap kept every one of them.
    for _ in range(5000):
        thread.cancel(thread.at(CLOCK.time() + 3600, lambda: None))
    assert len(thread) == 0
    assert len(thread._heap) < 200


def test_the_thread_begins_with_the_first_action_and_ends_with_close() -> None:
    deadlines = DeadlineThread(CLOCK)
    assert deadline_threads() == []
    called: list[int] = []
    for _ in range(3):
        deadlines.at(CLOCK.time() + 3600, lambda: called.append(1))
    assert len(deadline_threads()) == 1
    assert deadlines.close() == 3
    assert deadline_threads() == []
    assert (len(deadlines), deadlines.close(), called) == (0, 0, [])


def test_a_closed_thread_can_be_used_again() -> None:
    deadlines = DeadlineThread(CLOCK)
    for _ in range(3):
        done = threading.Event()
        deadlines.at(CLOCK.time() + 0.002, done.set)
        assert done.wait(5)
        assert deadlines.close() == 0
    assert deadline_threads() == []


def test_actions_can_be_set_from_several_threads_at_once(thread: DeadlineThread) -> None:
    done: list[int] = []

    def set_many() -> None:
        for _ in range(100):
            thread.at(CLOCK.time() + 0.005, lambda: done.append(1))

    setters = [threading.Thread(target=set_many) for _ in range(4)]
    for setter in setters:
        setter.start()
    for setter in setters:
        setter.join()
    wait_for(lambda: len(done) == 400)
    assert len(thread) == 0


def test_an_action_can_set_the_next_one(thread: DeadlineThread) -> None:
    times: list[float] = []

    def again() -> None:
        times.append(CLOCK.time())
        if len(times) < 5:
            thread.at(CLOCK.time() + 0.002, again)

    thread.at(CLOCK.time(), again)
    wait_for(lambda: len(times) == 5)
    assert times == sorted(times)


# On event loops.


def alarm_on(thread: DeadlineThread) -> Make:
    return lambda on_due: LoopAlarm(asyncio.get_running_loop(), thread, on_due)


@pytest.fixture(params=["alarm", "timer"])
def make(request: pytest.FixtureRequest, thread: DeadlineThread) -> Make:
    if request.param == "alarm":
        return alarm_on(thread)
    return lambda on_due: LoopTimer(asyncio.get_running_loop(), CLOCK, on_due)


async def test_a_loop_is_called_once_at_its_time_and_not_before(make: Make) -> None:
    called: list[float] = []
    alarm = make(lambda: called.append(CLOCK.time()))
    for _ in range(5):
        due = CLOCK.time() + 0.01
        alarm.set(due)
        await until(lambda: called)
        assert called[0] >= due
        assert len(called) == 1
        called.clear()
    alarm.close()


async def test_the_call_is_on_the_loops_own_thread(make: Make) -> None:
    called: list[threading.Thread] = []
    alarm = make(lambda: called.append(threading.current_thread()))
    alarm.set(CLOCK.time() + 0.002)
    await until(lambda: called)
    assert called == [threading.current_thread()]
    alarm.close()


async def test_the_time_can_be_moved_both_ways(make: Make) -> None:
    called: list[float] = []
    alarm = make(lambda: called.append(CLOCK.time()))
    alarm.set(CLOCK.time() + 3600)
    alarm.set(CLOCK.time() + 0.005)
    await until(lambda: called)
    due = CLOCK.time() + 0.03
    alarm.set(CLOCK.time() + 0.005)
    alarm.set(due)
    await until(lambda: len(called) == 2)
    assert called[1] >= due
    alarm.close()


async def test_a_time_that_is_taken_back_is_not_called(make: Make) -> None:
    called: list[float] = []
    alarm = make(lambda: called.append(0))
    other = make(lambda: called.append(1))
    alarm.set(CLOCK.time() + 0.005)
    alarm.set(None)
    other.set(CLOCK.time() + 0.02)
    await until(lambda: called)
    assert called == [1]
    alarm.close()
    other.close()


async def test_a_time_in_the_past_is_called_in_a_later_turn_of_the_loop(make: Make) -> None:
    called: list[int] = []
    alarm = make(lambda: called.append(1))
    alarm.set(CLOCK.time() - 1)
    assert called == []
    await until(lambda: called)
    alarm.close()


async def test_the_next_time_can_be_set_in_the_call(make: Make) -> None:
    times: list[float] = []

    def on_due() -> None:
        times.append(CLOCK.time())
        alarm.set(times[-1] + 0.003 if len(times) < 4 else None)

    alarm = make(on_due)
    alarm.set(CLOCK.time() + 0.003)
    await until(lambda: len(times) == 4)
    assert all(later - earlier >= 0.003 for earlier, later in itertools.pairwise(times))
    alarm.close()


@pytest.mark.parametrize("ahead", [1e12, float("inf")])
async def test_a_time_centuries_away_does_no_harm(make: Make, ahead: float) -> None:
    called: list[int] = []
    alarm = make(lambda: called.append(1))
    alarm.set(CLOCK.time() + ahead)
    await asyncio.sleep(0)
    alarm.set(CLOCK.time() + 0.002)
    await until(lambda: called)
    alarm.close()


async def test_closing_leaves_no_descriptor_and_calls_nothing(make: Make) -> None:
    warm = make(lambda: None)
    warm.close()
    before = len(os.listdir("/proc/self/fd"))
    called: list[int] = []
    for _ in range(20):
        alarm = make(lambda: called.append(1))
        alarm.set(CLOCK.time() + 0.001)
        alarm.close()
    other = make(lambda: called.append(2))
    other.set(CLOCK.time() + 0.01)
    await until(lambda: called)
    other.close()
    assert called == [2]
    assert len(os.listdir("/proc/self/fd")) == before


async def test_an_alarm_is_called_while_the_loop_is_busy_with_other_work(thread: DeadlineThread) -> None:
    called: list[float] = []
    due = CLOCK.time() + 0.01
    alarm = alarm_on(thread)(lambda: called.append(CLOCK.time()))
    alarm.set(due)
    while not called:
        thread.spin_until(CLOCK.time() + 0.001)
        await asyncio.sleep(0)
    assert called[0] >= due
    alarm.close()


async def test_a_timer_goes_by_the_clock_it_was_given() -> None:
    clock, called = FakeClock(), list[int]()
    timer = LoopTimer(asyncio.get_running_loop(), clock, lambda: called.append(1))
    timer.set(clock.now + 0.001)
    reference = LoopTimer(asyncio.get_running_loop(), CLOCK, lambda: called.append(2))
    reference.set(CLOCK.time() + 0.01)
    await until(lambda: called)
    assert called == [2]
    clock.advance(0.001)
    await until(lambda: len(called) == 2)
    timer.close()


async def test_a_call_for_a_loop_that_has_ended_is_let_go() -> None:
    other = asyncio.new_event_loop()
    other.close()
    call_on(other, lambda: None)
