"""The faces of the server for programs without an event loop: blocking, threading, forking."""

import asyncio
import os
import signal
import threading
import time
from typing import Any

import pytest

from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.fork_runner import ForkRunner
from osc_workbench.net.servers import BlockingServer, ForkingServer, ThreadingServer
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.own_process import in_own_process
from tests.doubles.receiving import needs_ipv6, udp_socket
from tests.doubles.talking import talking_to

ALL_URLS = ("udp://127.0.0.1:0", "tcp://127.0.0.1:0", "tcp://127.0.0.1:0?framing=slip")
URLS = pytest.mark.parametrize("url", [*ALL_URLS, pytest.param("tcp://[::1]:0", marks=needs_ipv6)])
KINDS = pytest.mark.parametrize("kind", [BlockingServer, ThreadingServer])
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
PING, PONG = OscMessage("/ping"), OscMessage("/pong")


def adding() -> Dispatcher:
    dispatcher = Dispatcher()
    dispatcher.on("/add", lambda context: ("/sum", sum(context.arguments)))
    dispatcher.on("/ping", lambda _: "/pong")
    return dispatcher


def far_bundle() -> OscBundle:
    return OscBundle(TimeTag.from_unix_ns(Clock().unix_ns()) + 600.0, [OscMessage("/later")])


# One request at a time.


@KINDS
@URLS
def test_one_request_is_served_with_its_reply(kind: type[BlockingServer], url: str) -> None:
    with kind(url, adding()) as server, talking_to(server.url) as talker:
        for number in range(3):
            talker.send(OscMessage.of("/add", number, 1))
            # The handler may run on a thread, but it has ended and was answered when this returns.
            assert server.handle_request(5.0)
            assert talker.receive() == OscMessage.of("/sum", number + 1)


@KINDS
@URLS
def test_request_that_does_not_come_is_waited_for_that_long(kind: type[BlockingServer], url: str) -> None:
    with kind(url, adding()) as server:
        start = time.monotonic()
        assert not server.handle_request(0.05)
        assert 0.05 <= time.monotonic() - start < 5
        assert not server.handle_request(0.0)


@KINDS
def test_reply_to_an_earlier_request_is_no_request(kind: type[BlockingServer]) -> None:
    dispatcher = adding()
    release = threading.Event()

    @dispatcher.on("/slow")
    def slow(_context: Context) -> str:
        release.wait(5)
        return "/done"

    if kind is BlockingServer:
        release.set()
    with kind("udp://127.0.0.1:0", dispatcher) as server, talking_to(server.url) as talker:
        talker.send(OscMessage("/slow"))
        served = server.handle_request(0.05)
        # Its handler still runs on its thread, so the request is not done.
        assert served == (kind is BlockingServer)
        release.set()
        assert not server.handle_request(0.1)
        assert talker.receive() == OscMessage("/done")


@KINDS
def test_rejected_packets_are_no_requests_and_counted(kind: type[BlockingServer]) -> None:
    with (
        kind("udp://127.0.0.1:0", adding(), accept=lambda data, _: data.startswith(b"/ping")) as server,
        talking_to(server.url) as talker,
    ):
        talker.send(OscMessage.of("/add", 1), OscMessage.of("/add", 1))
        assert not server.handle_request(0.05)
        assert server.server.counters.rejected == 2
        talker.send(PING)
        assert server.handle_request(5.0)
        assert talker.receive() == PONG


def test_coroutine_handler_has_ended_when_the_request_is_done() -> None:
    dispatcher = Dispatcher()

    @dispatcher.on("/ping")
    async def ping(_context: Context) -> str:
        await asyncio.sleep(0.01)
        return "/pong"

    for kind in (BlockingServer, ThreadingServer):
        with kind("udp://127.0.0.1:0", dispatcher) as server, talking_to(server.url) as talker:
            talker.send(PING)
            assert server.handle_request(5.0)
            assert talker.receive() == PONG


# For ever.


