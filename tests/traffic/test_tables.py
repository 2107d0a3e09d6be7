"""The tables of headers and links stay under their limits, whatever senders invent."""

import pytest

from osc_workbench.osc.header import MessageHeader
from osc_workbench.traffic import tables
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.tables import NO_HEADER, HeaderTable, Link, LinkTable


def header(number: int) -> MessageHeader:
    return MessageHeader(f"/a{number}", "i", f"/a{number:05}\0,i\0\0".encode())


def test_header_gets_a_number_under_which_its_parts_are_found() -> None:
    table = HeaderTable()
    number = table.add(header(7))
    assert number != NO_HEADER
    assert table.numbers[header(7).raw] == number
    assert (table.raw[number], table.addresses[number], table.type_tags[number]) == (header(7).raw, "/a7", "i")


def test_full_header_table_refuses_and_counts() -> None:
    table = HeaderTable(limit=3)
    numbers = [table.add(header(n)) for n in range(5)]
    assert numbers == [1, 2, 3, NO_HEADER, NO_HEADER]
    assert table.refused == 2
    assert len(table.raw) == 4


def test_header_table_is_full_when_its_bytes_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "HEADER_BYTES_LIMIT", 20)
    table = HeaderTable()
    assert [table.add(header(n)) for n in range(3)] == [1, 2, NO_HEADER]


def test_reclaimed_numbers_are_given_to_new_headers() -> None:
    table = HeaderTable(limit=3)
    for n in range(3):
        table.add(header(n))
    table.keep_only([2])
    assert not table.is_full()
    assert sorted(table.add(header(n)) for n in (10, 11)) == [1, 3]
    assert table.is_full()
    assert table.addresses[2] == "/a1"
    assert set(table.numbers) == {header(n).raw for n in (1, 10, 11)}


def test_reclaiming_gives_bytes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "HEADER_BYTES_LIMIT", 20)
    table = HeaderTable()
    for n in range(2):
        table.add(header(n))
    assert table.is_full()
    table.keep_only(())
    assert not table.is_full()
    assert table.raw[NO_HEADER] == b""


def test_same_link_has_the_same_number() -> None:
    table = LinkTable()
    peer = Peer("::1", 9)
    first = table.number_of(1, peer, Direction.IN)
    assert table.number_of(1, peer, Direction.IN) == first
    assert table.number_of(1, peer, Direction.OUT) != first
    assert table.number_of(2, peer, Direction.IN) != first
    assert table.links[first] == Link(1, peer, Direction.IN)


def test_full_link_table_keeps_endpoint_and_direction_without_the_peer() -> None:
    table = LinkTable(limit=3)
    for port in range(2000):
        number = table.number_of(1, Peer("10.0.0.1", port), Direction.IN)
    assert table.links[number] == Link(1, None, Direction.IN)
    assert len(table.links) == 4
    assert table.links[table.number_of(1, Peer("10.0.0.1", 2), Direction.IN)].peer == Peer("10.0.0.1", 2)


def test_peer_reads_like_an_address() -> None:
    assert str(Peer("127.0.0.1", 1)) == "127.0.0.1:1"
    assert str(Peer("fe80::1%2", 1)) == "[fe80::1%2]:1"
