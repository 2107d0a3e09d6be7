"""Handlers on the event loop and on threads: what fails, hangs or never ends stops nothing else."""

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from osc_workbench.net import runners
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.runners import HandlerError, LoopRunner, ThreadRunner, describe_failure
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, Outcome
from osc_workbench.osc.packet import OscMessage, OscPacket
from tests.doubles.program import wait_for
from tests.doubles.waiting import until

SHORT = 0.05


class Rig:
    """A runner with what its handlers reply and how they fail."""

    def __init__(self, runner: LoopRunner | ThreadRunner) -> None:
        self.runner = runner
        self.dispatcher = Dispatcher()
        self.sent: list[OscPacket] = []
        self.failed: list[Outcome] = []
        self.send_error: Exception | None = None
        self.threads: set[threading.Thread] = set()
        runner.on_failure = self.failed.append

    def run(self, address: str, *arguments: Any) -> None:
        context = Context(OscMessage.of(address, *arguments), ("127.0.0.1", 9), send=self._send)
        self.runner.run(self.dispatcher.handlers_for(address), context)

    @property
    def errors(self) -> list[str]:
        return [f"{type(outcome.error).__name__}: {outcome.error}" for outcome in self.failed]

    def _send(self, packet: OscPacket) -> None:
        self.threads.add(threading.current_thread())
        if self.send_error is not None:
            raise self.send_error
        self.sent.append(packet)


def spin(_context: Context) -> None:
    while True:
        pass


def spin_and_catch(_context: Context) -> None:
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            continue


def spin_and_catch_everything_once(_context: Context) -> None:
    try:
        spin(_context)
    except BaseException:
        spin(_context)


def sleep(_context: Context) -> None:
    time.sleep(60)


async def spin_in_a_coroutine(_context: Context) -> None:
    await asyncio.sleep(0)
    while True:
        pass


async def sleep_in_a_coroutine(_context: Context) -> None:
    time.sleep(60)


HANGING = pytest.mark.parametrize("function", [spin, spin_and_catch, spin_and_catch_everything_once, sleep])
HANGING_COROUTINES = pytest.mark.parametrize("function", [spin_in_a_coroutine, sleep_in_a_coroutine])


# On the loop.


async def test_handlers_run_at_once_in_their_order() -> None:
    rig = Rig(LoopRunner())
    ran: list[int] = []
    for number in range(3):
        rig.dispatcher.map("/a", lambda _, fixed: ran.extend(fixed), number)
    rig.run("/a")
    assert ran == [0, 1, 2]
    assert rig.runner.running() == 0


async def test_coroutines_go_on_beside_each_other() -> None:
    rig = Rig(LoopRunner())
    both = asyncio.Barrier(2)

    async def meet(context: Context) -> Any:
        await both.wait()
        return ("/met", *context.arguments)

    rig.dispatcher.on("/meet", meet)
    rig.run("/meet", 1)
    rig.run("/meet", 2)
    assert rig.runner.running() == 2
    await until(lambda: len(rig.sent) == 2)
    await until(lambda: rig.runner.running() == 0)


@HANGING
async def test_a_handler_that_hangs_is_stopped_and_the_rest_goes_on(function: Callable[[Context], None]) -> None:
    rig = Rig(LoopRunner(SHORT))
    rig.dispatcher.on("/a", function)
    rig.dispatcher.on("/a", lambda _: "/after")
    rig.run("/a")
    assert rig.sent == [OscMessage("/after")]
    assert rig.errors == [f"HandlerError: it ran longer than {SHORT} s and was stopped"]
    assert "(test_runners.py, line " in describe_failure(rig.failed[0])
    rig.run("/a")
    assert len(rig.sent) == 2


@pytest.mark.parametrize("is_swallowed", [False, True])
async def test_in_a_batch_the_handler_that_hangs_is_stopped_and_no_other(is_swallowed: bool) -> None:
    before = signal.getsignal(signal.SIGALRM)

    def hang(_context: Context) -> None:
        end = time.monotonic() + 4 * SHORT
        try:
            while not is_swallowed or time.monotonic() < end:
                time.sleep(60)
        except BaseException:
            if not is_swallowed:
                raise
            time.sleep(60)

    rig = Rig(LoopRunner(SHORT))
    rig.dispatcher.on("/hangs", hang)
    rig.dispatcher.on("/quick", lambda _: (time.sleep(SHORT / 2), "/done")[1])
    with rig.runner.batch():
        # Together the quick ones take longer than one handler may.
        for address in ("/quick", "/quick", "/hangs", "/quick", "/quick"):
            rig.run(address)
    assert rig.sent == [OscMessage("/done")] * 4
    assert rig.errors == [f"HandlerError: it ran longer than {SHORT} s and was stopped"]
    assert signal.getsignal(signal.SIGALRM) == before