@KINDS
@URLS
def test_it_serves_until_another_thread_shuts_it_down(kind: type[BlockingServer], url: str) -> None:
    with kind(url, adding()) as server:
        replies: list[Any] = []

        def talk() -> None:
            with talking_to(server.url) as talker:
                for number in range(20):
                    talker.send(OscMessage.of("/add", number))
                    replies.append(talker.receive())
            server.shutdown()

        thread = threading.Thread(target=talk)
        thread.start()
        server.serve_forever()
        thread.join()
        assert replies == [OscMessage.of("/sum", number) for number in range(20)]
        # It can serve again.
        assert not server.handle_request(0.01)


@KINDS
def test_shutdown_before_serving_is_not_lost(kind: type[BlockingServer]) -> None:
    with kind("udp://127.0.0.1:0", adding()) as server:
        server.shutdown()
        server.serve_forever()
        assert not server.handle_request(0.01)
    # A closed one has nothing to shut down.
    server.shutdown()


def test_shutdown_by_a_signal_handler_ends_it() -> None:
    with BlockingServer("udp://127.0.0.1:0", adding()) as server:
        before = signal.signal(signal.SIGUSR1, lambda *_: server.shutdown())
        try:
            dispatcher = server.server.dispatcher
            dispatcher.on("/end", lambda _: os.kill(os.getpid(), signal.SIGUSR1))
            with talking_to(server.url) as talker:
                talker.send(OscMessage("/end"))
                server.serve_forever()
        finally:
            signal.signal(signal.SIGUSR1, before)


def test_keyboard_interrupt_ends_it_and_the_port_is_given_back() -> None:
    dispatcher = Dispatcher()
    dispatcher.on("/end", lambda _: os.kill(os.getpid(), signal.SIGINT))
    with BlockingServer("udp://127.0.0.1:0", dispatcher) as server, talking_to(server.url) as talker:
        port = server.url.port
        talker.send(OscMessage("/end"))
        with pytest.raises(KeyboardInterrupt):
            server.serve_forever()
    with BlockingServer(f"udp://127.0.0.1:{port}", dispatcher):
        pass


# Handlers.


