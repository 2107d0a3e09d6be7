"""A TCP server endpoint: its connections, what becomes packets, what leaves, and peers that behave badly."""

import asyncio
import errno
import gc
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from osc_workbench.net import tcp, tcp_connection
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import RingSink, WireLog
from osc_workbench.traffic.record import ConnectionStatus, Direction, EndpointState, Peer
from tests.doubles.receiving import HOSTS
from tests.doubles.streams import ServerReports, StreamPeer, connected, prefixed, slipped, tcp_listener
from tests.doubles.waiting import until

PING = b"/ping\0\0\0,\0\0\0"
# Every byte that SLIP escapes.
TRICKY = b"/t\0\0,b\0\0\0\0\0\4\xc0\xdb\xdc\xdd"
FRAMERS = pytest.mark.parametrize(("framing", "frame"), [("length", prefixed), ("slip", slipped)])


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@asynccontextmanager
async def serving(url: str = "tcp://127.0.0.1:0", wire_log: WireLog | None = None) -> AsyncIterator[ServerReports]:
    """An open server, closed at the end."""
    server = ServerReports(url, wire_log)
    await server.endpoint.open()
    try:
        yield server
    finally:
        server.endpoint.close()
        # Connections end in the next turn of the loop.
        await asyncio.sleep(0)
        assert server.endpoint.connections() == ()


# Receiving.


@FRAMERS
@HOSTS
async def test_packets_arrive_whole_in_order_with_their_peer(
    host: str, framing: str, frame: Callable[..., bytes]
) -> None:
    url = EndpointUrl.parse(
        f"tcp://[{host}]:0?framing={framing}" if ":" in host else f"tcp://{host}:0?framing={framing}"
    )
    async with serving(str(url)) as server:
        assert server.endpoint.state is EndpointState.OPEN
        with connected(server.address) as peer:
            before = time.time_ns()
            await peer.send(frame(PING, TRICKY, PING))
            await until(lambda: len(server.received) == 3)
            assert server.received == [PING, TRICKY, PING]
            assert {each for arrivals in server.arrivals for each in arrivals.peers} == {peer.address}
            assert all(before <= stamp <= time.time_ns() for stamp in server.arrivals[0].times.tolist())


@FRAMERS
async def test_framing_is_recognised_and_answers_have_the_same(framing: str, frame: Callable[..., bytes]) -> None:
    async with serving() as server:
        with connected(server.address) as peer:
            await until(lambda: server.peers)
            assert server.endpoint.connections()[0].framing == "auto"
            await peer.send(frame(TRICKY))
            await until(lambda: server.received == [TRICKY])
            assert server.endpoint.connections()[0].framing == framing
            server.endpoint.send(TRICKY, peer.address)
            await until(lambda: peer.received == frame(TRICKY))


async def test_framing_is_recognised_for_each_connection() -> None:
    async with serving() as server:
        with connected(server.address) as first, connected(server.address) as second:
            await first.send(prefixed(PING))
            await second.send(slipped(TRICKY))
            await until(lambda: len(server.received) == 2)
            framings = {status.peer: status.framing for status in server.endpoint.connections()}
            assert framings == {first.address: "length", second.address: "slip"}


@FRAMERS
async def test_bytes_that_come_one_by_one_are_the_same_packets(framing: str, frame: Callable[..., bytes]) -> None:
    async with serving() as server:
        with connected(server.address) as peer:
            peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = frame(PING, TRICKY)
            for index in range(len(stream)):
                await peer.send(stream[index : index + 1])
                await asyncio.sleep(0)
            await until(lambda: len(server.received) == 2)
            assert server.received == [PING, TRICKY]
            assert server.endpoint.connections()[0].framing == framing


async def test_half_a_frame_then_silence_holds_up_nobody_else() -> None:
    async with serving() as server:
        with connected(server.address) as silent, connected(server.address) as other:
            await silent.send(prefixed(PING)[:-5])
            for number in range(1, 20):
                await other.send(prefixed(PING))
                await until(lambda count=number: len(server.received) == count)
            assert len(server.peers) == 2
            await silent.send(prefixed(PING)[-5:])
            await until(lambda: len(server.received) == 20)
    assert server.problems == []


async def test_stream_that_ends_inside_a_packet_is_said() -> None:
    async with serving() as server:
        with connected(server.address) as peer:
            await peer.send(prefixed(PING, PING)[:-5])
            await until(lambda: server.received == [PING])
            address = peer.address
        await until(lambda: not server.peers)
    assert server.problems == [
        f"The connection with {address} ended: the stream ended inside a packet: 11 bytes are left over."
    ]


