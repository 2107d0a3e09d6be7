"""Clients: send, receive, request, handle, on an event loop and blocking."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from osc_workbench.net import clients
from osc_workbench.net.clients import BlockingClient, OscClient
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.servers import OscServer
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.receiving import HOSTS, free_port, needs_ipv6, udp_socket
from tests.doubles.streams import free_tcp_port, prefixed, slipped, tcp_listener
from tests.doubles.waiting import until

NOW = TimeTag.IMMEDIATELY
TWO_URLS = pytest.mark.parametrize("url", ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"])
PING = encode_packet(OscMessage("/ping"))


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def answering() -> Dispatcher:
    """Handlers that answer at once, later, twice, and in a bundle."""
    dispatcher = Dispatcher()
    dispatcher.on("/ping", lambda context: ("/pong", *context.arguments))
    dispatcher.on("/twice", lambda _: ["/first", ("/second", 2)])
    dispatcher.on("/bundle", lambda _: OscBundle(NOW, [OscMessage("/other"), OscMessage.of("/inside", 1)]))

    @dispatcher.on("/later")
    async def later(context: Context) -> tuple[Any, ...]:
        await asyncio.sleep(context.arguments[0])
        return ("/later/done", *context.arguments)

    return dispatcher


@asynccontextmanager
async def talking(url: str, **options: Any) -> AsyncIterator[tuple[OscServer, OscClient]]:
    async with OscServer(url, answering()) as server, OscClient(server.url, **options) as client:
        yield server, client


# Sending and receiving.


@TWO_URLS
async def test_every_form_of_packet_is_sent_and_received(url: str) -> None:
    received: list[OscPacket | str | int] = []
    dispatcher = Dispatcher()
    dispatcher.otherwise(lambda context: received.append(context.message))
    async with OscServer(url, dispatcher) as server, OscClient(server.url) as client:
        await client.send("/text")
        await client.send(("/tuple", 1, 2.5, "x", b"y", [1, [2]]))
        await client.send(OscMessage("/message", "h", (1,)))
        await client.send(OscBundle(NOW, [OscMessage("/in/bundle")]))
        await client.send(None)
        await client.send(("/number", number) for number in range(2))
        await until(lambda: len(received) == 6)
        assert received == [
            OscMessage("/text"),
            OscMessage.of("/tuple", 1, 2.5, "x", b"y", [1, [2]]),
            OscMessage("/message", "h", (1,)),
            OscMessage("/in/bundle"),
            OscMessage.of("/number", 0),
            OscMessage.of("/number", 1),
        ]
        with pytest.raises(OscEncodeError):
            await client.send("no slash")


@TWO_URLS
async def test_what_comes_is_received_in_order(url: str) -> None:
    async with talking(url) as (_, client):
        await client.send("/twice")
        assert await client.receive(5) == OscMessage("/first")
        assert await client.receive() == OscMessage.of("/second", 2)
        assert await client.receive(0.01) is None
        assert await client.receive(0) is None


@TWO_URLS
async def test_packets_that_cannot_be_decoded_are_counted_and_skipped(url: str) -> None:
    async with talking(url) as (server, client):
        await client.request(("/ping", 1), "/pong")
        peer = server.connections()[0].peer if url.startswith("tcp") else ("127.0.0.1", client.local_port)
        for data in (b"\xff", b"/a\0\0,s\0\0abcd", PING):
            server.endpoint.send(data, clients.Peer(*peer))
        assert await client.receive(5) == OscMessage("/ping")
        assert client.malformed == 2


async def test_of_packets_nobody_takes_the_oldest_are_let_go_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_WAITING_LIMIT", 3)
    async with talking("udp://127.0.0.1:0") as (_, client):
        await client.send(("/ping", number) for number in range(10))
        await until(lambda: client.discarded == 7)
        assert [await client.receive(1) for _ in range(3)] == [OscMessage.of("/pong", number) for number in (7, 8, 9)]


async def test_request_sees_its_reply_though_as_many_packets_wait_as_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_WAITING_LIMIT", 3)
    async with talking("udp://127.0.0.1:0") as (server, client):
        await client.send(("/ping", number) for number in range(3))
        await until(lambda: len(client._waiting) == 3)
        # What comes while it waits pushes out what it has looked at.
        request = asyncio.ensure_future(client.request("/nobody", "/done", 5.0))
        await client.send(("/ping", number) for number in range(3, 8))
        await until(lambda: client.discarded == 5)
        server.send("/done", ("127.0.0.1", client.local_port))
        assert await request == OscMessage("/done")
        assert client.discarded == 6
        assert [await client.receive(1) for _ in range(2)] == [OscMessage.of("/pong", number) for number in (6, 7)]


@TWO_URLS
async def test_packet_that_is_in_the_system_is_received_without_waiting(url: str) -> None:
    async with talking(url) as (server, client):
        await client.request("/ping", "/pong")
        peer = server.connections()[0].peer if url.startswith("tcp") else ("127.0.0.1", client.local_port)
        for _ in range(20):
            server.send("/there", peer)
            assert await client.receive(0) == OscMessage("/there")
            assert await client.receive(0) is None


# From whom.


@HOSTS
async def test_datagrams_of_strangers_are_counted_and_go_no_further(host: str) -> None:
    with udp_socket(host) as peer, udp_socket(host) as stranger:
        url = f"udp://[{host}]:{peer.getsockname()[1]}" if ":" in host else f"udp://{host}:{peer.getsockname()[1]}"
        async with OscClient(url) as client:
            address = (host, client.local_port)
            for sock, text in ((stranger, "/pong"), (stranger, "/pong"), (peer, "/before")):
                sock.sendto(encode_packet(OscMessage(text)), address)
            assert await client.receive(5) == OscMessage("/before")
            assert client.strangers == 2
            request = asyncio.ensure_future(client.request("/ping", "/pong", 5.0))
            stranger.sendto(encode_packet(OscMessage.of("/pong", 0)), address)
            peer.sendto(encode_packet(OscMessage.of("/pong", 1)), address)
            assert await request == OscMessage.of("/pong", 1)
            seen: list[int] = []
            dispatcher = Dispatcher()
            dispatcher.on("/handled", lambda context: seen.append(context.arguments[0]))
            stranger.sendto(encode_packet(OscMessage.of("/handled", 0)), address)
            peer.sendto(encode_packet(OscMessage.of("/handled", 1)), address)
            # What is there already is handled even in no time.
            assert await client.handle(dispatcher, 0) == 1
            assert seen == [1]
            assert (client.strangers, client.discarded) == (4, 0)


@pytest.mark.parametrize("target", ["udp://239.255.7.9:9?interface=127.0.0.1", "udp://127.255.255.255:9?broadcast=yes"])
async def test_whoever_answers_a_group_or_a_whole_network_is_heard(target: str) -> None:
    async with OscClient(target, local_host="127.0.0.1") as client:
        with udp_socket() as one, udp_socket() as other:
            for sock in (one, other):
                sock.sendto(PING, ("127.0.0.1", client.local_port))
            assert [await client.receive(5), await client.receive(5)] == [OscMessage("/ping")] * 2
        assert client.strangers == 0


@pytest.mark.parametrize(
    ("target", "peer", "is_same"),
    [
        ("fe80::1%2", "fe80::1%2", True),
        ("fe80::1%2", "fe80::1%3", False),
        # Not every system tells the interface.
        ("fe80::1%2", "fe80::1", True),
        ("fe80::1", "fe80::1%3", True),
        ("fe80::1%2", "fe80::2%2", False),
        ("0.0.0.0", "127.0.0.1", True),
        ("::", "::1", True),
        ("127.0.0.1", "127.0.0.2", False),
    ],
)
def test_peer_is_the_same_on_the_same_interface(target: str, peer: str, is_same: bool) -> None:
    assert clients._is_same(clients.Peer(target, 9), clients.Peer(peer, 9)) == is_same
    assert not clients._is_same(clients.Peer(target, 9), clients.Peer(peer, 10))


# Requests.


@TWO_URLS
async def test_request_returns_the_reply_and_leaves_the_others(url: str) -> None:
    async with talking(url) as (_, client):
        assert await client.request("/twice", "/second") == OscMessage.of("/second", 2)
        assert await client.request(("/ping", 7), "/p*g") == OscMessage.of("/pong", 7)
        assert await client.receive(1) == OscMessage("/first")
        assert await client.receive(0.01) is None


async def test_reply_that_came_before_the_request_is_not_its_reply() -> None:
    async with talking("udp://127.0.0.1:0") as (_, client):
        await client.send(("/ping", 1))
        await until(lambda: client._waiting)
        assert await client.request(("/ping", 2), "/pong") == OscMessage.of("/pong", 2)
        assert await client.receive(1) == OscMessage.of("/pong", 1)


@TWO_URLS
async def test_several_requests_can_wait_at_the_same_time(url: str) -> None:
    async with talking(url) as (_, client):
        waits = [0.03, 0.0, 0.02, 0.01]
        requests = [client.request(("/later", wait), "/later/done", 5.0) for wait in waits]
        other = client.request(("/ping", 1), "/pong", 5.0)
        *done, pong = await asyncio.gather(*requests, other)
        assert pong == OscMessage.of("/pong", 1)
        # Each got a reply of its own, none was seen twice or by nobody.
        assert sorted(reply.arguments[0] for reply in done) == pytest.approx(sorted(waits))
        assert await client.receive(0.01) is None


async def test_what_came_in_the_same_bundle_as_the_reply_is_not_lost() -> None:
    async with talking("udp://127.0.0.1:0") as (_, client):
        assert await client.request("/bundle", "/inside") == OscMessage.of("/inside", 1)
        bundle = await client.receive(1)
        assert bundle == OscBundle(NOW, [OscMessage("/other"), OscMessage.of("/inside", 1)])


@TWO_URLS
async def test_no_reply_in_time_is_a_timeout_that_says_what_was_missing(url: str) -> None:
    async with talking(url) as (server, client):
        start = time.monotonic()
        with pytest.raises(TimeoutError, match=f"{server.url.host}:{server.url.port} sent no /nothing within 0.05 s"):
            await client.request("/ping", "/nothing", timeout=0.05)
        assert time.monotonic() - start < 5
        # The reply that did not match still waits.
        assert await client.receive(1) == OscMessage("/pong")


async def test_pattern_that_can_match_nothing_is_refused_before_sending() -> None:
    async with talking("udp://127.0.0.1:0") as (server, client):
        with pytest.raises(ValueError, match="can match no address"):
            await client.request("/ping", "/a[")
        assert await client.receive(0.01) is None
        assert server.counters.messages == 0


# Where it sends from.


@HOSTS
async def test_it_sends_from_the_port_it_is_told(host: str) -> None:
    port = free_port(host)
    with udp_socket(host) as peer:
        url = f"udp://[{host}]:{peer.getsockname()[1]}" if ":" in host else f"udp://{host}:{peer.getsockname()[1]}"
        async with OscClient(url, local_port=port) as client:
            assert client.local_port == port
            await client.send("/ping")
            assert peer.recvfrom(100)[1][:2] == (host, port)
            # An answer to that port arrives.
            peer.sendto(PING, (host, port))
            assert await client.receive(5) == OscMessage("/ping")


async def test_port_is_known_once_it_is_open() -> None:
    for url in ("udp://127.0.0.1:0", "tcp://127.0.0.1:0"):
        async with talking(url) as (server, client):
            await client.request(("/ping", 1), "/pong")
            if server.connections():
                assert server.connections()[0].peer.port == client.local_port
            assert client.local_port > 0
    assert OscClient("udp://127.0.0.1:9").local_port == 0
    assert OscClient("udp://127.0.0.1:9", local_port=7).local_port == 7


async def test_tcp_connects_from_the_port_and_address_it_is_told() -> None:
    port = free_tcp_port()
    with tcp_listener() as listener:
        async with OscClient(listener.url, local_port=port, local_host="127.0.0.1") as client:
            peer = await listener.accept()
            assert peer.socket.getpeername() == ("127.0.0.1", port)
            assert client.local_port == port


async def test_taken_port_is_explained() -> None:
    with udp_socket() as other:
        port = other.getsockname()[1]
        with pytest.raises(EndpointError, match=f"Port {port} is in use by this program itself"):
            async with OscClient("udp://127.0.0.1:9", local_port=port):
                raise AssertionError


# What fails.


@HOSTS
async def test_refused_datagram_is_an_error_at_once(host: str) -> None:
    url = f"udp://[{host}]:{free_port(host)}" if ":" in host else f"udp://{host}:{free_port(host)}"
    async with OscClient(url) as client:
        start = time.monotonic()
        with pytest.raises(EndpointError, match="refused a datagram: nothing listens there"):
            await client.request("/ping", "/pong", timeout=20.0)
        await client.send("/ping")
        with pytest.raises(EndpointError, match="nothing listens there"):
            await client.receive(20.0)
        assert time.monotonic() - start < 5


async def test_refused_connection_is_an_error_at_once_and_leaves_nothing() -> None:
    before = open_descriptors()
    client = OscClient(f"tcp://127.0.0.1:{free_tcp_port()}")
    for _ in range(2):
        with pytest.raises(EndpointError, match="refused the connection"):
            await client.open()
    assert open_descriptors() == before
    with pytest.raises(EndpointError, match="is not open") as caught:
        await client.send("/ping")
    assert "with block" in caught.value.remedy


async def test_lost_connection_is_told_after_what_had_come() -> None:
    with tcp_listener() as listener:
        async with OscClient(listener.url) as client:
            peer = await listener.accept()
            await peer.send(prefixed(PING, PING))
            peer.close()
            await until(lambda: len(client._waiting) == 2 and client._problems)
            assert await client.receive(5) == OscMessage("/ping")
            assert await client.receive(5) == OscMessage("/ping")
            with pytest.raises(EndpointError, match="ended: the other side closed it"):
                await client.receive(5)
            with pytest.raises(EndpointError, match="has closed the connection"):
                await client.receive(5)
            with pytest.raises(EndpointError, match="no connection"):
                await client.send("/ping")
            # It can be opened again.
            await client.close()
            await client.open()
            peer = await listener.accept()
            await client.send("/ping")
            await until(lambda: peer.received == prefixed(PING))


async def test_connection_lost_while_a_request_waits_is_an_error() -> None:
    with tcp_listener() as listener:
        async with OscClient(listener.url) as client:
            peer = await listener.accept()
            requesting = asyncio.ensure_future(client.request("/ping", "/pong", 20.0))
            await until(lambda: peer.received)
            peer.reset()
            with pytest.raises(EndpointError, match="Connection reset by peer"):
                await requesting


async def test_name_that_is_not_known_is_an_error() -> None:
    with pytest.raises(EndpointError, match=r"'no\.\.host' is not known"):
        await OscClient("udp://no..host:9000").open()


async def test_opening_and_closing_twice_is_harmless_and_leaves_nothing() -> None:
    async with OscServer("tcp://127.0.0.1:0", answering()) as server:
        before = open_descriptors()
        for url in (server.url, "udp://127.0.0.1:9"):
            client = OscClient(url)
            await client.close()
            for _ in range(5):
                await client.open()
                await client.open()
                await client.close()
                await client.close()
        await until(lambda: open_descriptors() == before)


async def test_everything_that_was_sent_over_tcp_arrives_though_the_client_closes_at_once() -> None:
    with tcp_listener() as listener:
        # A small buffer, so that most of it waits in the client.
        listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        packet = OscMessage.of("/b", bytes(50_000))

        async def send() -> None:
            async with OscClient(listener.url) as client:
                await client.send([packet] * 100)

        sending = asyncio.ensure_future(send())
        peer = await listener.accept()
        await until(lambda: peer.is_closed)
        await sending
        assert peer.received == prefixed(encode_packet(packet)) * 100


async def test_sending_waits_for_a_peer_that_reads_slowly() -> None:
    with tcp_listener() as listener:
        listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        async with OscClient(listener.url) as client:
            peer = await listener.accept()
            sent = 0

            async def send() -> None:
                nonlocal sent
                while sent < 120:
                    await client.send(("/b", bytes(50_000)))
                    sent += 1

            sending = asyncio.ensure_future(send())
            await until(lambda: client._endpoint is not None and client._endpoint.connections()[0].waiting)
            stuck = sent
            assert stuck < 120
            for _ in range(20):
                await asyncio.sleep(0)
            assert sent == stuck
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            await until(lambda: peer.received and sent == 120, timeout=20)
            await sending


# Handling.


@TWO_URLS
async def test_handlers_are_run_for_what_comes_and_their_replies_are_sent(url: str) -> None:
    asked: list[Any] = []
    async with talking(url) as (server, client):
        server.dispatcher.on("/ask", lambda _: ["/question", ("/question", 2)])
        server.dispatcher.on("/answer", lambda context: asked.append(context.arguments))
        dispatcher = Dispatcher()
        dispatcher.on("/question", lambda context: ("/answer", len(context.arguments)))
        await client.send("/ask")
        # What came before is handled, too.
        await until(lambda: len(client._waiting) == 2)
        await client.send("/ask")
        assert await client.handle(dispatcher, 0.1) == 4
        await until(lambda: len(asked) == 4)
        assert asked == [(0,), (1,), (0,), (1,)]
        assert await client.receive(0.01) is None


async def test_handler_that_fails_while_handling_does_not_fail_what_follows(caplog: pytest.LogCaptureFixture) -> None:
    async with talking("udp://127.0.0.1:0") as (_, client):
        dispatcher = Dispatcher()
        dispatcher.on("/pong", lambda _: 1 / 0)
        await client.send("/ping")
        assert await client.handle(dispatcher, 0.05) == 1
        assert "ZeroDivisionError" in caplog.text
        assert await client.request(("/ping", 1), "/pong") == OscMessage.of("/pong", 1)


async def test_coroutine_handler_and_bundle_that_are_not_done_in_time_leave_no_task() -> None:
    async with talking("udp://127.0.0.1:0") as (server, client):
        dispatcher = Dispatcher()

        @dispatcher.on("/pong")
        async def pong(_context: Context) -> None:
            await asyncio.Event().wait()

        await client.send("/ping")
        server.send(OscBundle(TimeTag((1 << 64) - 1), [OscMessage("/far")]), ("127.0.0.1", client.local_port))
        await client.handle(dispatcher, 0.05)
        assert await client.receive(0.01) is None


async def test_handling_until_cancelled_ends_when_the_connection_does() -> None:
    with tcp_listener() as listener:
        async with OscClient(listener.url) as client:
            peer = await listener.accept()
            handling = asyncio.ensure_future(client.handle(answering()))
            await peer.send(slipped(PING))
            await until(lambda: peer.received == slipped(encode_packet(OscMessage("/pong"))))
            peer.close()
            with pytest.raises(EndpointError, match="other side closed it"):
                await handling


# Blocking.


class ServerOnAThread:
    """A server beside blocking clients."""

    def __init__(self, url: str) -> None:
        self.url = ""
        self._ready = threading.Event()
        self._wanted = url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="server")

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        async with OscServer(self._wanted, answering()) as server:
            self.url = str(server.url)
            self._ready.set()
            await self._end.wait()

    def __enter__(self) -> str:
        self._thread.start()
        assert self._ready.wait(5)
        return self.url

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()


@pytest.mark.parametrize(
    "wanted",
    [
        "udp://127.0.0.1:0",
        "tcp://127.0.0.1:0?framing=slip",
        "tcp://127.0.0.1:0",
        pytest.param("tcp://[::1]:0", marks=needs_ipv6),
    ],
)
def test_blocking_client_does_the_same(wanted: str) -> None:
    before = open_descriptors()
    with ServerOnAThread(wanted) as url, BlockingClient(url) as client:
        client.open()
        assert client.request(("/ping", 1), "/pong") == OscMessage.of("/pong", 1)
        client.send("/twice")
        assert [client.receive(5), client.receive(5), client.receive(0.01)] == [
            OscMessage("/first"),
            OscMessage.of("/second", 2),
            None,
        ]
        dispatcher = Dispatcher()
        dispatcher.on("/pong", lambda _: "/twice")
        client.send("/ping")
        assert client.handle(dispatcher, 0.2) == 3
        with pytest.raises(TimeoutError):
            client.request("/ping", "/nothing", 0.05)
    assert open_descriptors() == before


def test_blocking_client_keeps_what_comes_between_two_calls() -> None:
    with udp_socket() as peer, BlockingClient(f"udp://127.0.0.1:{peer.getsockname()[1]}") as client:
        client.send("/ping")
        _, address = peer.recvfrom(100)
        for number in range(10):
            peer.sendto(encode_packet(OscMessage.of("/n", number)), address)
        assert [client.receive(5) for _ in range(10)] == [OscMessage.of("/n", number) for number in range(10)]


def test_blocking_client_receives_what_is_there_without_waiting() -> None:
    with udp_socket() as peer, BlockingClient(f"udp://127.0.0.1:{peer.getsockname()[1]}") as client:
        assert client.receive(0) is None
        for number in range(20):
            peer.sendto(encode_packet(OscMessage.of("/n", number)), ("127.0.0.1", client.client.local_port))
            assert client.receive(0) == OscMessage.of("/n", number)


def test_blocking_client_that_cannot_open_leaves_nothing_and_can_try_again() -> None:
    port = free_tcp_port()
    client = BlockingClient(f"tcp://127.0.0.1:{port}")
    before = open_descriptors()
    for _ in range(2):
        with pytest.raises(EndpointError, match="refused the connection"):
            client.open()
    with pytest.raises(EndpointError, match="is not open"):
        client.send("/ping")
    client.close()
    assert open_descriptors() == before
    for _ in range(2):
        with tcp_listener(port=port) as listener, client:
            client.send("/ping")
            accepted, _ = listener.socket.accept()
            with accepted:
                accepted.setblocking(True)
                assert accepted.recv(100) == prefixed(PING)
                accepted.sendall(prefixed(PING))
                assert client.receive(5) == OscMessage("/ping")
