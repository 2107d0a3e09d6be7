"""The whole program without a window: from the socket to the store, with every datagram accounted for."""

import os
import socket
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import numpy as np
import pytest

from osc_workbench.net import binding
from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.session import Session
from osc_workbench.traffic.chunk import BYTES_OF_CHUNK
from osc_workbench.traffic.record import Direction, EndpointState, EndpointStatus, PacketRecord, Peer
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import HeaderTable
from tests.doubles.fake_clock import FakeClock
from tests.doubles.receiving import HOSTS, free_port, udp_socket
from tests.doubles.stored import records_of
from tests.doubles.waiting import until

LOCAL = EndpointUrl("udp", "127.0.0.1", 0)
WIDE = encode_packet(OscBundle(TimeTag(1), [OscMessage("/x")] * 5000))


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with udp_socket() as sock:
        yield sock


@asynccontextmanager
async def listening(
    clock: Clock | None = None, store: TrafficStore | None = None, url: EndpointUrl = LOCAL
) -> AsyncIterator[tuple[Session, int, Peer]]:
    """A session with one open endpoint; yields session, number and address of the endpoint."""
    session = Session(clock, store)
    endpoint_id = session.add_endpoint(url)
    await session.open_endpoint(endpoint_id)
    bound = session.endpoint_url(endpoint_id)
    try:
        yield session, endpoint_id, Peer(bound.host, bound.port)
    finally:
        session.close()


def message(number: int) -> bytes:
    return encode_packet(OscMessage("/n", "i", (number,)))


def numbers_in(records: list[PacketRecord]) -> list[int]:
    return [int.from_bytes(record.packet[-4:], "big") for record in records]


def status_of(session: Session) -> EndpointStatus:
    (status,) = session.statuses()
    return status


def accounted(status: EndpointStatus) -> int:
    return status.packets + (status.dropped or 0) + status.discarded


# Receiving.


async def test_what_arrives_waits_in_the_inbox_and_is_stored_by_flush(sender: socket.socket) -> None:
    async with listening() as (session, endpoint_id, address):
        wakes: list[bool] = []
        session.on_arrival = lambda: wakes.append(True)
        for number in range(10):
            sender.sendto(message(number), address)
        await until(lambda: session.backlog == 10)
        assert wakes
        assert len(session.store) == 0
        batch = session.flush(None)
        assert (batch.first_row, batch.end_row, batch.trimmed_before, batch.backlog) == (0, 10, 0, 0)
        records = records_of(session.store)
        assert numbers_in(records) == list(range(10))
        assert {record.endpoint_id for record in records} == {endpoint_id}
        assert {record.peer for record in records} == {Peer(*sender.getsockname())}
        assert batch.endpoint_statuses == session.statuses()
        assert (status_of(session).packets, status_of(session).octets) == (10, 120)


async def test_flush_of_an_empty_inbox_is_an_empty_batch() -> None:
    session = Session()
    batch = session.flush(0.01)
    assert (batch.first_row, batch.end_row, batch.endpoint_statuses, batch.backlog) == (0, 0, (), 0)


async def test_what_exceeds_the_budget_stays_as_backlog_in_order(sender: socket.socket) -> None:
    clock = FakeClock()
    async with listening(clock) as (session, _, address):
        for number in range(4000):
            sender.sendto(message(number), address)
        await until(lambda: session.backlog == 4000)
        clock.step = 0.001
        batches = [session.flush(0.002)]
        while session.backlog:
            batches.append(session.flush(0.002))
            assert batches[-1].backlog == session.backlog == 4000 - batches[-1].end_row
        assert len(batches) > 2
        for earlier, later in pairwise(batches):
            assert later.first_row == earlier.end_row > earlier.first_row
        assert numbers_in(records_of(session.store)) == list(range(4000))