async def test_what_arrived_before_the_end_of_the_stream_is_not_lost() -> None:
    async with serving() as server:
        with connected(server.address) as peer:
            await peer.send(prefixed(*[PING] * 1000))
        await until(lambda: len(server.received) == 1000 and not server.peers)
    assert server.problems == []


async def test_half_closed_peer_still_gets_its_answer() -> None:
    async with serving() as server:
        with connected(server.address) as peer:
            server.endpoint.on_arrivals = lambda arrivals: (
                server.endpoint.send(b"/pong\0\0\0,\0\0\0", arrivals.peers[0])
                if arrivals.direction is Direction.IN
                else None
            )
            await peer.send(prefixed(PING))
            peer.socket.shutdown(socket.SHUT_WR)
            await until(lambda: peer.is_closed)
            assert peer.received == prefixed(b"/pong\0\0\0,\0\0\0")


# Connections.


async def test_connections_are_listed_with_peer_framing_and_counters() -> None:
    async with serving() as server:
        with connected(server.address) as first, connected(server.address) as second:
            await first.send(prefixed(PING, PING))
            await second.send(slipped(TRICKY) + b"\xc0\xdb\xc0")
            await until(lambda: len(server.received) == 3)
            server.endpoint.send(PING, first.address)
            assert set(server.endpoint.connections()) == {
                ConnectionStatus(first.address, "length", packets=2, octets=32, sent=1),
                ConnectionStatus(second.address, "slip", packets=1, octets=23, bad=1),
            }
            assert server.endpoint.bad_frames == 1
        await until(lambda: not server.peers)
        # What a connection counted is not forgotten with it.
        assert server.endpoint.bad_frames == 1


async def test_each_connection_can_be_closed_alone() -> None:
    async with serving() as server:
        with connected(server.address) as first, connected(server.address) as second:
            await until(lambda: len(server.peers) == 2)
            server.endpoint.close_connection(first.address)
            await until(lambda: first.is_closed)
            assert server.peers == [second.address]
            # Twice is no error, nor is one that never was.
            server.endpoint.close_connection(first.address)
            server.endpoint.close_connection(Peer("127.0.0.1", 1))
            await second.send(prefixed(PING))
            await until(lambda: server.received == [PING])
    assert server.problems == []


async def test_packets_are_not_held_back_to_be_sent_together() -> None:
    async with serving() as server:
        with connected(server.address):
            await until(lambda: server.peers)
            (connection,) = server.endpoint._connections.values()
            assert connection._transport is not None
            sock = connection._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


async def test_connections_beyond_the_limit_are_refused_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "CONNECTIONS_LIMIT", 2)
    async with serving() as server:
        with connected(server.address) as first, connected(server.address):
            await until(lambda: len(server.peers) == 2)
            with connected(server.address) as third:
                await until(lambda: third.is_closed)
                assert len(server.peers) == 2
                assert server.endpoint.refused == 1
                assert server.problems == [
                    f"The connection with {third.address} ended: {server.endpoint.url} has 2 connections, which is the"
                    " limit."
                ]
            first.close()
            await until(lambda: len(server.peers) == 1)
            with connected(server.address) as fourth:
                await fourth.send(prefixed(PING))
                await until(lambda: server.received == [PING])


async def test_two_hundred_silent_peers_hold_up_nobody() -> None:
    async with serving() as server:
        silent = [socket.create_connection(server.address) for _ in range(200)]
        await until(lambda: len(server.peers) == 200)
        with connected(server.address) as peer:
            await peer.send(prefixed(PING))
            await until(lambda: server.received == [PING])
        for sock in silent:
            sock.close()
        await until(lambda: not server.peers)


# Sending.


async def test_what_is_sent_is_reported_with_its_peer() -> None:
    async with serving() as server:
        with connected(server.address) as peer:
            await until(lambda: server.peers)
            server.endpoint.send(PING, peer.address)
            (sent,) = server.arrivals
            assert (sent.direction, sent.datagrams, sent.peers) == (Direction.OUT, [PING], [peer.address])
            # Nothing came yet, so the framing is the one most programs have.
            await until(lambda: peer.received == prefixed(PING))