@HANGING_COROUTINES
async def test_a_coroutine_that_holds_the_loop_is_stopped_and_the_rest_goes_on(
    function: Callable[[Context], Any],
) -> None:
    # A limit on the call alone does not see it: a coroutine function returns at once.
    rig = Rig(LoopRunner(SHORT, 60))
    rig.dispatcher.on("/a", function)
    rig.dispatcher.on("/a", lambda _: "/after")
    rig.run("/a")
    await until(lambda: rig.failed)
    assert rig.errors == [f"HandlerError: it ran longer than {SHORT} s and was stopped"]
    assert rig.sent == [OscMessage("/after")]
    assert rig.runner.running() == 0


async def test_a_coroutine_that_waits_longer_than_a_step_may_take_is_not_stopped() -> None:
    rig = Rig(LoopRunner(SHORT, 60))

    async def patient(_context: Context) -> Any:
        for _ in range(3):
            await asyncio.sleep(SHORT / 2)
        # What fails inside is seen inside.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        return await asyncio.gather(*(asyncio.sleep(0, f"/{number}") for number in range(2)))

    rig.dispatcher.on("/a", patient)
    rig.run("/a")
    await until(lambda: rig.sent or rig.failed)
    assert rig.sent == [OscMessage("/0"), OscMessage("/1")]


async def test_a_coroutine_that_takes_too_long_as_a_whole_is_cancelled() -> None:
    rig = Rig(LoopRunner(None, SHORT))
    ended: list[str] = []

    async def forever(_context: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("closed")

    rig.dispatcher.on("/a", forever)
    rig.run("/a")
    await until(lambda: rig.failed)
    assert rig.errors == [f"HandlerError: it ran longer than {SHORT} s and was stopped"]
    assert ended == ["closed"]


@pytest.mark.parametrize("stop", [SystemExit(1), asyncio.CancelledError()])
@pytest.mark.parametrize("timeout", [None, 1])
async def test_a_coroutine_that_ends_the_program_or_is_cancelled_by_itself_is_a_failure(
    stop: BaseException, timeout: float | None
) -> None:
    rig = Rig(LoopRunner(timeout, timeout))

    async def stopping(_context: Context) -> None:
        await asyncio.sleep(0)
        raise stop

    rig.dispatcher.on("/exit", stopping)
    rig.run("/exit")
    await until(lambda: rig.failed)
    assert rig.failed[0].error is stop


async def test_a_timeout_of_the_handlers_own_is_reported_as_what_it_is() -> None:
    rig = Rig(LoopRunner(1, 60))

    async def impatient(_context: Context) -> None:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()

    rig.dispatcher.on("/a", impatient)
    rig.run("/a")
    await until(lambda: rig.failed)
    assert rig.errors == ["TimeoutError: "]


async def test_beyond_the_limit_coroutines_are_refused_counted_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "RUNNING_LIMIT", 3)
    rig = Rig(LoopRunner())
    go_on = asyncio.Event()

    async def wait(_context: Context) -> None:
        await go_on.wait()

    rig.dispatcher.on("/a", wait)
    for _ in range(5):
        rig.run("/a")
    assert (rig.runner.running(), rig.runner.refused) == (3, 2)
    assert rig.errors == ["HandlerError: it did not run, as 3 others have not ended"] * 2
    go_on.set()
    await until(lambda: rig.runner.running() == 0)
    rig.run("/a")
    await until(lambda: rig.runner.running() == 0)
    assert rig.runner.refused == 2


