"""A TCP client endpoint: it connects, comes back when its connection is lost, and leaves nothing when it is closed."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise

import pytest

from osc_workbench.net import tcp
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.record import ConnectionStatus, Direction, EndpointState, Peer, Role
from tests.doubles.receiving import HOSTS
from tests.doubles.streams import ClientReports, free_tcp_port, prefixed, slipped, tcp_listener
from tests.doubles.waiting import until

PING = b"/ping\0\0\0,\0\0\0"
PONG = b"/pong\0\0\0,\0\0\0"


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "_FIRST_WAIT", 0.005)
    monkeypatch.setattr(tcp, "_LONGEST_WAIT", 0.04)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@contextmanager
def full_listener() -> Iterator[str]:
    """A server whose backlog is full, so that connecting to it takes for ever."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


async def closed(client: ClientReports) -> None:
    """Close it; the connection ends in the next turn of the loop."""
    client.endpoint.close()
    await asyncio.sleep(0)
    assert client.endpoint.state is EndpointState.CLOSED
    assert client.endpoint.connections() == ()


# Connecting.


@HOSTS
async def test_it_connects_sends_and_receives(host: str) -> None:
    with tcp_listener(host) as listener:
        client = ClientReports(listener.url)
        await client.endpoint.open()
        peer = await listener.accept()
        assert client.endpoint.state is EndpointState.OPEN
        assert client.endpoint.role is Role.CONNECT
        assert client.endpoint.peer == client.address
        assert client.endpoint.local == Peer(*peer.socket.getpeername()[:2])
        client.endpoint.send(PING, client.address)
        await until(lambda: peer.received == prefixed(PING))
        await peer.send(prefixed(PONG))
        await until(lambda: client.received == [PONG])
        assert client.packets(Direction.OUT) == [PING]
        assert client.endpoint.connections() == (
            ConnectionStatus(client.address, "length", packets=1, octets=16, sent=1),
        )
        await closed(client)
        await until(lambda: peer.is_closed)
    assert client.problems == []


async def test_it_speaks_the_framing_it_is_told() -> None:
    with tcp_listener() as listener:
        client = ClientReports(f"{listener.url}?framing=slip")
        await client.endpoint.open()
        peer = await listener.accept()
        client.endpoint.send(PING, client.address)
        await until(lambda: peer.received == slipped(PING))
        await closed(client)


async def test_it_answers_in_the_framing_it_is_spoken_to() -> None:
    with tcp_listener() as listener:
        client = ClientReports(listener.url)
        await client.endpoint.open()
        peer = await listener.accept()
        await peer.send(slipped(PONG))
        await until(lambda: client.received == [PONG])
        client.endpoint.send(PING, client.address)
        await until(lambda: peer.received == slipped(PING))
        await closed(client)


async def test_it_connects_from_the_port_it_is_told() -> None:
    port = free_tcp_port()
    with tcp_listener() as listener:
        client = ClientReports(listener.url, source=("127.0.0.1", port))
        await client.endpoint.open()
        peer = await listener.accept()
        assert peer.socket.getpeername() == ("127.0.0.1", port)
        await closed(client)


async def test_port_to_connect_from_that_is_taken_is_explained() -> None:
    with tcp_listener() as listener, tcp_listener() as other:
        port = other.socket.getsockname()[1]
        client = ClientReports(listener.url, reconnect=False, source=("127.0.0.1", port))
        with pytest.raises(EndpointError, match=f"Port {port}, to connect from, is in use"):
            await client.endpoint.open()


async def test_packet_leaves_at_its_time() -> None:
    clock = Clock()
    thread = DeadlineThread(clock)
    with tcp_listener() as listener:
        client = ClientReports(listener.url)
        await client.endpoint.open()
        peer = await listener.accept()
        due = time.monotonic() + 0.03
        client.endpoint.send_at(clock.time() + 0.03, PING, client.address, thread)
        await until(lambda: peer.received == prefixed(PING))
        assert time.monotonic() >= due
        await closed(client)
    thread.close()


# What fails without coming back.


