"""The session with TCP: connections in its statuses, what waits in the network, what is recorded, what leaves."""

import asyncio
import io
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import dpkt
import pytest

from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.session import Session
from osc_workbench.traffic.record import Direction, EndpointState, Peer, Role
from osc_workbench.traffic.responder import Responder
from tests.doubles.receiving import needs_ipv6, udp_socket
from tests.doubles.stored import records_of
from tests.doubles.streams import connected, prefixed, slipped, tcp_listener
from tests.doubles.waiting import until

SERVER = EndpointUrl("tcp", "127.0.0.1", 0)
LOCAL = EndpointUrl("udp", "127.0.0.1", 0)


def message(number: int) -> bytes:
    return encode_packet(OscMessage.of("/n", number))


@asynccontextmanager
async def opened(*urls: EndpointUrl, role: Role = Role.LISTEN) -> AsyncIterator[tuple[Session, list[int]]]:
    """A session with open endpoints."""
    session = Session()
    session.on_problem = lambda _: None
    numbers = [session.add_endpoint(url, role) for url in urls]
    try:
        for number in numbers:
            await session.open_endpoint(number)
        yield session, numbers
    finally:
        session.close()
        await asyncio.sleep(0)


def peer_of(url: EndpointUrl) -> Peer:
    return Peer(url.host, url.port)


async def test_packets_of_connections_are_rows_with_their_peer() -> None:
    async with opened(SERVER) as (session, [number]):
        address = peer_of(session.endpoint_url(number))
        with connected(address) as first, connected(address) as second:
            await first.send(prefixed(message(1)))
            await until(lambda: session.backlog == 1)
            await second.send(slipped(message(2), b"\xff"))
            await until(lambda: session.backlog == 3)
            session.flush(None)
            records = records_of(session.store)
            assert [record.peer for record in records] == [first.address, second.address, second.address]
            (status,) = session.statuses()
            assert (status.packets, status.malformed, status.role, status.dropped) == (3, 1, Role.LISTEN, 0)
            assert {(each.peer, each.framing) for each in status.connections} == {
                (first.address, "length"),
                (second.address, "slip"),
            }
            # What a frame brings has no connections, which can be many.
            assert session.flush(None).endpoint_statuses[0].connections == ()
            session.close_connection(number, first.address)
            await until(lambda: first.is_closed)
            assert [each.peer for each in session.statuses()[0].connections] == [second.address]


async def test_stream_waits_in_the_network_while_the_inbox_is_full_and_nothing_is_lost() -> None:
    async with opened(SERVER) as (session, [number]):
        session._inbox.limit_datagrams = 40_000
        address = peer_of(session.endpoint_url(number))
        total = 100_000
        with connected(address) as peer:
            sending = asyncio.ensure_future(peer.send(prefixed(*map(message, range(total)))))
            await until(lambda: session._is_holding)
            held = session.backlog
            for _ in range(20):
                await asyncio.sleep(0)
            assert session.backlog == held < 40_000
            # Who is added or connects now is not read either.
            late_number = session.add_endpoint(SERVER)
            await session.open_endpoint(late_number)
            with connected(peer_of(session.endpoint_url(late_number))) as late:
                await late.send(prefixed(message(-1)))
                await until(lambda: session.statuses()[1].connections)
                assert session.backlog == held

                def is_done() -> bool:
                    session.flush(0.01)
                    return session.store.end_packet == total + 1

                await until(is_done, timeout=20)
            await sending
        assert all(status.discarded == 0 for status in session.statuses())
        # Each stream is in order, and nothing is missing.
        numbers = [struct.unpack(">i", record.packet[-4:])[0] for record in records_of(session.store)]
        numbers.remove(-1)
        assert numbers == list(range(total))