@KINDS
@pytest.mark.parametrize("url", ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"])
def test_bad_handler_is_reported_and_stops_nothing(kind: type[BlockingServer], url: str) -> None:
    dispatcher = adding()
    dispatcher.on("/bad", lambda _: 1 / 0)
    problems: list[str] = []
    with kind(url, dispatcher, on_problem=problems.append) as server, talking_to(server.url) as talker:
        talker.send(OscMessage("/bad"))
        assert server.handle_request(5.0)
        talker.send(PING)
        assert server.handle_request(5.0)
        assert talker.receive() == PONG
        assert server.server.counters.failures == 1
    assert "ZeroDivisionError" in problems[0]


def test_threads_run_handlers_beside_each_other_and_are_bounded() -> None:
    dispatcher = Dispatcher()
    meeting = threading.Barrier(3, timeout=5)
    threads: set[str] = set()

    @dispatcher.on("/meet")
    def meet(context: Context) -> tuple[str, int]:
        threads.add(threading.current_thread().name)
        # Three at the same time, or nobody gets any further.
        meeting.wait()
        return ("/met", context.arguments[0])

    with ThreadingServer("udp://127.0.0.1:0", dispatcher, workers=3) as server, talking_to(server.url) as talker:
        talker.send(*[OscMessage.of("/meet", number) for number in range(30)])
        met: list[Any] = []
        while len(met) < 30:
            server.handle_request(0.2)
            for _ in range(server.server.counters.replies - len(met)):
                met.append(talker.receive())
        assert sorted(message.arguments[0] for message in met) == list(range(30))
        assert len(threads) == 3


def test_timeout_is_refused_for_threads_and_said_why() -> None:
    with pytest.raises(ValueError, match="a thread cannot be stopped"):
        ThreadingServer("udp://127.0.0.1:0", adding(), timeout=1.0)
    ThreadingServer("udp://127.0.0.1:0", adding(), timeout=None)


@pytest.mark.parametrize(("per_second", "answered"), [(float("inf"), 2500), (10.0, 20)])
def test_replies_to_one_peer_are_held_back_unless_that_is_switched_off(per_second: float, answered: int) -> None:
    # More than the default lets through at once.
    options: dict[str, Any] = {"replies_per_second": per_second, "on_problem": lambda _: None}
    with BlockingServer("tcp://127.0.0.1:0", adding(), **options) as server, talking_to(server.url) as talker:
        talker.send(*[OscMessage.of("/add", number) for number in range(2500)])
        while server.server.counters.messages < 2500:
            assert server.handle_request(5.0)
        for number in range(answered):
            assert talker.receive() == OscMessage.of("/sum", number)
        assert server.server.counters.replies == pytest.approx(answered, abs=answered // 2)
        assert bool(server.server.counters.unanswered) == (per_second < 1000)


# Beginning and ending.


@KINDS
@pytest.mark.parametrize("url", ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"])
def test_closing_returns_the_bundles_that_will_not_run(kind: type[BlockingServer], url: str) -> None:
    server = kind(url, adding(), on_problem=lambda _: None)
    server.open()
    with talking_to(server.url) as talker:
        talker.send(far_bundle())
        assert server.handle_request(5.0)
        assert [pending.bundle.elements for pending in server.server.pending()] == [(OscMessage("/later"),)]
        left = server.close()
    assert [pending.bundle.elements for pending in left] == [(OscMessage("/later"),)]
    assert server.close() == ()


@KINDS
@pytest.mark.parametrize("url", ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"])
def test_opening_and_closing_leaves_nothing(kind: type[BlockingServer], url: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with kind(url, adding()) as server:
            server.open()
            with talking_to(server.url) as talker:
                talker.send(PING)
                assert server.handle_request(5.0)
                assert talker.receive() == PONG
    assert len(os.listdir("/proc/self/fd")) == before


@KINDS
def test_taken_port_is_explained_and_can_be_tried_again(kind: type[BlockingServer]) -> None:
    with udp_socket() as other:
        server = kind(f"udp://127.0.0.1:{other.getsockname()[1]}", adding())
        for _ in range(2):
            with pytest.raises(EndpointError, match="in use by this program itself"):
                server.open()
        assert server.close() == ()
    with server:
        assert not server.handle_request(0.01)


@KINDS
def test_what_is_not_open_says_so(kind: type[BlockingServer]) -> None:
    server = kind("udp://127.0.0.1:0", adding())
    assert server.url.port == 0
    with pytest.raises(EndpointError, match="is not open") as caught:
        server.serve_forever()
    assert "with block" in caught.value.remedy
    with pytest.raises(EndpointError, match="is not open"):
        server.handle_request(0.01)


def test_name_that_is_not_known_is_explained() -> None:
    with pytest.raises(EndpointError, match=r"'no\.\.host' is not known"):
        BlockingServer("udp://no..host:0", adding()).open()


# Forking. Each test has a process of its own, since nobody may fork beside threads.


def serve_in_children(url: str) -> None:
    dispatcher = adding()
    seen: list[int] = []

    @dispatcher.on("/pid")
    def pid(_context: Context) -> tuple[str, int, int]:
        seen.append(1)
        return ("/pid", os.getpid(), len(seen))

    with ForkingServer(url, dispatcher) as server, talking_to(server.url) as talker:
        for number in range(3):
            talker.send(OscMessage.of("/add", number, 1))
            assert server.handle_request(5.0)
            assert talker.receive() == OscMessage.of("/sum", number + 1)
        pids = set()
        for _ in range(3):
            talker.send(OscMessage("/pid"))
            assert server.handle_request(5.0)
            reply = talker.receive()
            assert isinstance(reply, OscMessage)
            # Each has a process of its own, and what it changed has gone with it.
            assert reply.arguments[1] == 1
            pids.add(reply.arguments[0])
        assert len(pids) == 3
        assert os.getpid() not in pids
        assert seen == []
        assert server.server.counters.replies == 6
        assert threading.active_count() == 1
    assert no_child_is_left()


def no_child_is_left() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


@needs_fork
@in_own_process
def test_forking_server_serves_udp() -> None:
    serve_in_children("udp://127.0.0.1:0")


@needs_fork
@in_own_process
def test_forking_server_serves_tcp() -> None:
    serve_in_children("tcp://127.0.0.1:0")


@needs_fork
@in_own_process
def test_forking_server_serves_slip() -> None:
    serve_in_children("tcp://127.0.0.1:0?framing=slip")


@needs_fork
@needs_ipv6
@in_own_process
def test_forking_server_serves_ipv6_without_a_thread() -> None:
    serve_in_children("tcp://[::1]:0")


@needs_fork
@in_own_process
def test_forking_server_serves_localhost_without_a_thread() -> None:
    serve_in_children("udp://localhost:0")


@needs_fork
@in_own_process
def test_forking_server_reports_what_fails_and_goes_on() -> None:
    dispatcher = adding()
    dispatcher.on("/bad", lambda _: 1 / 0)
    dispatcher.on("/crash", lambda _: os._exit(3))
    problems: list[str] = []
    with (
        ForkingServer("udp://127.0.0.1:0", dispatcher, on_problem=problems.append) as server,
        talking_to(server.url) as talker,
    ):
        for address in ("/bad", "/crash", "/ping"):
            talker.send(OscMessage(address))
            assert server.handle_request(5.0)
        assert talker.receive() == PONG
        assert server.server.counters.failures == 2
        assert "ZeroDivisionError" in problems[0]
        assert "status 3" in problems[1]
    assert no_child_is_left()


@needs_fork
@in_own_process
def test_forking_server_runs_bundles_of_the_future_without_a_thread() -> None:
    with ForkingServer("udp://127.0.0.1:0", adding()) as server, talking_to(server.url) as talker:
        talker.send(OscBundle(TimeTag.from_unix_ns(Clock().unix_ns()) + 0.05, [PING]))
        assert server.handle_request(5.0)
        assert len(server.server.pending()) == 1
        assert not server.handle_request(0.2)
        assert talker.receive() == PONG


@needs_fork
@in_own_process
def test_forking_server_closes_while_children_run() -> None:
    dispatcher = Dispatcher()
    dispatcher.on("/sleep", lambda _: time.sleep(60))
    with ForkingServer("udp://127.0.0.1:0", dispatcher) as server, talking_to(server.url) as talker:
        talker.send(OscMessage("/sleep"))
        assert not server.handle_request(0.2)
        assert server.server.running() == 1
    assert no_child_is_left()


@needs_fork
@in_own_process
def test_forking_server_kills_a_handler_after_its_timeout() -> None:
    dispatcher = Dispatcher()
    dispatcher.on("/sleep", lambda _: time.sleep(60))
    problems: list[str] = []
    options: dict[str, Any] = {"timeout": 0.1, "on_problem": problems.append}
    with ForkingServer("udp://127.0.0.1:0", dispatcher, **options) as server, talking_to(server.url) as talker:
        talker.send(OscMessage("/sleep"))
        assert server.handle_request(20.0)
    assert "it ran longer than 0.1 s and was killed" in problems[0]
    assert no_child_is_left()


@needs_fork
@in_own_process
def test_forking_server_has_a_timeout_of_a_minute_unless_told_otherwise() -> None:
    for options, seconds in (({}, 60.0), ({"timeout": 5}, 5.0), ({"timeout": None}, float("inf"))):
        with ForkingServer("udp://127.0.0.1:0", adding(), **options) as server, talking_to(server.url) as talker:
            runner = server.server._runner
            assert isinstance(runner, ForkRunner)
            assert runner.timeout == seconds
            talker.send(PING)
            assert server.handle_request(5.0)
            assert talker.receive() == PONG


@needs_fork
@in_own_process
def test_forking_is_refused_beside_other_threads() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="another")
    thread.start()
    try:
        with pytest.raises(EndpointError, match=r"A program with other threads \(another\) must not fork") as caught:
            ForkingServer("udp://127.0.0.1:0", adding())
        assert "threading or an asynchronous server" in caught.value.remedy
    finally:
        end.set()
        thread.join()
