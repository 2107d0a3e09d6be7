"""Rows go into chunks, come back unchanged, and the oldest go when a limit is reached."""

import numpy as np
import pytest

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.chunk import BYTES_OF_CHUNK, ROWS_OF_CHUNK, Rows
from osc_workbench.traffic.record import Direction, PacketRecord, Peer
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import HeaderTable, LinkTable
from tests.doubles.stored import PEER, START_NS, put, records_of, stored

NOW = TimeTag.IMMEDIATELY
MESSAGE = encode_packet(OscMessage.of("/a/b", 1, "text"))
BAD_SIZE = (4).to_bytes(4, "big") + b"xxxx"


def bundle(*elements: OscPacket) -> bytes:
    return encode_packet(OscBundle(NOW, elements))


def fader(number: int) -> OscMessage:
    return OscMessage(f"/fader/{number}", "i", (number,))


def simple(count: int) -> list[bytes]:
    return [encode_packet(OscMessage("/n", "i", (number,))) for number in range(count)]


def places(records: list[PacketRecord]) -> list[tuple[object, ...]]:
    return [(r.packet_number, r.address, r.position, r.count, r.is_malformed) for r in records]


# Records of every kind.


def test_message_is_one_row_with_all_its_circumstances() -> None:
    (record,) = stored(MESSAGE)
    assert record == PacketRecord(
        row=0,
        packet_number=0,
        unix_ns=START_NS,
        direction=Direction.IN,
        endpoint_id=1,
        peer=PEER,
        packet=MESSAGE,
        offset=0,
        size=len(MESSAGE),
        address="/a/b",
        type_tags="is",
        is_malformed=False,
        is_truncated=False,
        is_bundle=False,
        position=0,
        count=1,
    )
    assert record.message == MESSAGE
    assert record.error is None


def test_bundle_gives_a_row_for_each_message_with_its_place() -> None:
    data = bundle(fader(1), fader(2), fader(3))
    records = stored(data)
    assert places(records) == [(0, f"/fader/{n}", n - 1, 3, False) for n in (1, 2, 3)]
    assert all(record.packet == data and record.is_bundle for record in records)
    assert [record.message for record in records] == [encode_packet(fader(n)) for n in (1, 2, 3)]
    assert len({record.unix_ns for record in records}) == 1


def test_nested_bundle_is_shown_in_order_as_one_packet() -> None:
    data = bundle(fader(1), OscBundle(NOW, [fader(2), OscBundle(NOW, [fader(3)])]), fader(4))
    records = stored(data)
    assert places(records) == [(0, f"/fader/{n}", n - 1, 4, False) for n in (1, 2, 3, 4)]
    assert [record.message for record in records] == [encode_packet(fader(n)) for n in (1, 2, 3, 4)]


def test_empty_bundle_is_one_row_without_address() -> None:
    (record,) = stored(bundle())
    assert (record.address, record.type_tags, record.is_malformed, record.is_bundle) == (None, None, False, True)
    assert (record.packet, record.message) == (bundle(), b"")


def test_bytes_that_are_no_osc_are_one_malformed_row_with_all_bytes() -> None:
    data = b"\xff\xfe" + b"no OSC" + bytes(4)
    (record,) = stored(data)
    assert (record.address, record.is_malformed, record.packet, record.message) == (None, True, data, data)
    assert record.error is not None
    assert record.error.code == "not-osc"


def test_empty_datagram_is_a_malformed_row() -> None:
    (record,) = stored(b"")
    assert (record.packet, record.is_malformed) == (b"", True)
    assert record.error is not None
    assert record.error.code == "empty"


def test_cut_message_keeps_its_address_and_says_where_it_ends() -> None:
    for cut in (MESSAGE[:-4], encode_packet(fader(1))[:-2]):
        (record,) = stored(cut)
        assert record.is_malformed
        assert record.packet == cut
        assert record.error is not None
        assert record.error.code in ("truncated", "unterminated")
    assert stored(MESSAGE[:-4])[0].address == "/a/b"


def test_bad_element_comes_after_the_good_ones_before_it() -> None:
    data = bundle(fader(1), fader(2)) + BAD_SIZE
    records = stored(data)
    assert places(records) == [
        (0, "/fader/1", 0, 3, False),
        (0, "/fader/2", 1, 3, False),
        (0, None, 2, 3, True),
    ]
    assert all(record.packet == data for record in records)
    assert records[0].message == encode_packet(fader(1))
    assert records[2].error is not None
    assert records[2].error.offset == len(data) - 4