async def test_refusal_is_raised_and_shown() -> None:
    port = free_tcp_port()
    client = ClientReports(f"tcp://127.0.0.1:{port}", reconnect=False)
    before = open_descriptors()
    for _ in range(2):
        with pytest.raises(EndpointError, match=rf"127\.0\.0\.1:{port} refused the connection: nothing listens there"):
            await client.endpoint.open()
        assert client.endpoint.state is EndpointState.FAILED
        assert "nothing listens" in client.endpoint.problem
    assert open_descriptors() == before


async def test_port_that_connects_to_itself_is_a_refusal() -> None:
    # TCP lets a socket connect to its own port; then every packet would come back to its sender.
    port = free_tcp_port()
    client = ClientReports(f"tcp://127.0.0.1:{port}", reconnect=False, source=("127.0.0.1", port))
    before = open_descriptors()
    with pytest.raises(EndpointError, match="nothing listens there"):
        await client.endpoint.open()
    await until(lambda: open_descriptors() == before)
    assert client.endpoint.connections() == ()
    assert client.problems == []


async def test_name_that_is_not_known_is_raised() -> None:
    client = ClientReports("tcp://no..host:9000", reconnect=False)
    with pytest.raises(EndpointError, match=r"The host name 'no\.\.host' is not known") as caught:
        await client.endpoint.open()
    assert caught.value.remedy


async def test_peer_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "_CONNECT_TIMEOUT", 0.05)
    with full_listener() as url:
        client = ClientReports(url, reconnect=False)
        before = open_descriptors()
        with pytest.raises(EndpointError, match="does not answer"):
            await client.endpoint.open()
        assert open_descriptors() == before


async def test_lost_connection_stays_lost_without_reconnecting() -> None:
    with tcp_listener() as listener:
        client = ClientReports(listener.url, reconnect=False)
        await client.endpoint.open()
        peer = await listener.accept()
        address = client.address
        peer.close()
        await until(lambda: client.endpoint.state is EndpointState.FAILED)
        assert client.endpoint.problem == f"{address} has closed the connection."
        assert client.problems == [f"The connection with {address} ended: the other side closed it."]
        assert client.endpoint.peer is None
        with pytest.raises(EndpointError, match="no connection"):
            client.endpoint.send(PING, address)
        # It can be opened again by hand.
        await client.endpoint.open()
        await listener.accept()
        assert client.endpoint.state is EndpointState.OPEN
        assert client.endpoint.problem == ""
        await closed(client)


# Coming back.


@pytest.mark.usefixtures("short_waits")
async def test_it_connects_as_soon_as_the_server_is_there() -> None:
    port = free_tcp_port()
    client = ClientReports(f"tcp://127.0.0.1:{port}")
    await client.endpoint.open()
    assert client.endpoint.state is EndpointState.RETRYING
    assert "nothing listens" in client.endpoint.problem
    assert client.endpoint.retry_in is not None
    assert 0 <= client.endpoint.retry_in <= 0.04
    with tcp_listener(port=port) as listener:
        peer = await listener.accept()
        await until(lambda: client.endpoint.state is EndpointState.OPEN)
        assert (client.endpoint.problem, client.endpoint.retry_in) == ("", None)
        await peer.send(prefixed(PONG))
        await until(lambda: client.received == [PONG])
        await closed(client)


@pytest.mark.usefixtures("short_waits")
async def test_it_comes_back_after_the_server_was_restarted() -> None:
    with tcp_listener() as listener:
        client = ClientReports(listener.url)
        await client.endpoint.open()
        peer = await listener.accept()
        port = client.endpoint.url.port
        await peer.send(prefixed(PONG)[:-3])
        await until(lambda: client.endpoint.connections()[0].octets)
        peer.reset()
    await until(lambda: client.endpoint.state is EndpointState.RETRYING)
    assert "Connection reset by peer; the stream ended inside a packet" in client.problems[0]
    with tcp_listener(port=port) as listener:
        peer = await listener.accept()
        # What was left over of the old stream is no part of the new one.
        await peer.send(prefixed(PONG, PONG))
        await until(lambda: client.received == [PONG, PONG])
        await closed(client)