async def test_closing_cancels_coroutines_and_waits_for_them() -> None:
    runner = LoopRunner()
    rig = Rig(runner)
    ended: list[int] = []

    async def forever(_context: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(1)

    rig.dispatcher.on("/a", forever)
    for _ in range(3):
        rig.run("/a")
    await asyncio.sleep(0)
    runner.close()
    await runner.wait_closed()
    assert ended == [1, 1, 1]
    assert rig.failed == []
    await runner.wait_closed()


async def test_a_coroutine_that_refuses_to_end_does_not_keep_the_program(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runners, "_JOIN_TIMEOUT", 0.05)
    runner = LoopRunner()
    rig = Rig(runner)
    go_on = asyncio.Event()

    async def stubborn(_context: Context) -> None:
        while not go_on.is_set():
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue

    rig.dispatcher.on("/a", stubborn)
    rig.run("/a")
    await asyncio.sleep(0)
    runner.close()
    await runner.wait_closed()
    assert "1 handlers have not ended and are left behind." in caplog.text
    go_on.set()
    await until(lambda: runner.running() == 0)


async def test_without_an_owner_a_failure_is_logged(
    expected_errors: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    expected_errors.append("failed on /a: ValueError: bad")
    dispatcher = Dispatcher()

    def broken(_context: Context) -> None:
        raise ValueError("bad")

    dispatcher.on("/a", broken)
    LoopRunner().run(dispatcher.handlers_for("/a"), Context(OscMessage("/a")))
    assert caplog.records[0].levelno == logging.ERROR


# What is said of a failure.


def failure(error: Exception, pattern: str | int = "/a", address: str | int = "/a") -> str:
    handler = Dispatcher().map(pattern, spin)
    return describe_failure(Outcome(handler, Context(OscMessage(address)), None, error))


def test_a_failure_is_described_in_one_sentence() -> None:
    assert failure(ValueError("two\nlines")) == "The handler spin for /a failed on /a: ValueError: two lines."
    assert failure(HandlerError("it hangs"), "/*", "/b") == "The handler spin for /* failed on /b: it hangs."
    assert failure(KeyError(), 9, 9) == "The handler spin for 9 failed on 9: KeyError:."


@pytest.mark.parametrize("text", ["\x1b[2J\x07", "\u202egnp.exe", "x" * 100_000, "a\rb\0c"])
def test_what_is_said_of_a_failure_is_short_and_plain(text: str) -> None:
    said = failure(ValueError(text), address="/" + text.replace("\0", ""))
    assert said.isprintable()
    assert len(said) < 800


# On threads.


@pytest.fixture
def threads() -> Iterator[list[ThreadRunner]]:
    """Runners that are closed at the end, and whose threads must have ended then."""
    made: list[ThreadRunner] = []
    yield made
    for runner in made:
        runner.close()
    wait_for(lambda: not handler_threads())


def handler_threads() -> list[threading.Thread]:
    # Daemons, which the general check for threads left behind does not count.
    return [thread for thread in threading.enumerate() if thread.name.startswith("handlers ")]


def thread_rig(threads: list[ThreadRunner], workers: int = 4) -> Rig:
    threads.append(ThreadRunner(workers))
    return Rig(threads[-1])


async def test_handlers_run_beside_each_other_on_a_bounded_number_of_threads(threads: list[ThreadRunner]) -> None:
    rig = thread_rig(threads, workers=4)
    both = threading.Barrier(4)
    names: set[str] = set()

    def meet(_context: Context) -> str:
        both.wait(5)
        names.add(threading.current_thread().name)
        return "/met"

    rig.dispatcher.on("/meet", meet)
    for _ in range(40):
        rig.run("/meet")
    assert len(handler_threads()) == 4
    await until(lambda: len(rig.sent) == 40)
    assert len(names) == 4
    await until(lambda: rig.runner.running() == 0)
    assert rig.failed == []


async def test_one_message_after_the_other_takes_one_thread(threads: list[ThreadRunner]) -> None:
    rig = thread_rig(threads)
    rig.dispatcher.on("/a", lambda _: "/b")
    for number in range(10):
        rig.run("/a")
        await until(lambda number=number: len(rig.sent) == number + 1 and not rig.runner.running())  # type: ignore[misc]  # bound in the loop
    assert len(handler_threads()) == 1


async def test_replies_of_threads_are_sent_on_the_loop(threads: list[ThreadRunner]) -> None:
    rig = thread_rig(threads)
    rig.dispatcher.on("/a", lambda context: (context.reply("/early"), ["/one", ("/two", 2)])[1])
    rig.run("/a")
    await until(lambda: len(rig.sent) == 3)
    assert rig.sent == [OscMessage("/early"), OscMessage("/one"), OscMessage.of("/two", 2)]
    assert rig.threads == {threading.main_thread()}


async def test_coroutine_handlers_run_on_threads_too(threads: list[ThreadRunner]) -> None:
    rig = thread_rig(threads)

    async def slow(_context: Context) -> Any:
        await asyncio.sleep(0.001)
        return "/done"

    rig.dispatcher.on("/a", slow)
    rig.run("/a")
    await until(lambda: rig.sent)


async def test_a_handler_that_fails_on_a_thread_is_reported_on_the_loop_and_the_others_run(
    threads: list[ThreadRunner],
) -> None:
    rig = thread_rig(threads)
    reported: list[threading.Thread] = []

    def report(outcome: Outcome) -> None:
        reported.append(threading.current_thread())
        rig.failed.append(outcome)

    rig.runner.on_failure = report

    def broken(_context: Context) -> None:
        raise KeyError("lamp")

    async def broken_later(_context: Context) -> None:
        raise ValueError("later")

    for function in (broken, lambda _: 7, broken_later, lambda _: "/after"):
        rig.dispatcher.on("/a", function)
    rig.run("/a")
    await until(lambda: rig.sent and len(rig.failed) == 3)
    assert [type(outcome.error).__name__ for outcome in rig.failed] == ["KeyError", "OscEncodeError", "ValueError"]
    assert set(reported) == {threading.main_thread()}
    await until(lambda: rig.runner.running() == 0)


@pytest.mark.parametrize("error", [EndpointError("no route"), ValueError])
async def test_a_reply_of_a_thread_that_cannot_be_sent_is_a_failure_of_its_handler(
    threads: list[ThreadRunner], error: Any
) -> None:
    rig = thread_rig(threads)
    rig.dispatcher.on("/a", lambda _: ("/b", 1))
    if isinstance(error, EndpointError):
        rig.send_error = error
    else:
        from osc_workbench.osc.errors import OscEncodeError

        rig.send_error = OscEncodeError("too large")
    rig.run("/a")
    await until(lambda: rig.failed)
    assert rig.failed[0].error is rig.send_error
    assert rig.failed[0].handler is rig.dispatcher.handlers()[0]


async def test_a_handler_that_wants_to_end_the_program_does_not_cost_a_thread(threads: list[ThreadRunner]) -> None:
    rig = thread_rig(threads, workers=1)
    rig.dispatcher.on("/exit", lambda _: exit(1))
    rig.dispatcher.on("/a", lambda _: "/b")
    for _ in range(3):
        rig.run("/exit")
    rig.run("/a")
    await until(lambda: rig.sent)
    assert rig.errors == ["SystemExit: 1"] * 3


@pytest.mark.parametrize("stop", [SystemExit(1), asyncio.CancelledError()])
async def test_a_task_of_a_handler_does_not_cost_a_thread(threads: list[ThreadRunner], stop: BaseException) -> None:
    rig = thread_rig(threads, workers=1)

    async def stopping() -> None:
        raise stop

    async def starting(_context: Context) -> None:
        await asyncio.create_task(stopping())

    rig.dispatcher.on("/exit", starting)
    rig.dispatcher.on("/a", lambda _: "/b")
    rig.run("/exit")
    rig.run("/a")
    await until(lambda: rig.sent)
    assert [type(outcome.error) for outcome in rig.failed] == [type(stop)]


async def test_beyond_the_limit_messages_are_refused_counted_and_reported(
    threads: list[ThreadRunner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runners, "RUNNING_LIMIT", 5)
    rig = thread_rig(threads, workers=2)
    go_on = threading.Event()
    rig.dispatcher.on("/a", lambda _: (go_on.wait(5), "/done")[1])
    for _ in range(8):
        rig.run("/a")
    assert (rig.runner.running(), rig.runner.refused) == (5, 3)
    assert rig.errors == ["HandlerError: it did not run, as 5 others have not ended"] * 3
    go_on.set()
    await until(lambda: len(rig.sent) == 5)


async def test_a_thread_that_hangs_is_left_behind_and_said_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runners, "_JOIN_TIMEOUT", 0.05)
    rig = Rig(ThreadRunner(2))
    go_on = threading.Event()
    rig.dispatcher.on("/hang", lambda _: go_on.wait(10))
    rig.dispatcher.on("/a", lambda _: "/b")
    rig.run("/hang")
    for _ in range(3):
        rig.run("/a")
    await until(lambda: len(rig.sent) == 3)
    rig.runner.close()
    assert "1 handlers have not ended and are left behind." in caplog.text
    go_on.set()
    wait_for(lambda: not handler_threads())


async def test_messages_that_wait_for_a_thread_are_discarded_at_the_end_and_said_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runners, "_JOIN_TIMEOUT", 0.05)
    rig = Rig(ThreadRunner(1))
    go_on = threading.Event()
    ran: list[int] = []

    def run(_context: Context) -> None:
        ran.append(1)
        go_on.wait(10)

    rig.dispatcher.on("/a", run)
    for _ in range(4):
        rig.run("/a")
    await until(lambda: ran)
    rig.runner.close()
    assert "3 messages whose handlers waited for a thread were discarded." in caplog.text
    go_on.set()
    wait_for(lambda: not handler_threads())
    assert ran == [1]


async def test_a_runner_without_work_has_no_threads_and_closes(threads: list[ThreadRunner]) -> None:
    rig = thread_rig(threads)
    rig.runner.close()
    assert handler_threads() == []