def test_message_in_a_bundle_whose_text_is_cut_is_the_malformed_one() -> None:
    good, bad = encode_packet(fader(1)), MESSAGE[:-4]
    data = bundle(fader(1)) + len(bad).to_bytes(4, "big") + bad + len(good).to_bytes(4, "big") + good
    records = stored(data)
    assert [record.is_malformed for record in records[:2]] == [False, True]
    assert records[1].address in ("/a/b", None)


@pytest.mark.parametrize("sizes", [(-4,), (0,), (-(2**31),), (1 << 30,)])
def test_impossible_element_size_is_a_malformed_row(sizes: tuple[int, ...]) -> None:
    data = bundle() + b"".join(size.to_bytes(4, "big", signed=True) for size in sizes)
    (record,) = stored(data)
    assert record.is_malformed
    assert record.is_bundle
    assert record.error is not None
    assert record.error.code == "element-size"


def test_excess_bytes_after_a_text_are_odd_but_not_malformed() -> None:
    alone = MESSAGE + b"rest"
    inside = bundle() + len(alone).to_bytes(4, "big") + alone
    for record in stored(alone) + stored(inside):
        assert (record.address, record.is_malformed, record.error) == ("/a/b", False, None)
        assert record.message == alone


def test_message_without_type_tags_has_none() -> None:
    (record,) = stored(b"/old\0\0\0\0\0\0\0\1")
    assert (record.address, record.type_tags, record.is_malformed) == ("/old", None, False)


def test_command_number_of_scsynth_is_the_address() -> None:
    (record,) = stored(encode_packet(OscMessage(9, "s", ("def",))))
    assert (record.address, record.type_tags) == (9, "s")


def test_full_header_table_keeps_address_and_bytes_in_the_row() -> None:
    store = TrafficStore()
    store.headers = HeaderTable(limit=1)
    whole = [encode_packet(fader(1)), encode_packet(fader(2)), bundle(fader(3), fader(1)), MESSAGE[:-4]]
    put(store, whole)
    records = records_of(store)
    assert [record.address for record in records[:4]] == ["/fader/1", "/fader/2", "/fader/3", "/fader/1"]
    assert [record.type_tags for record in records[:4]] == ["i"] * 4
    assert [record.packet for record in records] == [whole[0], whole[1], whole[2], whole[2], whole[3]]
    assert [record.message for record in records] == [
        *(encode_packet(fader(n)) for n in (1, 2, 3, 1)),
        whole[3],
    ]
    assert store.headers.refused >= 2


def test_full_link_table_leaves_the_peer_out() -> None:
    store = TrafficStore()
    store.links = LinkTable(limit=1)
    put(store, [MESSAGE], Peer("10.0.0.1", 1))
    put(store, [MESSAGE], Peer("10.0.0.2", 2))
    assert [record.peer for record in records_of(store)] == [Peer("10.0.0.1", 1), None]


# Chunks and limits.


def test_rows_and_bytes_come_back_across_chunk_borders() -> None:
    store = TrafficStore()
    datagrams = simple(ROWS_OF_CHUNK + 5000)
    put(store, datagrams)
    assert len(store) == store.end_row == store.end_packet == len(datagrams)
    for row in (0, ROWS_OF_CHUNK - 5000, ROWS_OF_CHUNK - 1, ROWS_OF_CHUNK, len(datagrams) - 1):
        record = store.record(row)
        assert (record.row, record.packet_number, record.packet) == (row, row, datagrams[row])
        assert store.time_at(row) == record.unix_ns == START_NS + 1000 * row


def test_chunks_yield_the_kept_part_of_a_range() -> None:
    store = TrafficStore()
    put(store, simple(ROWS_OF_CHUNK + 5000))
    parts = list(store.chunks(60_000, 66_000))
    assert next(chunk.first_row + first for chunk, first, _ in parts) == 60_000
    assert sum(end - first for _, first, end in parts) == 6000
    assert list(store.chunks(70_000, 70_000)) == []
    whole = list(store.chunks(0, store.end_row))
    times = np.concatenate([chunk.times[first:end] for chunk, first, end in whole])
    assert np.array_equal(times, START_NS + 1000 * np.arange(store.end_row))