async def test_waits_between_attempts_are_doubled_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "_FIRST_WAIT", 0.5)
    monkeypatch.setattr(tcp, "_LONGEST_WAIT", 4.0)
    waits: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 6:
            enough.set()
            await asyncio.Event().wait()

    client = ClientReports(f"tcp://127.0.0.1:{free_tcp_port()}")
    await client.endpoint.open()
    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "sleep", sleep)
        await enough.wait()
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    await closed(client)


async def test_server_that_closes_at_once_is_asked_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    # Far more than a connection that is closed at once lasts.
    monkeypatch.setattr(tcp, "_FIRST_WAIT", 0.03)
    monkeypatch.setattr(tcp, "_LONGEST_WAIT", 10.0)
    with tcp_listener() as listener:
        client = ClientReports(listener.url)
        await client.endpoint.open()
        times = []
        for _ in range(4):
            peer = await listener.accept()
            times.append(time.monotonic())
            peer.close()
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert gaps[1] > 0.06
        assert gaps[2] > 0.12
        await closed(client)


@pytest.mark.usefixtures("short_waits")
async def test_name_that_is_not_known_is_tried_again() -> None:
    client = ClientReports("tcp://no..host:9000")
    await client.endpoint.open()
    assert client.endpoint.state is EndpointState.RETRYING
    assert "'no..host' is not known" in client.endpoint.problem
    await closed(client)


# Closing.


async def test_close_while_waiting_for_the_next_attempt_leaves_nothing() -> None:
    client = ClientReports(f"tcp://127.0.0.1:{free_tcp_port()}")
    before = open_descriptors()
    await client.endpoint.open()
    await closed(client)
    assert client.endpoint.retry_in is None
    assert open_descriptors() == before


async def test_close_while_connecting_leaves_nothing() -> None:
    with full_listener() as url:
        client = ClientReports(url)
        before = open_descriptors()
        opening = asyncio.ensure_future(client.endpoint.open())
        await until(lambda: open_descriptors() > before)
        client.endpoint.close()
        await opening
        await until(lambda: open_descriptors() == before)
        assert client.endpoint.state is EndpointState.CLOSED
        assert client.problems == []


async def test_cancelled_opening_is_closed() -> None:
    with full_listener() as url:
        client = ClientReports(url)
        before = open_descriptors()
        opening = asyncio.ensure_future(client.endpoint.open())
        await until(lambda: open_descriptors() > before)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await until(lambda: open_descriptors() == before)
        assert client.endpoint.state is EndpointState.CLOSED


async def test_opened_again_while_the_first_attempt_goes_on_there_is_one_connection() -> None:
    with tcp_listener() as listener:
        client = ClientReports(listener.url)
        first = asyncio.ensure_future(client.endpoint.open())
        await asyncio.sleep(0)
        client.endpoint.close()
        await client.endpoint.open()
        await first
        assert client.endpoint.state is EndpointState.OPEN
        assert len(client.endpoint.connections()) == 1
        await closed(client)


async def test_closing_its_connection_closes_the_endpoint() -> None:
    with tcp_listener() as listener:
        client = ClientReports(listener.url)
        await client.endpoint.open()
        peer = await listener.accept()
        client.endpoint.close_connection(Peer("127.0.0.1", 1))
        assert client.endpoint.state is EndpointState.OPEN
        client.endpoint.close_connection(client.address)
        await until(lambda: peer.is_closed)
        assert client.endpoint.state is EndpointState.CLOSED
        assert client.problems == []


async def test_opening_and_closing_leaves_no_descriptor() -> None:
    with tcp_listener() as listener:
        client = ClientReports(listener.url)
        before = open_descriptors()
        for _ in range(20):
            await client.endpoint.open()
            await client.endpoint.open()
            peer = await listener.accept()
            await closed(client)
            client.endpoint.close()
            peer.close()
        assert open_descriptors() == before


async def test_name_is_looked_up_without_blocking_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> tuple[int, tuple[str, int]]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(tcp, "resolve", never)
    client = ClientReports("tcp://slow.invalid:9000")
    opening = asyncio.ensure_future(client.endpoint.open())
    await until(lambda: client.endpoint.state is EndpointState.OPENING)
    client.endpoint.close()
    await opening
    assert client.endpoint.url == EndpointUrl("tcp", "slow.invalid", 9000)