async def test_nothing_is_sent_to_a_peer_without_connection() -> None:
    async with serving() as server:
        with pytest.raises(EndpointError, match=r"has no connection with 127\.0\.0\.1:9"):
            server.endpoint.send(PING, Peer("127.0.0.1", 9))
    with pytest.raises(EndpointError, match="no connection"):
        server.endpoint.send(PING, Peer("127.0.0.1", 9))
    assert server.arrivals == []


async def test_sending_waits_while_the_peer_takes_less_than_it_is_sent() -> None:
    async with serving() as server:
        with connected(server.address, buffer=8192) as peer:
            await until(lambda: server.peers)
            packet = bytes(60_000)
            sent = 0
            while server.endpoint.connections()[0].waiting == 0:
                server.endpoint.send(packet, peer.address)
                sent += 1
            draining = asyncio.ensure_future(server.endpoint.drain(peer.address))
            await asyncio.sleep(0)
            assert not draining.done()
            await until(lambda: len(peer.received) == sent * (len(packet) + 4))
            await draining
            assert server.endpoint.connections()[0].waiting == 0


async def test_peer_that_never_reads_is_cut_off_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_connection, "SEND_LIMIT", 1 << 20)
    async with serving() as server:
        with connected(server.address, buffer=8192) as deaf, connected(server.address) as other:
            await until(lambda: len(server.peers) == 2)
            packet = bytes(60_000)
            while max(status.waiting for status in server.endpoint.connections()) <= 1 << 20:
                server.endpoint.send(packet, deaf.address)
            # No more waits than the limit and the packet that went beyond it.
            assert max(status.waiting for status in server.endpoint.connections()) <= (1 << 20) + 60_004
            with pytest.raises(EndpointError, match="does not read what is sent to it; the connection was closed"):
                server.endpoint.send(packet, deaf.address)
            draining = asyncio.ensure_future(server.endpoint.drain(deaf.address))
            await until(lambda: server.peers == [other.address])
            # Who waited for it need not wait any more.
            await draining
            (problem,) = server.problems
            assert problem.startswith(f"The connection with {deaf.address} ended: it did not read: 1,")
            await other.send(prefixed(PING))
            await until(lambda: server.received == [PING])


async def test_what_the_peer_had_not_taken_at_the_end_is_said() -> None:
    async with serving() as server:
        with connected(server.address, buffer=8192) as peer:
            await until(lambda: server.peers)
            while server.endpoint.connections()[0].waiting == 0:
                server.endpoint.send(bytes(60_000), peer.address)
            server.endpoint.close_connection(peer.address)
            await until(lambda: server.problems)
            assert "bytes had not been taken by the peer" in server.problems[0]


async def test_packet_leaves_at_its_time_not_before() -> None:
    clock = Clock()
    thread = DeadlineThread(clock)
    async with serving() as server:
        with connected(server.address) as peer:
            await until(lambda: server.peers)
            due = clock.time() + 0.05
            due_ns = clock.unix_ns() + 50_000_000
            server.endpoint.send_at(due, PING, peer.address, thread)
            assert server.arrivals == []
            await until(lambda: peer.received == prefixed(PING))
            (stamp,) = server.arrivals[0].times.tolist()
            assert stamp >= due_ns - 1_000_000
            with pytest.raises(EndpointError, match="no connection"):
                server.endpoint.send_at(due, PING, Peer("127.0.0.1", 9), thread)
    thread.close()


async def test_packet_whose_connection_ended_before_its_time_is_a_problem() -> None:
    clock = Clock()
    thread = DeadlineThread(clock)
    async with serving() as server:
        with connected(server.address) as peer:
            await until(lambda: server.peers)
            server.endpoint.send_at(clock.time() + 0.05, PING, peer.address, thread)
        await until(lambda: server.problems)
        assert server.problems[0].startswith("A packet was not sent at its time: ")
    thread.close()


# Bad streams.


async def test_length_of_4_gib_ends_the_connection_and_no_other() -> None:
    async with serving("tcp://127.0.0.1:0?framing=length") as server:
        with connected(server.address) as bad, connected(server.address) as good:
            await bad.send(prefixed(PING) + b"\xff\xff\xff\xff" + bytes(100))
            await until(lambda: bad.is_closed)
            assert server.received == [PING]
            assert server.problems == [
                f"The connection with {bad.address} ended: a length prefix announces -1 bytes, and 1 to 16777216 are"
                " possible."
            ]
            await good.send(prefixed(PING))
            await until(lambda: len(server.received) == 2)


