"""Handlers in processes of their own: what comes back, what does not, and that none is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from osc_workbench.net import fork_runner, runners
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.fork_runner import ForkRunner
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, Outcome
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.own_process import in_own_process
from tests.doubles.waiting import until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


class Rig:
    """A runner with what its handlers reply and how they fail; `close` looks for what is left."""

    def __init__(self, children: int = 40, timeout: float = 20.0) -> None:
        self.descriptors = len(os.listdir("/proc/self/fd"))
        self.runner = ForkRunner(children, timeout)
        self.runner.on_failure = self._on_failure
        self.dispatcher = Dispatcher()
        self.sent: list[OscPacket] = []
        self.failed: list[str] = []
        self.failed_handlers: list[str] = []
        self.send_error: EndpointError | None = None

    def run(self, address: str, *arguments: Any) -> None:
        context = Context(OscMessage.of(address, *arguments), ("127.0.0.1", 9), send=self._send)
        self.runner.run(self.dispatcher.handlers_for(address), context)

    async def idle(self) -> None:
        await until(lambda: self.runner.running() == 0)

    def close(self) -> None:
        self.runner.close()
        assert self.runner.running() == 0
        assert len(os.listdir("/proc/self/fd")) == self.descriptors
        # No child is left, neither alive nor dead.
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    def _send(self, packet: OscPacket) -> None:
        if self.send_error is not None:
            raise self.send_error
        self.sent.append(packet)

    def _on_failure(self, outcome: Outcome) -> None:
        self.failed.append(str(outcome.error))
        self.failed_handlers.append(outcome.handler.name)


def hang(_context: Context) -> None:
    while True:
        time.sleep(60)


def fail(_context: Context) -> None:
    raise KeyError("lamp")


@in_own_process
async def test_replies_come_back_in_their_order() -> None:
    rig = Rig()
    bundle = OscBundle(TimeTag(5), [OscMessage.of("/b", 1.5)])
    rig.dispatcher.on("/a", lambda context: (context.reply("/early"), [("/one", *context.arguments), bundle])[1])
    rig.dispatcher.on("/a", lambda _: "/second")
    rig.run("/a", 1, "x", b"y", True, None, [1, 2])
    await rig.idle()
    assert rig.sent == [
        OscMessage("/early"),
        OscMessage.of("/one", 1, "x", b"y", True, None, [1, 2]),
        bundle,
        OscMessage("/second"),
    ]
    assert rig.failed == []
    rig.close()


@in_own_process
async def test_what_a_handler_changes_stays_in_its_process() -> None:
    rig = Rig()
    counted: list[int] = []

    def count(_context: Context) -> Any:
        counted.append(1)
        return ("/count", len(counted), os.getpid())

    rig.dispatcher.on("/count", count)
    for _ in range(5):
        rig.run("/count")
    await rig.idle()
    assert counted == []
    answers = [packet.arguments for packet in rig.sent if isinstance(packet, OscMessage)]
    assert [number for number, _ in answers] == [1] * 5
    assert len({pid for _, pid in answers} - {os.getpid()}) == 5
    rig.close()


@in_own_process
async def test_a_large_reply_comes_back_whole() -> None:
    # More than a pipe holds.
    rig = Rig()
    rig.dispatcher.on("/a", lambda _: [("/blob", bytes([number]) * 300_000) for number in range(3)])
    rig.run("/a")
    await rig.idle()
    assert rig.sent == [OscMessage.of("/blob", bytes([number]) * 300_000) for number in range(3)]
    rig.close()


@in_own_process
async def test_coroutine_handlers_run_on_a_loop_of_their_own() -> None:
    rig = Rig()

    async def slow(_context: Context) -> Any:
        await asyncio.sleep(0.001)
        return "/done"

    async def broken(_context: Context) -> Any:
        await asyncio.sleep(0)
        raise ValueError("later")

    rig.dispatcher.on("/a", slow)
    rig.dispatcher.on("/a", broken)
    rig.run("/a")
    await rig.idle()
    assert rig.sent == [OscMessage("/done")]
    assert rig.failed == ["ValueError: later"]
    rig.close()


@in_own_process
async def test_a_handler_that_raises_is_reported_by_its_own_name_and_the_others_run() -> None:
    rig = Rig()
    for function in (lambda _: "/before", fail, lambda _: 7, lambda _: "/after"):
        rig.dispatcher.on("/a", function)
    rig.run("/a")
    await rig.idle()
    assert rig.sent == [OscMessage("/before"), OscMessage("/after")]
    assert rig.failed[0] == "KeyError: 'lamp'"
    assert rig.failed[1].startswith("OscEncodeError: 7 is no reply")
    assert rig.failed_handlers[0] == "fail"
    rig.close()


@in_own_process
async def test_a_reply_with_an_odd_address_is_sent_or_reported_and_others_go_on() -> None:
    rig = Rig()
    for address in ("help", "!0 help", "~", "\u00fc", "/after"):
        rig.dispatcher.on("/a", lambda _, address=address: OscMessage(address))  # type: ignore[misc]  # bound in the loop
    rig.run("/a")
    await rig.idle()
    assert (rig.sent[0], rig.sent[-1]) == (OscMessage("help"), OscMessage("/after"))
    assert len(rig.sent) + len(rig.failed) == 5
    rig.close()


@in_own_process
async def test_a_handler_that_hangs_is_killed_and_reported_and_others_go_on() -> None:
    rig = Rig(timeout=0.2)
    rig.dispatcher.on("/hang", hang)
    rig.dispatcher.on("/a", lambda _: "/b")
    rig.run("/hang")
    rig.run("/a")
    await until(lambda: rig.sent and rig.runner.running() == 1)
    await rig.idle()
    assert rig.failed == ["it ran longer than 0.2 s and was killed"]
    rig.close()


@in_own_process
async def test_a_process_that_closed_its_descriptors_and_hangs_holds_nobody_up_and_is_killed() -> None:
    rig = Rig(timeout=1.0)

    def hang_in_silence(context: Context) -> None:
        os.closerange(3, 256)
        hang(context)

    rig.dispatcher.on("/hang", hang_in_silence)
    rig.dispatcher.on("/a", lambda _: "/b")
    rig.run("/hang")
    (child,) = rig.runner._children.values()
    await until(lambda: child._reading < 0)
    rig.run("/a")
    await until(lambda: rig.sent and rig.runner.running() == 1)
    await rig.idle()
    assert rig.failed == ["it ran longer than 1 s and was killed"]
    rig.close()


@in_own_process
async def test_a_process_that_closed_its_descriptors_may_end_later_or_be_killed_by_closing() -> None:
    reading, writing = os.pipe()
    rig = Rig()

    def wait_in_silence(_context: Context) -> None:
        for descriptor in set(range(3, 256)) - {reading}:
            os.closerange(descriptor, descriptor + 1)
        os.read(reading, 1)

    rig.dispatcher.on("/wait", wait_in_silence)
    rig.run("/wait")
    rig.run("/wait")
    first, second = rig.runner._children.values()
    await until(lambda: first._reading < 0 and second._reading < 0)
    assert rig.runner.running() == 2
    os.write(writing, b"x")
    await until(lambda: rig.runner.running() == 1)
    rig.close()
    assert rig.failed == []
    os.close(reading)
    os.close(writing)


@in_own_process
async def test_what_a_process_that_hangs_had_replied_before_is_sent() -> None:
    rig = Rig(timeout=0.2)

    def begin(context: Context) -> None:
        context.reply("/begun")
        hang(context)

    rig.dispatcher.on("/hang", begin)
    rig.run("/hang")
    await rig.idle()
    assert rig.sent == [OscMessage("/begun")]
    rig.close()


@in_own_process
async def test_a_process_that_dies_is_reported_with_its_signal_or_status() -> None:
    rig = Rig()
    rig.dispatcher.on("/crash", lambda _: os.kill(os.getpid(), signal.SIGSEGV))
    rig.dispatcher.on("/exit", lambda _: os._exit(3))
    rig.dispatcher.on("/system exit", lambda _: sys.exit(0))
    for address, said in (
        ("/crash", f"its process was ended by signal {signal.SIGSEGV}"),
        ("/exit", "its process ended with status 3"),
        ("/system exit", "SystemExit: 0"),
    ):
        rig.run(address)
        await rig.idle()
        assert rig.failed.pop() == said
    rig.close()


@in_own_process
async def test_a_reply_that_cannot_leave_is_a_failure() -> None:
    rig = Rig()
    rig.send_error = EndpointError("no route")
    rig.dispatcher.on("/a", lambda _: ["/b", "/c"])
    rig.run("/a")
    await rig.idle()
    assert rig.failed == ["no route", "no route"]
    rig.close()


@in_own_process
async def test_no_more_processes_run_than_may_and_the_others_wait_their_turn() -> None:
    rig = Rig(children=3)
    most = 0

    def look() -> bool:
        nonlocal most
        most = max(most, rig.runner.running())
        return len(rig.sent) == 12

    def work(context: Context) -> Any:
        time.sleep(0.01)
        return ("/b", *context.arguments)

    rig.dispatcher.on("/a", work)
    for number in range(12):
        rig.run("/a", number)
    await until(look)
    assert most == 3
    await rig.idle()
    rig.close()


@in_own_process
async def test_beyond_the_limit_messages_are_refused_counted_and_reported() -> None:
    for module in (fork_runner, runners):
        vars(module)["RUNNING_LIMIT"] = 2
    rig = Rig(children=1)
    rig.dispatcher.on("/a", hang)
    for _ in range(5):
        rig.run("/a")
    assert (rig.runner.running(), rig.runner.refused) == (1, 2)
    assert rig.failed == ["it did not run, as 2 others have not ended"] * 2
    rig.close()
    # Those that waited count as refused as well.
    assert rig.runner.refused == 4


@in_own_process
async def test_closing_kills_what_runs_and_leaves_nothing() -> None:
    rig = Rig()
    rig.dispatcher.on("/hang", hang)
    for _ in range(5):
        rig.run("/hang")
    assert rig.runner.running() == 5
    rig.close()
    rig.close()
    assert rig.failed == []


@in_own_process
async def test_hundreds_of_processes_leave_no_zombie_and_no_descriptor() -> None:
    rig = Rig(children=20)
    rig.dispatcher.on("/a", lambda context: ("/b", *context.arguments))
    for number in range(300):
        rig.run("/a", number)
    await rig.idle()
    assert sorted(packet.arguments[0] for packet in rig.sent if isinstance(packet, OscMessage)) == list(range(300))
    rig.close()


@in_own_process
async def test_where_no_process_can_be_started_that_is_a_failure_of_the_handler() -> None:
    rig = Rig()

    def no_fork() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    original, os.fork = os.fork, no_fork
    rig.dispatcher.on("/a", lambda _: "/b")
    rig.run("/a")
    os.fork = original
    assert rig.failed == ["no process was started: [Errno 11] Resource temporarily unavailable"]
    rig.run("/a")
    await rig.idle()
    assert rig.sent == [OscMessage("/b")]
    rig.close()


@in_own_process
async def test_a_program_that_ignores_its_dead_children_can_fork() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    rig = Rig()
    rig.dispatcher.on("/a", lambda _: "/b")
    rig.run("/a")
    await rig.idle()
    assert rig.sent == [OscMessage("/b")]
    rig.close()


@in_own_process
async def test_forking_is_refused_beside_another_thread() -> None:
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait, name="worker bee")
    thread.start()
    try:
        with pytest.raises(EndpointError, match=r"A program with other threads .*worker bee.*must not fork") as caught:
            ForkRunner()
        assert caught.value.remedy == "Use a threading or an asynchronous server."
    finally:
        go_on.set()
        thread.join()
    Rig().close()


@in_own_process
async def test_forking_is_refused_beside_a_thread_that_came_later() -> None:
    rig = Rig()
    rig.dispatcher.on("/a", lambda _: "/b")
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait, name="worker bee")
    thread.start()
    rig.run("/a")
    go_on.set()
    thread.join()
    assert len(rig.failed) == 1
    assert "worker bee" in rig.failed[0]
    rig.run("/a")
    await rig.idle()
    assert rig.sent == [OscMessage("/b")]
    rig.close()


@in_own_process
async def test_forking_is_refused_beside_a_qt_application() -> None:
    from PySide6.QtCore import QCoreApplication

    # Qt alone does no harm.
    Rig().close()
    application = QCoreApplication([])
    with pytest.raises(EndpointError, match="A program with a Qt window must not fork"):
        ForkRunner()
    application.shutdown()


def test_what_handlers_print_is_printed_once() -> None:
    code = """
import asyncio
from osc_workbench.net.fork_runner import ForkRunner
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.packet import OscMessage

async def main():
    runner, dispatcher = ForkRunner(), Dispatcher()
    dispatcher.map("/a", lambda address, number: print(f"handler {number}\\n", end=""))
    for number in range(3):
        runner.run(dispatcher.handlers_for("/a"), Context(OscMessage.of("/a", number)))
    while runner.running():
        await asyncio.sleep(0.001)

print("begin")
asyncio.run(main())
print("end")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("begin", "end")
    assert sorted(lines[1:-1]) == ["handler 0", "handler 1", "handler 2"]