async def test_budget_can_end_within_one_reads_worth(sender: socket.socket) -> None:
    clock = FakeClock()
    async with listening(clock) as (session, _, address):
        for number in range(30):
            sender.sendto(WIDE if number % 2 else message(number), address)
        await until(lambda: session.backlog == 30)
        clock.step = 1.0
        assert session.flush(0.5).backlog > 0
        taken = session.store.end_packet
        while session.backlog:
            assert session.backlog == 30 - session.store.end_packet
            session.flush(0.5)
            # However small the budget, every flush gets on.
            assert session.store.end_packet > taken
            taken = session.store.end_packet
        assert session.store.end_packet == 30
        for number in range(30):
            record = session.store.record(number // 2 * 5001 + number % 2)
            expected = WIDE if number % 2 else message(number)
            assert (record.packet_number, record.position, record.packet) == (number, 0, expected)
        assert session._inbox.size_bytes == 0


async def test_full_inbox_discards_and_counts(monkeypatch: pytest.MonkeyPatch, sender: socket.socket) -> None:
    async with listening() as (session, _, address):
        session._inbox.limit_datagrams = 300
        for number in range(1000):
            sender.sendto(message(number), address)
        await until(lambda: accounted(status_of(session)) == 1000)
        assert session.backlog <= 300
        assert status_of(session).discarded >= 700
        session.flush(None)
        assert len(session.store) == status_of(session).packets
        sender.sendto(message(7), address)
        await until(lambda: session.backlog == 1)
        assert session.flush(None).end_row == status_of(session).packets


async def test_full_inbox_is_measured_in_bytes_too(monkeypatch: pytest.MonkeyPatch, sender: socket.socket) -> None:
    async with listening() as (session, _, address):
        session._inbox.limit_bytes = 200_000
        for _ in range(30):
            sender.sendto(bytes(60_000), address)
        await until(lambda: accounted(status_of(session)) == 30)
        assert session._inbox.size_bytes <= 200_000
        assert status_of(session).discarded > 0
        session.flush(None)
        assert session._inbox.size_bytes == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's drop counter")
async def test_received_dropped_and_discarded_add_up_to_what_was_sent(
    monkeypatch: pytest.MonkeyPatch, sender: socket.socket
) -> None:
    monkeypatch.setattr(binding, "BUFFER_ASKED", 40_000)
    sent = 0
    async with listening() as (session, endpoint_id, address):
        session._inbox.limit_datagrams = 20
        for _ in range(5):
            for _ in range(300):
                sender.sendto(bytes(200), address)
                sent += 1
            session.close_endpoint(endpoint_id)
            assert accounted(status_of(session)) == sent
            session.flush(None)
            await session.open_endpoint(endpoint_id)
        status = status_of(session)
        assert status.dropped
        assert status.discarded
        assert len(session.store) == status.packets == status.malformed


async def test_malformed_packets_are_counted_and_stored(sender: socket.socket) -> None:
    async with listening() as (session, _, address):
        for data in (message(1), b"", b"\xff\xfe\0\0", b"/a\0\0,s\0\0abcd", WIDE, WIDE[:-3]):
            sender.sendto(data, address)
        await until(lambda: session.backlog == 6)
        session.flush(None)
        assert status_of(session).malformed == 4
        assert session.store.end_packet == 6


async def test_truncated_datagrams_are_marked_even_beside_bundles() -> None:
    async with listening() as (session, endpoint_id, _):
        pair = encode_packet(OscBundle(TimeTag(1), [OscMessage("/x"), OscMessage("/y")]))
        datagrams = [message(0), pair, message(1), pair, message(2)]
        peers = [Peer("127.0.0.1", 1)] * 5
        times = np.arange(5, dtype=np.int64)
        session._take(Arrivals(endpoint_id, Direction.IN, datagrams, times, peers, (2, 3)))
        session.flush(None)
        marked = [record.packet_number for record in records_of(session.store) if record.is_truncated]
        assert marked == [2, 3, 3]


async def test_two_endpoints_keep_apart_what_came_through_them(sender: socket.socket) -> None:
    async with listening() as (session, first_id, first):
        second_id = session.add_endpoint(LOCAL)
        await session.open_endpoint(second_id)
        url = session.endpoint_url(second_id)
        sender.sendto(message(1), first)
        sender.sendto(message(2), (url.host, url.port))
        await until(lambda: session.backlog == 2)
        session.flush(None)
        by_endpoint = {record.endpoint_id: numbers_in([record]) for record in records_of(session.store)}
        assert by_endpoint == {first_id: [1], second_id: [2]}
        assert [status.packets for status in session.statuses()] == [1, 1]


async def test_rates_are_shown(sender: socket.socket) -> None:
    clock = FakeClock()
    async with listening(clock) as (session, _, address):
        session.statuses()
        for number in range(50):
            sender.sendto(message(number), address)
        await until(lambda: session.backlog == 50)
        clock.advance(0.5)
        status = status_of(session)
        assert (status.packets_per_second, status.octets_per_second) == (100, 1200)


# Sending.


@HOSTS
async def test_sent_packet_leaves_from_the_endpoint_and_appears_with_direction_out(host: str) -> None:
    async with listening(url=EndpointUrl("udp", host, 0)) as (session, endpoint_id, address):
        with udp_socket(host) as peer:
            target = Peer(host, peer.getsockname()[1])
            packet = OscMessage.of("/s_new", "default", 1000)
            await session.send(packet, EndpointUrl("udp", *target), endpoint_id)
            data, source = peer.recvfrom(1000)
            assert data == encode_packet(packet)
            assert Peer(*source[:2]) == address
        session.flush(None)
        (record,) = records_of(session.store)
        assert (record.direction, record.peer, record.packet) == (Direction.OUT, target, data)
        assert (status_of(session).sent, status_of(session).packets, status_of(session).malformed) == (1, 0, 0)


async def test_bytes_are_sent_as_they_are_and_a_name_is_looked_up(sender: socket.socket) -> None:
    async with listening() as (session, endpoint_id, _):
        await session.send(b"\xff!", EndpointUrl("udp", "localhost", sender.getsockname()[1]), endpoint_id)
        assert sender.recv(100) == b"\xff!"
        session.flush(None)
        # What we sent malformed on purpose is not counted as received.
        assert status_of(session).malformed == 0
        assert records_of(session.store)[0].is_malformed


async def test_sending_without_an_open_endpoint_is_refused() -> None:
    async with listening() as (session, endpoint_id, _):
        session.close_endpoint(endpoint_id)
        for number in (endpoint_id, 99):
            with pytest.raises(EndpointError, match="no open endpoint"):
                await session.send(OscMessage("/a"), LOCAL, number)


async def test_packet_that_cannot_be_written_is_not_sent() -> None:
    async with listening() as (session, endpoint_id, address):
        blob = OscMessage("/a", "b", (bytes(70_000),))
        with pytest.raises(EndpointError, match="does not fit"):
            await session.send(blob, EndpointUrl("udp", *address), endpoint_id)
        with pytest.raises(EndpointError, match="not known"):
            await session.send(OscMessage("/a"), EndpointUrl("udp", "no..host", 9), endpoint_id)
        with pytest.raises(OscEncodeError):
            await session.send(OscMessage("/a", "i", (2**40,)), EndpointUrl("udp", *address), endpoint_id)
        assert session.flush(None).end_row == 0


async def test_refusal_is_told_to_whoever_listens_for_problems() -> None:
    async with listening() as (session, endpoint_id, _):
        problems: list[str] = []
        session.on_problem = problems.append
        port = free_port()
        await session.send(OscMessage("/a"), EndpointUrl("udp", "127.0.0.1", port), endpoint_id)
        await until(lambda: problems)
        assert problems == [f"127.0.0.1:{port} refused a datagram: nothing listens there."]


async def test_answers_between_two_endpoints_of_ours_are_both_in_the_log() -> None:
    async with listening() as (session, first_id, _):
        second_id = session.add_endpoint(LOCAL)
        await session.open_endpoint(second_id)
        await session.send(OscMessage("/ping"), session.endpoint_url(second_id), first_id)
        await until(lambda: session.backlog == 2)
        session.flush(None)
        directions = {record.endpoint_id: record.direction for record in records_of(session.store)}
        assert directions == {first_id: Direction.OUT, second_id: Direction.IN}


# Endpoints.


def test_session_uses_the_store_it_is_given() -> None:
    store = TrafficStore(limit_rows=5)
    assert Session(store=store).store is store


async def test_removed_endpoint_leaves_its_rows_and_what_waited(sender: socket.socket) -> None:
    async with listening() as (session, endpoint_id, address):
        sender.sendto(message(1), address)
        await until(lambda: session.backlog == 1)
        session.flush(None)
        sender.sendto(message(2), address)
        session.remove_endpoint(endpoint_id)
        session.flush(None)
        assert numbers_in(records_of(session.store)) == [1, 2]
        assert session.statuses() == ()
        with pytest.raises(KeyError):
            session.endpoint_url(endpoint_id)
        assert session.add_endpoint(LOCAL) != endpoint_id


async def test_failed_endpoint_says_why_and_opens_later(sender: socket.socket) -> None:
    session = Session()
    port = sender.getsockname()[1]
    endpoint_id = session.add_endpoint(EndpointUrl("udp", "127.0.0.1", port))
    with pytest.raises(EndpointError):
        await session.open_endpoint(endpoint_id)
    status = status_of(session)
    assert status.state is EndpointState.FAILED
    assert str(port) in status.problem
    assert status.remedy
    sender.close()
    await session.open_endpoint(endpoint_id)
    assert (status_of(session).state, status_of(session).problem) == (EndpointState.OPEN, "")
    session.close()


async def test_closed_session_has_no_socket_left_and_can_be_closed_again() -> None:
    before = len(os.listdir("/proc/self/fd"))
    session = Session()
    for _ in range(5):
        await session.open_endpoint(session.add_endpoint(LOCAL))
    session.close()
    session.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert {status.state for status in session.statuses()} == {EndpointState.CLOSED}


async def test_counters_outlive_closing_and_opening_again(sender: socket.socket) -> None:
    async with listening() as (session, endpoint_id, address):
        for _ in range(3):
            sender.sendto(message(1), address)
            session.close_endpoint(endpoint_id)
            await session.open_endpoint(endpoint_id)
        assert status_of(session).packets == 3


# Floods stay bounded.


async def flood(
    session: Session, sender: socket.socket, address: Peer, datagrams: list[bytes], at_once: int = 100
) -> None:
    """Send and flush in turns, then see that nothing was lost without a count."""
    before = accounted(status_of(session))
    for start in range(0, len(datagrams), at_once):
        for data in datagrams[start : start + at_once]:
            sender.sendto(data, address)
        expected = before + min(start + at_once, len(datagrams))
        await until(lambda expected=expected: accounted(status_of(session)) == expected)
        session.flush(0.012)
    session.flush(None)
    status = status_of(session)
    assert session.store.end_packet == status.packets
    assert session.backlog == 0


async def test_flood_of_malformed_packets_is_stored_and_writes_no_log(
    sender: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening() as (session, _, address):
        await flood(session, sender, address, [b"GET / HTTP/1.1\r\n", b"#bundle\0" + bytes(8) + b"\xff" * 4] * 5000)
        assert status_of(session).malformed == status_of(session).packets
    assert caplog.messages == []


async def test_flood_of_huge_datagrams_keeps_to_the_limit_of_bytes(sender: socket.socket) -> None:
    store = TrafficStore(limit_bytes=8 << 20)
    async with listening(store=store) as (session, _, address):
        blob = encode_packet(OscMessage("/b", "b", (bytes(65_000),)))
        await flood(session, sender, address, [blob] * 600, at_once=2)
        assert store.first_row > 0
        assert store.size_bytes < (8 << 20) + BYTES_OF_CHUNK


async def test_flood_of_new_addresses_keeps_to_the_limit_of_the_table(sender: socket.socket) -> None:
    async with listening() as (session, _, address):
        session.store.headers = HeaderTable(limit=5000)
        tracemalloc.start()
        try:
            await flood(session, sender, address, [b"/%06d\0,\0\0\0" % number for number in range(20_000)])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(session.store.headers.raw) <= 5001
        last = session.store.record(session.store.end_row - 1)
        assert last.address == last.packet[:7].decode()
        assert peak < 100 << 20


async def test_deep_and_wide_packets_are_rows_in_no_time(sender: socket.socket) -> None:
    deep = b""
    for _ in range(2700):
        deep = b"#bundle\0" + bytes(7) + b"\1" + (len(deep).to_bytes(4, "big") + deep if deep else b"")
    packets = [
        deep,
        b"#bundle\0" + bytes(7) + b"\1" + bytes(60_000),
        b"/a\0\0," + b"[" * 30_000 + b"]" * 30_000 + bytes(3),
        b"/a\0\0,b\0\0\x7f\xff\xff\xff",
        b"/a\0\0,b\0\0\xff\xff\xff\xff",
        b"/a\0\0," + b"T" * 60_000 + bytes(3),
        b"/" + b"a" * 60_000 + bytes(3) + b",\0\0\0",
        b"/" + b"a/" * 20_000 + bytes(3) + b",\0\0\0",
    ]
    async with listening() as (session, _, address):
        clock = Clock()
        for data in packets:
            sender.sendto(data, address)
        await until(lambda: session.backlog == len(packets))
        start = clock.time()
        session.flush(None)
        assert clock.time() - start < 2.0
        malformed = [record.is_malformed for record in records_of(session.store)]
        assert malformed == [True, True, True, True, True, False, False, False]
        for record in records_of(session.store):
            assert record.packet == packets[record.packet_number]
            assert (record.error is not None) == record.is_malformed
