"""What the indexer finds in datagrams is what decoding finds in them, and no byte is lost on the way to the store."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket, walk
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.chunk import TRUNCATED
from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import HeaderTable
from tests.doubles.stored import put, records_of
from tests.osc.samples import REAL_PACKETS, packets

examples = settings(database=None, deadline=None, max_examples=80)
MESSAGE = encode_packet(OscMessage.of("/a", "text", 1))
PAIR = encode_packet(OscBundle(TimeTag(9), [OscMessage("/x"), OscMessage("/y")]))


def decodes(data: bytes) -> bool:
    try:
        decode_packet(data)
    except OscDecodeError:
        return False
    return True


def damaged(data: bytes, place: int, byte: int, cut: int) -> bytes:
    changed = bytearray(data)
    if changed:
        changed[place % len(changed)] = byte
    return bytes(changed[: len(changed) - cut % (len(changed) + 1)])


damaged_packets = st.builds(
    damaged, packets.map(encode_packet), st.integers(0, 500), st.integers(0, 255), st.sampled_from([0, 0, 1, 4, 7])
)


@examples
@given(st.lists(packets, min_size=1, max_size=6))
def test_rows_are_the_messages_that_decoding_gives(sent: list[OscPacket]) -> None:
    store = TrafficStore()
    malformed = put(store, [encode_packet(packet) for packet in sent])
    expected: list[tuple[object, ...]] = []
    for number, packet in enumerate(sent):
        messages = [message for message, _ in walk(packet)]
        expected += [(number, m.address, m.type_tags, encode_packet(m)) for m in messages] or [
            (number, None, None, b"")
        ]
    found = [(r.packet_number, r.address, r.type_tags, r.message) for r in records_of(store)]
    assert found == expected
    assert malformed == 0


@examples
@given(st.lists(damaged_packets | st.binary(max_size=40), max_size=8))
def test_every_datagram_comes_back_unchanged_and_is_malformed_where_decoding_fails(datagrams: list[bytes]) -> None:
    store = TrafficStore()
    malformed = put(store, datagrams)
    packets_of_rows = {record.packet_number: record.packet for record in records_of(store)}
    assert [packets_of_rows[number] for number in range(len(datagrams))] == datagrams
    marked = {record.packet_number for record in records_of(store) if record.is_malformed}
    assert marked == {number for number, data in enumerate(datagrams) if not decodes(data)}
    assert malformed == len(marked)


@examples
@given(st.lists(damaged_packets, max_size=8))
def test_full_header_table_changes_nothing_but_the_place_of_the_bytes(datagrams: list[bytes]) -> None:
    roomy, full = TrafficStore(), TrafficStore()
    full.headers = HeaderTable(limit=0)
    put(roomy, datagrams)
    put(full, datagrams)
    for with_place, without in zip(records_of(roomy), records_of(full), strict=True):
        assert with_place.packet == without.packet
        assert with_place.message == without.message
        assert with_place.is_malformed == without.is_malformed
        if not with_place.is_malformed:
            assert (with_place.address, with_place.type_tags) == (without.address, without.type_tags)


def test_every_truncation_of_real_packets_is_a_row_and_no_exception() -> None:
    store = TrafficStore()
    datagrams = [data[:end] for data in map(encode_packet, REAL_PACKETS) for end in range(len(data) + 1)]
    put(store, datagrams)
    assert store.end_packet == len(datagrams)
    assert {record.packet for record in records_of(store)} == set(datagrams)


def test_one_call_stays_short_and_takes_at_least_one_datagram() -> None:
    huge = encode_packet(OscBundle(TimeTag(9), [OscMessage("/x")] * 5000))
    datagrams = [huge] * 3
    links, times = np.zeros(3, np.uint32), np.arange(3, dtype=np.int64)
    rows, index, _ = index_datagrams(datagrams, 0, times, links, HeaderTable())
    assert (index, len(rows.times), rows.packets) == (1, 5000, 1)
    rows, index, _ = index_datagrams(datagrams, 2, times, links, HeaderTable())
    assert index == 3
    assert set(rows.times.tolist()) == {2}


def test_rows_of_a_packet_are_found_among_bundles() -> None:
    datagrams = [MESSAGE, PAIR, MESSAGE, PAIR, PAIR, MESSAGE]
    count = len(datagrams)
    rows, _, _ = index_datagrams(
        datagrams, 0, np.arange(count, dtype=np.int64), np.zeros(count, np.uint32), HeaderTable()
    )
    for packet in range(count):
        assert set(rows.times[rows.of_packet(packet)].tolist()) == {packet}
        rows.flags[rows.of_packet(packet)] |= TRUNCATED
    assert all(flags & TRUNCATED for flags in rows.flags.tolist())


def test_hostile_bundles_are_read_in_linear_time_and_bounded_rows() -> None:
    store = TrafficStore()
    deep = b"".join(b"#bundle\0" + bytes(7) + b"\1" + (size * 20 - 4).to_bytes(4, "big") for size in range(3000, 0, -1))
    put(store, [deep, b"#bundle\0" + bytes(8) + bytes(40_000), b"/" + b"a/" * 30_000, b"/a\0\0," + b"[" * 60_000])
    assert len(store) == 4
    assert all(record.is_malformed for record in records_of(store))