async def test_slip_into_a_length_server_ends_with_the_hint() -> None:
    async with serving("tcp://127.0.0.1:0?framing=length") as server:
        with connected(server.address) as peer:
            await peer.send(slipped(PING))
            await until(lambda: peer.is_closed)
            assert server.received == []
            assert "this looks like SLIP (OSC 1.1); try framing=slip" in server.problems[0]


async def test_length_prefixes_into_a_slip_server_are_hinted_at_once() -> None:
    async with serving("tcp://127.0.0.1:0?framing=slip") as server:
        with connected(server.address) as peer:
            await peer.send(prefixed(PING))
            await until(lambda: server.endpoint.connections() and server.endpoint.connections()[0].octets == 16)
            server.endpoint.check()
            server.endpoint.check()
            assert server.problems == [
                f"The stream from {peer.address} to {server.endpoint.url} may never give a packet: this looks like"
                " length prefixes (OSC 1.0); try framing=length."
            ]
            assert not peer.is_closed


async def test_noise_in_a_slip_stream_is_counted_and_survived() -> None:
    async with serving("tcp://127.0.0.1:0?framing=slip") as server:
        with connected(server.address) as peer:
            await peer.send(b"\xdb\xff noise" + slipped(PING) + b"\xdb" + slipped(TRICKY))
            await until(lambda: TRICKY in server.received)
            assert server.received == [PING, TRICKY]
            assert server.endpoint.bad_frames == 2


async def test_reset_in_mid_frame_is_a_sentence_and_nothing_is_left() -> None:
    before = open_descriptors()
    async with serving() as server:
        with connected(server.address) as peer, connected(server.address) as other:
            await peer.send(prefixed(PING)[:-3])
            await until(lambda: any(status.octets for status in server.endpoint.connections()))
            address = peer.address
            peer.reset()
            await until(lambda: server.peers == [other.address])
            assert server.problems == [
                f"The connection with {address} ended: Connection reset by peer; the stream ended inside a packet: 13"
                " bytes are left over."
            ]
            await other.send(prefixed(PING))
            await until(lambda: server.received == [PING])
    assert open_descriptors() == before


async def test_reset_right_after_connecting_is_survived() -> None:
    async with serving() as server:
        for _ in range(20):
            with connected(server.address) as peer:
                peer.reset()
        with connected(server.address) as peer:
            await peer.send(prefixed(PING))
            await until(lambda: server.received == [PING])
            await until(lambda: server.peers == [peer.address])


# Holding.


async def test_hold_stops_reading_and_nothing_is_lost() -> None:
    async with serving() as server:
        with connected(server.address) as peer:
            await until(lambda: server.peers)
            server.endpoint.hold(True)
            stream = prefixed(*[PING] * 400_000)
            sending = asyncio.ensure_future(peer.send(stream))
            for _ in range(50):
                await asyncio.sleep(0)
            assert server.received == []
            # The sender waits, since the system's buffers are smaller than what it has.
            assert not sending.done()
            # A connection that is made meanwhile is not read either.
            with connected(server.address) as late:
                await late.send(prefixed(TRICKY))
                await until(lambda: len(server.peers) == 2)
                assert server.received == []
                server.endpoint.hold(False)
                await sending
                await until(lambda: len(server.received) == 400_001)
    assert server.problems == []


# The wire log.


@FRAMERS
async def test_wire_log_has_the_stream_of_both_directions(framing: str, frame: Callable[..., bytes]) -> None:
    ring = RingSink()
    log = WireLog(ring, clock=Clock())
    async with serving(f"tcp://127.0.0.1:0?framing={framing}", log) as server:
        with connected(server.address) as peer:
            await peer.send(frame(TRICKY))
            await until(lambda: server.received == [TRICKY])
            server.endpoint.send(PING, peer.address)
            entries = [(entry.direction, entry.data, entry.peer) for entry in ring.records]
            assert entries == [
                (Direction.IN, frame(TRICKY), peer.address),
                (Direction.OUT, frame(PING), peer.address),
            ]


# Opening and closing.


async def test_port_in_use_names_its_holder_and_can_be_tried_again() -> None:
    with tcp_listener() as other:
        server = ServerReports(other.url)
        port = server.endpoint.url.port
        before = open_descriptors()
        for _ in range(3):
            with pytest.raises(EndpointError, match=f"Port {port} is in use by this program itself") as caught:
                await server.endpoint.open()
            assert caught.value.remedy
            assert server.endpoint.state is EndpointState.FAILED
            assert server.endpoint.problem == caught.value.problem
        assert open_descriptors() == before
    await server.endpoint.open()
    assert server.endpoint.state is EndpointState.OPEN
    assert server.endpoint.problem == ""
    server.endpoint.close()