async def test_client_endpoint_sends_to_its_peer_and_to_no_other() -> None:
    with tcp_listener() as listener, tcp_listener() as other, udp_socket() as datagrams:
        url = EndpointUrl.parse(listener.url)
        async with opened(url, role=Role.CONNECT) as (session, [number]):
            peer = await listener.accept()
            await session.send(OscMessage("/a"), url, number)
            await until(lambda: peer.received == prefixed(encode_packet(OscMessage("/a"))))
            with pytest.raises(EndpointError, match="has no connection with"):
                await session.send(OscMessage("/a"), EndpointUrl.parse(other.url), number)
            target = EndpointUrl("udp", "127.0.0.1", datagrams.getsockname()[1])
            with pytest.raises(EndpointError, match="cannot be reached from tcp://"):
                await session.send(OscMessage("/a"), target, number)
            session.flush(None)
            assert [record.direction for record in records_of(session.store)] == [Direction.OUT]


async def test_datagram_endpoint_has_no_role_to_connect() -> None:
    with pytest.raises(EndpointError, match="needs no connection"):
        Session().add_endpoint(LOCAL, Role.CONNECT)


@needs_ipv6
async def test_packet_leaves_from_an_endpoint_that_can_reach_the_target() -> None:
    async with opened(EndpointUrl("udp", "::1", 0), SERVER, LOCAL) as (session, [_, server, local]):
        with udp_socket() as target:
            await session.send_anywhere(OscMessage("/a"), EndpointUrl("udp", *target.getsockname()))
            assert target.recvfrom(100)[1][1] == session.endpoint_url(local).port
        with connected(peer_of(session.endpoint_url(server))) as peer:
            await until(lambda: session.statuses()[1].connections)
            await session.send_anywhere(OscMessage("/b"), EndpointUrl("tcp", *peer.address))
            await until(lambda: peer.received == prefixed(encode_packet(OscMessage("/b"))))
        with pytest.raises(
            EndpointError, match=r"no open endpoint from which tcp://127\.0\.0\.1:9 can be reached"
        ) as caught:
            await session.send_anywhere(OscMessage("/c"), EndpointUrl("tcp", "127.0.0.1", 9))
        assert caught.value.remedy == "Connect to it first."


@needs_ipv6
async def test_endpoints_may_come_while_the_name_of_a_target_is_looked_up() -> None:
    async with opened(EndpointUrl("udp", "::1", 0), LOCAL) as (session, _):
        with udp_socket() as target:
            url = EndpointUrl("udp", "localhost", target.getsockname()[1])
            sending = asyncio.ensure_future(session.send_anywhere(OscMessage("/a"), url))
            while not sending.done():
                session.add_endpoint(LOCAL)
                await asyncio.sleep(0)
            await sending
            assert target.recv(100) == encode_packet(OscMessage("/a"))


async def test_rules_answer_on_the_connection_the_question_came_by() -> None:
    async with opened(SERVER) as (session, [number]):
        session.set_responders([Responder("/ping", "/pong 1")])
        address = peer_of(session.endpoint_url(number))
        with connected(address) as first, connected(address) as second:
            await second.send(slipped(encode_packet(OscMessage("/ping"))))
            await until(lambda: second.received == slipped(encode_packet(OscMessage.of("/pong", 1))))
            assert first.received == b""


async def test_a_script_that_sends_to_itself_comes_to_rest_and_that_is_said_once(tmp_path: Path) -> None:
    problems: list[str] = []
    async with opened(LOCAL) as (session, [number]):
        session.on_problem = problems.append
        # A busy machine does not get the loop to the thousand a second that are allowed.
        session._send_to._guard.per_second = 20.0
        url = session.endpoint_url(number)
        script = tmp_path / "loop.py"
        script.write_text(
            f'@dispatcher.on("/a")\nasync def bounce(context):\n    await send(("/a", 1), "{url}")\n'
            '@dispatcher.on("/exit")\ndef leave(context):\n    raise SystemExit\n'
        )
        watching = session.start_script(script)
        await session.send(OscMessage("/a"), url, number)
        await until(lambda: problems, timeout=20)
        assert problems == [f"More packets than may go to {url}: it gets none until it is quiet for a second."]
        assert session.handling.counters.unanswered == 1
        await session.send(OscMessage("/exit"), url, number)
        await until(lambda: session.handling.counters.failures == 1)
        assert "SystemExit" in problems[1]
        watching.cancel()