def test_bundle_is_never_split_over_two_chunks() -> None:
    store = TrafficStore()
    wide = bundle(*[OscMessage("/x", "", ())] * 4000)
    put(store, [wide] * 20)
    assert store.end_row == 80_000
    for packet in range(20):
        first, last = store.record(4000 * packet), store.record(4000 * packet + 3999)
        assert (first.packet_number, first.position) == (packet, 0)
        assert (last.packet_number, last.position, last.count) == (packet, 3999, 4000)
        assert last.packet == wide


def test_rows_that_fit_no_usual_chunk_get_a_larger_one() -> None:
    store = TrafficStore()
    size = BYTES_OF_CHUNK + 100
    count = ROWS_OF_CHUNK + 1
    content = b"x" * size
    zeros = np.zeros(count, np.int64)
    link = store.links.number_of(1, PEER, Direction.IN)
    sizes = np.zeros(count, np.uint32)
    sizes[0] = size
    flags = np.full(count, 2, np.uint8)
    links = np.full(count, link, np.uint32)
    put(store, [MESSAGE])
    store.append(Rows(zeros, zeros, sizes, zeros, links, flags, content, [], count))
    put(store, [MESSAGE])
    assert store.record(1).packet == content
    assert store.record(0).packet == store.record(store.end_row - 1).packet == MESSAGE


def test_row_limit_drops_the_oldest_and_keeps_at_least_the_limit() -> None:
    store = TrafficStore(limit_rows=70_000)
    datagrams = simple(250_000)
    for start in range(0, len(datagrams), 10_000):
        put(store, datagrams[start : start + 10_000])
        assert len(store) < 70_000 + ROWS_OF_CHUNK + 5000
    assert len(store) >= 70_000
    assert store.first_row > 0
    oldest = store.record(store.first_row)
    assert (oldest.packet_number, oldest.packet) == (store.first_row, datagrams[store.first_row])
    with pytest.raises(IndexError, match="not kept"):
        store.record(store.first_row - 1)
    with pytest.raises(IndexError):
        store.record(store.end_row)


def test_byte_limit_drops_the_oldest() -> None:
    store = TrafficStore(limit_bytes=10 << 20)
    huge = encode_packet(OscMessage("/blob", "b", (bytes(60_000),)))
    for _ in range(40):
        put(store, [huge] * 10)
        assert store.size_bytes < (10 << 20) + BYTES_OF_CHUNK
    assert store.first_row > 0
    assert store.size_bytes >= 10 << 20
    assert store.record(store.first_row).packet == huge


def test_packet_numbers_count_bundles_once() -> None:
    store = TrafficStore()
    put(store, [MESSAGE, bundle(fader(1), fader(2)), MESSAGE, bundle(), bundle(fader(3)), MESSAGE])
    put(store, [bundle(*map(fader, range(3))), MESSAGE])
    numbers = [record.packet_number for record in records_of(store)]
    assert numbers == [0, 1, 1, 2, 3, 4, 5, 6, 6, 6, 7]
    assert store.end_packet == 8


def test_packet_numbers_stay_right_after_trimming() -> None:
    store = TrafficStore(limit_rows=1000)
    pair = [bundle(fader(1), fader(2)), MESSAGE]
    for _ in range(10):
        put(store, pair * 5000)
    assert store.first_row > 0
    for row in (store.first_row, store.first_row + 1, store.end_row - 1):
        packets, rest = divmod(row, 3)
        assert store.record(row).packet_number == 2 * packets + (rest == 2)


def test_trimming_gives_places_in_the_header_table_back() -> None:
    store = TrafficStore(limit_rows=1000)
    store.headers = HeaderTable(limit=50_000)
    for start in range(0, 300_000, 4000):
        put(store, [b"/%07d\0\0\0\0,\0\0\0" % number for number in range(start, start + 4000)])
    assert len(store.headers.raw) <= 50_001
    newest = store.record(store.end_row - 1)
    assert newest.address == "/0299999"
    for row in range(store.first_row, store.end_row, 997):
        assert store.record(row).address == f"/{row:07}"


def test_cleared_store_forgets_rows_and_goes_on_counting() -> None:
    store = TrafficStore()
    put(store, [MESSAGE] * 3)
    store.clear()
    assert (len(store), store.first_row, store.end_row, store.size_bytes) == (0, 3, 3, 0)
    put(store, [MESSAGE])
    assert (store.record(3).packet_number, store.record(3).packet) == (3, MESSAGE)
    with pytest.raises(IndexError):
        store.record(2)


def test_nothing_appended_makes_no_chunk() -> None:
    store = TrafficStore()
    put(store, [])
    assert (len(store), store.first_row, list(store.chunks(0, 10))) == (0, 0, [])