async def test_close_gives_the_port_back_at_once_and_leaves_nothing() -> None:
    before = open_descriptors()
    server = ServerReports()
    for _ in range(20):
        # The server ends the connections, so it is its side that lingers in TIME_WAIT.
        await server.endpoint.open()
        with connected(server.address) as peer:
            await peer.send(prefixed(PING))
            await until(lambda: server.peers)
            port = server.endpoint.url.port
            server.endpoint.close()
            await until(lambda: peer.is_closed)
        assert server.endpoint.url.port == port
        assert server.endpoint.state is EndpointState.CLOSED
    await until(lambda: open_descriptors() == before)
    assert server.problems == []


async def test_opening_twice_and_closing_twice_is_harmless() -> None:
    server = ServerReports()
    server.endpoint.close()
    await server.endpoint.open()
    await server.endpoint.open()
    server.endpoint.close()
    server.endpoint.close()
    assert server.endpoint.state is EndpointState.CLOSED


@pytest.mark.parametrize("turns", range(6))
async def test_closing_while_a_connection_comes_in_leaves_nothing(turns: int) -> None:
    server = ServerReports()
    before = open_descriptors()
    await server.endpoint.open()
    with connected(server.address) as peer:
        for _ in range(turns):
            await asyncio.sleep(0)
        server.endpoint.close()
        await until(lambda: peer.is_closed)
    # A socket that nobody closed would be reported here.
    gc.collect()
    await until(lambda: open_descriptors() == before)
    assert server.endpoint.connections() == ()


async def test_closing_while_the_name_is_looked_up_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asyncio.Event()

    async def later(_loop: object, url: EndpointUrl) -> tuple[int, tuple[str, int]]:
        await found.wait()
        return socket.AF_INET, ("127.0.0.1", url.port)

    monkeypatch.setattr(tcp, "resolve", later)
    server = ServerReports("tcp://localhost:0")
    before = open_descriptors()
    opening = asyncio.gather(server.endpoint.open())
    await until(lambda: server.endpoint.state is EndpointState.OPENING)
    server.endpoint.close()
    found.set()
    await opening
    assert server.endpoint.state is EndpointState.CLOSED
    assert open_descriptors() == before


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("tcp://192.0.2.1:0", "192.0.2.1 is no address of this machine"),
        ("tcp://no..host:0", "The host name 'no..host' is not known"),
    ],
)
async def test_illegal_address_is_refused_in_one_sentence(url: str, problem: str) -> None:
    server = ServerReports(url)
    with pytest.raises(EndpointError, match=problem) as caught:
        await server.endpoint.open()
    assert caught.value.remedy
    assert server.endpoint.state is EndpointState.FAILED


class SocketWithoutDescriptors:
    """Cannot accept, as in a process that has used up its descriptors."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.is_fixed = False

    def accept(self) -> tuple[socket.socket, object]:
        if not self.is_fixed:
            raise OSError(errno.EMFILE, "Too many open files")
        return self._socket.accept()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()


async def test_too_few_descriptors_for_a_connection_are_said_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "_ACCEPT_PAUSE", 0.01)
    async with serving() as server:
        assert server.endpoint._socket is not None
        poor = SocketWithoutDescriptors(server.endpoint._socket)
        server.endpoint._socket = poor  # type: ignore[assignment]  # a double with what the server uses
        with connected(server.address) as peer:
            await until(lambda: len(server.problems) == 2)
            assert server.problems[0] == f"{server.endpoint.url} cannot accept a connection: Too many open files."
            poor.is_fixed = True
            await peer.send(prefixed(PING))
            await until(lambda: server.received == [PING])
        # Closing in the middle of such a pause is clean, too.
        poor.is_fixed = False
        with connected(server.address):
            await until(lambda: server.endpoint._pause is not None)
            server.endpoint.close()


def test_peer_double_tells_a_reset_from_an_end() -> None:
    with tcp_listener() as listener, connected(Peer(*listener.socket.getsockname())) as peer:
        accepted, _ = listener.socket.accept()
        StreamPeer(accepted).reset()
        assert peer.is_closed
        assert peer.is_reset