async def test_timed_packet_whose_endpoint_is_removed_is_survived() -> None:
    async with opened(LOCAL) as (session, [number]):
        with udp_socket() as peer:
            target = EndpointUrl("udp", *peer.getsockname())
            await session.send_at(session.clock.time() + 0.01, OscMessage("/a"), target, number)
            assert peer.recv(100) == encode_packet(OscMessage("/a"))
            # It has left, and the loop has not heard of it yet.
            session.remove_endpoint(number)
            await until(lambda: len(session.deadlines) == 0)
            await asyncio.sleep(0)
        assert session.flush(None).end_row == 0


async def test_lost_connection_of_a_client_is_in_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.net.tcp._FIRST_WAIT", 0.01)
    with tcp_listener() as listener:
        async with opened(EndpointUrl.parse(listener.url), role=Role.CONNECT) as (session, _):
            peer = await listener.accept()
            assert session.statuses()[0].state is EndpointState.OPEN
            peer.close()
            await until(lambda: session.statuses()[0].state is EndpointState.RETRYING)
            assert session.statuses()[0].retry_in is not None
            assert "has closed the connection" in session.statuses()[0].problem
            await listener.accept()
            await until(lambda: session.statuses()[0].state is EndpointState.OPEN)


# Recording.


def segments_of(path: Path) -> list[tuple[str, int, int, bytes]]:
    """Return source host, source port, target port and payload of each packet."""
    found = []
    for _, packet in dpkt.pcapng.Reader(io.BytesIO(path.read_bytes())):
        ip = dpkt.ip.IP(packet)
        found.append((".".join(map(str, ip.src)), ip.data.sport, ip.data.dport, bytes(ip.data.data)))
    return found


async def test_recording_of_a_client_has_its_own_port_as_one_side(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    with tcp_listener() as listener:
        url = EndpointUrl.parse(listener.url)
        async with opened(url, role=Role.CONNECT) as (session, [number]):
            session.start_recording(path)
            peer = await listener.accept()
            own = peer.socket.getpeername()[1]
            await session.send(message(1), url, number)
            await peer.send(slipped(message(2)))
            await until(lambda: session.backlog == 2)
            # What still waits for a frame has come before the end.
            session.stop_recording()
            await peer.send(slipped(message(3)))
            await until(lambda: session.backlog == 1)
    assert segments_of(path) == [
        ("127.0.0.1", own, url.port, prefixed(message(1))),
        ("127.0.0.1", url.port, own, prefixed(message(2))),
    ]


async def test_endpoint_that_was_given_a_name_is_recorded_with_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def known(_loop: object, url: EndpointUrl) -> tuple[int, tuple[str, int]]:
        return 2, ("127.0.0.1", url.port)

    monkeypatch.setattr("osc_workbench.net.udp.resolve", known)
    path = tmp_path / "a.pcapng"
    async with opened(EndpointUrl("udp", "studio.example", 0)) as (session, [number]):
        session.start_recording(path)
        port = session.endpoint_url(number).port
        with udp_socket() as sender:
            sender.sendto(message(1), ("127.0.0.1", port))
            source = sender.getsockname()[1]
            await until(lambda: session.backlog == 1)
        assert session.recorder is not None
        session.flush(None)
        assert session.recorder.recorded == 1
    assert segments_of(path) == [("127.0.0.1", source, port, message(1))]


async def test_times_of_a_stream_are_those_of_its_arrival() -> None:
    async with opened(SERVER) as (session, [number]):
        with connected(peer_of(session.endpoint_url(number))) as peer:
            before = time.time_ns()
            await peer.send(prefixed(message(1)))
            await until(lambda: session.backlog == 1)
            after = time.time_ns()
            session.flush(None)
            (record,) = records_of(session.store)
            assert before - 1_000_000 <= record.unix_ns <= after + 1_000_000
