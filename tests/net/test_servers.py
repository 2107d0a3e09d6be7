"""The server on an event loop, over UDP and TCP."""

import asyncio
import logging
import os
from typing import Any

import pytest

from osc_workbench.net.clients import OscClient
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.servers import OscServer
from osc_workbench.net.wire_log import RingSink, WireLog
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.scheduler import SchedulePolicy
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Direction, Peer
from tests.doubles.receiving import needs_ipv6
from tests.doubles.waiting import until

URLS = pytest.mark.parametrize(
    "url",
    [
        "udp://127.0.0.1:0",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:0?framing=slip",
        pytest.param("udp://[::1]:0", marks=needs_ipv6),
        pytest.param("tcp://[::1]:0", marks=needs_ipv6),
    ],
)
TWO_URLS = pytest.mark.parametrize("url", ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"])


def in_seconds(seconds: float) -> TimeTag:
    return TimeTag.from_unix_ns(Clock().unix_ns()) + seconds


@URLS
async def test_handlers_are_served_and_their_replies_come_back(url: str) -> None:
    dispatcher = Dispatcher()
    contexts: list[Context] = []

    @dispatcher.on("/add")
    def add(context: Context) -> tuple[Any, ...]:
        contexts.append(context)
        return ("/sum", sum(context.arguments))

    async with OscServer(url, dispatcher) as server, OscClient(server.url) as client:
        reply = await client.request(("/add", 1, 2, 3), "/sum")
        assert reply == OscMessage.of("/sum", 6)
        (context,) = contexts
        assert context.peer == (server.url.host, client.local_port)
        assert abs(context.unix_ns - Clock().unix_ns()) < 5e9
        assert (context.time_tag, context.late_by) == (TimeTag.IMMEDIATELY, 0.0)
        assert (server.counters.messages, server.counters.replies) == (1, 1)


@URLS
async def test_coroutine_handlers_wait_beside_each_other(url: str) -> None:
    dispatcher = Dispatcher()
    go_on = asyncio.Event()

    @dispatcher.on("/wait")
    async def wait(context: Context) -> str:
        await go_on.wait()
        return f"/done/{context.arguments[0]}"

    dispatcher.on("/ping", lambda _: "/pong")
    async with OscServer(url, dispatcher) as server, OscClient(server.url) as client:
        await client.send([("/wait", 1), ("/wait", 2)])
        # What comes after them need not wait for them.
        await client.request("/ping", "/pong")
        assert server.running() == 2
        go_on.set()
        replies = [await client.receive(5), await client.receive(5)]
        assert replies == [OscMessage("/done/1"), OscMessage("/done/2")]
        assert server.running() == 0


@TWO_URLS
async def test_handler_that_waits_is_stopped_with_the_server(url: str) -> None:
    dispatcher = Dispatcher()
    ended: list[str] = []

    @dispatcher.on("/wait")
    async def wait(_context: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    async with OscServer(url, dispatcher) as server, OscClient(server.url) as client:
        await client.send("/wait")
        await until(lambda: server.running() == 1)
    assert ended == ["ended"]


@TWO_URLS
async def test_bad_handler_is_reported_and_stops_nothing(url: str) -> None:
    dispatcher = Dispatcher()
    dispatcher.on("/bad", lambda _: 1 / 0)
    dispatcher.on("/bad", lambda _: "/reply/of/the/second")
    dispatcher.on("/worse", lambda _: b"no reply")
    problems: list[str] = []
    async with OscServer(url, dispatcher, on_problem=problems.append) as server, OscClient(server.url) as client:
        await client.request("/bad", "/reply/of/the/second")
        await client.send("/worse")
        await client.request("/bad", "/reply/of/the/second")
        assert server.counters.failures == 3
    assert "failed on /bad: ZeroDivisionError: division by zero (test_servers.py, line " in problems[0]
    assert "failed on /worse: OscEncodeError" in problems[1]


@TWO_URLS
async def test_malformed_packets_are_counted_and_the_next_is_served(url: str) -> None:
    dispatcher = Dispatcher()
    dispatcher.on("/ping", lambda _: "/pong")
    async with OscServer(url, dispatcher) as server, OscClient(server.url) as client:
        endpoint, peer = client._opened()
        # Without end for python-osc and oscpack: a bundle with an element of the size -4.
        for data in (b"\xff", b"/a\0\0,s\0\0abcd", bytes.fromhex("2362756e646c65000000000000000001fffffffc")):
            endpoint.send(data, peer)
        await client.request("/ping", "/pong")
        assert (server.counters.malformed, server.counters.messages) == (3, 1)


@TWO_URLS
async def test_what_the_hook_refuses_is_counted_and_not_served(url: str) -> None:
    dispatcher = Dispatcher()
    served: list[object] = []
    dispatcher.otherwise(lambda context: served.append(context.address))
    asked: list[tuple[bytes, Peer]] = []

    def accept(data: bytes, peer: Peer) -> bool:
        asked.append((data, peer))
        return data.startswith(b"/ok")

    async with OscServer(url, dispatcher, accept=accept) as server, OscClient(server.url) as client:
        await client.send(["/no", "/ok", "/no", "/ok"])
        await until(lambda: len(served) == 2)
        assert served == ["/ok", "/ok"]
        assert (server.counters.rejected, server.counters.messages) == (2, 2)
        assert {peer for _, peer in asked} == {Peer("127.0.0.1", client.local_port)}


@TWO_URLS
async def test_bundle_of_the_future_runs_at_its_time_and_is_answered(url: str) -> None:
    dispatcher = Dispatcher()
    times: list[float] = []
    clock = Clock()

    @dispatcher.on("/timed")
    def timed(_context: Context) -> str:
        times.append(clock.time())
        return "/done"

    async with OscServer(url, dispatcher) as server, OscClient(server.url) as client:
        due = clock.time() + 0.05
        await client.send(OscBundle(in_seconds(0.05), [OscMessage("/timed")]))
        await until(server.pending)
        assert server.pending()[0].origin.peer == ("127.0.0.1", client.local_port)
        assert await client.receive(5) == OscMessage("/done")
        # The wall clock of the bundle and the monotonic one of this test may disagree a little.
        assert times[0] >= due - 0.001
        assert server.pending() == ()


async def test_bundle_that_waits_can_be_taken_back() -> None:
    dispatcher = Dispatcher()
    async with OscServer("udp://127.0.0.1:0", dispatcher) as server, OscClient(server.url) as client:
        await client.send(OscBundle(in_seconds(60), [OscMessage("/timed")]))
        await until(server.pending)
        number = server.pending()[0].number
        assert server.cancel(number)
        assert not server.cancel(number)
        assert server.pending() == ()


async def test_policy_decides_about_time_tags() -> None:
    dispatcher = Dispatcher()
    dispatcher.on("/timed", lambda _: "/done")
    options = {"policy": SchedulePolicy.IMMEDIATELY}
    async with OscServer("udp://127.0.0.1:0", dispatcher, **options) as server, OscClient(server.url) as client:
        await client.request(OscBundle(in_seconds(60), [OscMessage("/timed")]), "/done")


@TWO_URLS
async def test_closing_returns_the_bundles_that_will_not_run(url: str) -> None:
    problems: list[str] = []
    server = OscServer(url, Dispatcher(), on_problem=problems.append)
    await server.start()
    async with OscClient(server.url) as client:
        await client.send([OscBundle(in_seconds(60 - number), [OscMessage.of("/n", number)]) for number in range(3)])
        await until(lambda: len(server.pending()) == 3)
        left = await server.close()
    assert [pending.bundle.elements[0].arguments for pending in left] == [(2,), (1,), (0,)]
    assert problems[0] == "3 bundles that waited for their time were discarded."
    assert await server.close() == ()


BOUNCED = "is not answered until it is quiet for a second"


def bouncing() -> Dispatcher:
    dispatcher = Dispatcher()
    dispatcher.otherwise(lambda context: ("/again", *context.arguments))
    return dispatcher


async def test_two_servers_that_answer_each_others_answers_stop() -> None:
    # What two programs with careless rules do (VU#417980).
    problems: list[str] = []
    options: dict[str, Any] = {"on_problem": problems.append, "replies_per_second": 100}
    async with (
        OscServer("udp://127.0.0.1:0", bouncing(), **options) as one,
        OscServer("udp://127.0.0.1:0", bouncing(), **options) as other,
    ):
        one.send(("/start", 1), (other.url.host, other.url.port))
        await until(lambda: one.counters.unanswered or other.counters.unanswered)
        assert one.counters.unanswered + other.counters.unanswered == 1
        assert max(one.counters.replies, other.counters.replies) <= 400
    assert len(problems) == 1
    assert BOUNCED in problems[0]


async def test_server_and_client_that_answer_each_others_answers_stop() -> None:
    problems: list[str] = []
    options: dict[str, Any] = {"on_problem": problems.append, "replies_per_second": 100}
    async with OscServer("tcp://127.0.0.1:0", bouncing(), **options) as server, OscClient(server.url) as client:
        await client.send(("/start", 1))
        await bounce_until(client, bouncing(), lambda: server.counters.unanswered)
        assert server.counters.unanswered == 1
        assert server.counters.replies <= 400
    assert len(problems) == 1
    assert BOUNCED in problems[0]


async def bounce_until(client: OscClient, dispatcher: Dispatcher, condition: Any) -> None:
    handling = asyncio.ensure_future(client.handle(dispatcher))
    try:
        await until(condition)
    finally:
        handling.cancel()
        await asyncio.gather(handling, return_exceptions=True)


async def test_server_sends_from_its_own_port() -> None:
    async with OscServer("udp://127.0.0.1:0", Dispatcher()) as server, OscClient(server.url) as client:
        server.send([("/a", 1), "/b"], ("127.0.0.1", client.local_port))
        assert await client.receive(5) == OscMessage.of("/a", 1)
        assert await client.receive(5) == OscMessage("/b")
        with pytest.raises(OscEncodeError):
            server.send("no slash", ("127.0.0.1", client.local_port))
    with pytest.raises(EndpointError, match="not open"):
        server.send("/a", ("127.0.0.1", 9))


async def test_connections_are_listed_and_each_can_be_closed() -> None:
    dispatcher = Dispatcher()
    dispatcher.on("/ping", lambda _: "/pong")
    async with (
        OscServer("tcp://127.0.0.1:0", dispatcher) as server,
        OscClient(server.url) as first,
        OscClient(server.url) as second,
    ):
        await first.request("/ping", "/pong")
        await second.request("/ping", "/pong")
        by_port = {status.peer.port: (status.packets, status.sent) for status in server.connections()}
        assert by_port == {first.local_port: (1, 1), second.local_port: (1, 1)}
        server.close_connection(("127.0.0.1", first.local_port))
        with pytest.raises(EndpointError, match="other side closed it"):
            await first.receive(5)
        await second.request("/ping", "/pong")
        assert [status.peer.port for status in server.connections()] == [second.local_port]


@TWO_URLS
async def test_wire_log_has_both_directions(url: str) -> None:
    dispatcher = Dispatcher()
    dispatcher.on("/ping", lambda _: "/pong")
    ring = RingSink()
    wire_log = WireLog(ring, clock=Clock())
    async with OscServer(url, dispatcher, wire_log=wire_log) as server, OscClient(server.url) as client:
        await client.request("/ping", "/pong")
        assert [record.direction for record in ring.records] == [Direction.IN, Direction.OUT]
        assert b"/ping" in ring.records[0].data
        assert b"/pong" in ring.records[1].data


# Beginning and ending.


@TWO_URLS
async def test_serving_for_ever_ends_when_it_is_cancelled_and_gives_the_port_back(url: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    dispatcher = Dispatcher()
    dispatcher.on("/ping", lambda _: "/pong")
    server = OscServer(url, dispatcher)
    serving = asyncio.ensure_future(server.serve_forever())
    await until(lambda: server.url.port)
    async with OscClient(server.url) as client:
        await client.request("/ping", "/pong")
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    await until(lambda: len(os.listdir("/proc/self/fd")) == before)
    async with OscServer(server.url, dispatcher):
        pass


@TWO_URLS
async def test_starting_twice_and_closing_twice_is_harmless(url: str) -> None:
    server = OscServer(url, Dispatcher())
    await server.close()
    await server.start()
    port = server.url.port
    await server.start()
    assert server.url.port == port
    await server.close()
    assert server._looking is None
    assert await server.close() == ()


@TWO_URLS
async def test_taken_port_is_explained_and_nothing_is_left(url: str) -> None:
    async with OscServer(url, Dispatcher()) as server:
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(EndpointError, match="in use by this program itself"):
            async with OscServer(server.url, Dispatcher()):
                raise AssertionError
        assert len(os.listdir("/proc/self/fd")) == before


async def test_hint_of_a_stream_in_the_wrong_framing_is_reported(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("osc_workbench.net.servers._CHECK_INTERVAL", 0.01)
    caplog.set_level(logging.WARNING, "osc_workbench")
    async with (
        OscServer("tcp://127.0.0.1:0?framing=slip", Dispatcher()) as server,
        OscClient(f"tcp://127.0.0.1:{server.url.port}?framing=length") as client,
    ):
        await client.send("/ping")
        await until(lambda: "try framing=length" in caplog.text)
