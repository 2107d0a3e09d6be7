"""Statistics against an evaluator that decodes every record."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic import tables
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.row_view import RowView, views_of
from osc_workbench.traffic.statistics import OtherStatistics, TrafficStatistics
from osc_workbench.traffic.tables import HeaderTable, Link
from tests.doubles import slow_statistics
from tests.doubles.traffic import MILLISECOND, PEER, START_NS, TRUNCATED_FLOAT, HandFedStore

_EMPTY_BUNDLE = OscBundle(TimeTag(1), ())
_numbers: dict[str, st.SearchStrategy[Any]] = {
    "i": st.integers(-(2**31), 2**31 - 1),
    "h": st.integers(-(2**63), 2**63 - 1),
    "f": st.floats(width=32),
    "d": st.floats(),
    "s": st.text("ab", max_size=40),
    "b": st.binary(max_size=20),
    "T": st.just(True),
    "t": st.just(TimeTag(5)),
}


@st.composite
def _messages(draw: st.DrawFn) -> OscMessage:
    type_tags = draw(st.sampled_from(["", "i", "f", "sif", "hd", "TfbiT", "tsssi", "fffffffffi", "iiii"]))
    values = tuple(draw(_numbers[tag]) for tag in type_tags)
    if type_tags == "iiii":
        type_tags, values = "i[ii]i", (values[0], values[1:3], values[3])
    return OscMessage(draw(st.sampled_from(["/a", "/b", "/long/address", 7])), type_tags, values)


_words = st.lists(st.sampled_from([b"ab\0\0", b"abcd", b"\0\0\0\0", b"\0\0\0\3", b"\x7f\xc0\0\0", b"\x7f\xa0\0\1"]))
_made_up = st.builds(
    lambda tags, words, rest: b"/a\0\0" + tags.encode() + bytes(4 - len(tags) % 4) + b"".join(words) + rest,
    st.sampled_from([",sif", ",[s[i]]f", ",iXf", ",ff", ",bfs", ",ssi", ""]),
    _words,
    st.sampled_from([b"", b"", b"a\0", b"\0"]),
)
_time_tags = st.sampled_from([0, 1]) | st.builds(
    lambda ns: TimeTag.from_unix_ns(START_NS + ns).value,
    st.integers(-(10**10), 10**10) | st.integers(-(10**13), 10**13),
)
_bundles = st.recursive(
    _messages(),
    lambda inner: st.builds(
        lambda tag, elements: OscBundle(TimeTag(tag), tuple(elements)), _time_tags, st.lists(inner, max_size=3)
    ),
    max_leaves=5,
)
_packets = _messages() | _made_up | _bundles | st.binary(max_size=12)
_peers = st.sampled_from(
    [(PEER, Direction.IN), (PEER, Direction.OUT), (Peer("::1", 7), Direction.IN), (None, Direction.IN)]
)
_gaps_ns = st.integers(-5 * MILLISECOND, 5 * MILLISECOND) | st.integers(0, 3 * 10**9) | st.just(-MILLISECOND)
_logs = st.lists(st.tuples(_packets, _peers, _gaps_ns), min_size=1, max_size=30)


def _fed(log: list[tuple[Any, tuple[Peer | None, Direction], int]], header_limit: int = 1000) -> HandFedStore:
    store = HandFedStore()
    store.headers = HeaderTable(header_limit)
    for packet, (peer, direction), gap_ns in log:
        store.now_ns += gap_ns
        store.receive(packet, direction=direction, peer=peer)
    return store


def _taken(store: HandFedStore, splits: list[int] | None = None, **limits: int) -> TrafficStatistics:
    """Return statistics of all rows, taken in pieces that end at the splits."""
    # Small tables are made faster.
    statistics = TrafficStatistics(store, **({"addresses_limit": 150, "peers_limit": 20} | limits))
    bounds = [0, *sorted(splits or []), store.end_row]
    for first, end in pairwise(bounds):
        for view in views_of(store, first, end):
            statistics.take(view)
    return statistics


@given(_logs, st.sampled_from([0, 2, 1000]))
@settings(max_examples=50, deadline=None)
def test_statistics_are_those_of_an_evaluator_that_decodes_every_record(log: list[Any], header_limit: int) -> None:
    store = _fed(log, header_limit)
    records = [store.record(row) for row in range(store.end_row)]
    statistics = _taken(store)
    by_address = slow_statistics.grouped(records, slow_statistics.address_of)
    found = {part.address: part for part in statistics.addresses(store.now_ns)}
    assert found.keys() == by_address.keys()
    for address, own in by_address.items():
        slow_statistics.check_flow(found[address].flow, own, len(records))
        if address is not None:
            assert dict(found[address].type_tags) == slow_statistics.type_tag_counts(own)
            assert found[address].arguments == slow_statistics.argument_ranges(own)
            assert found[address].other_type_tags == 0
    by_link = slow_statistics.grouped(records, lambda record: Link(1, record.peer, record.direction))
    peers = {part.link: part.flow for part in statistics.peers(store.now_ns)}
    assert peers.keys() == by_link.keys()
    for link, own in by_link.items():
        slow_statistics.check_flow(peers[link], own, len(records))


@given(_logs, st.lists(st.integers(0, 60), max_size=6))
@settings(max_examples=30, deadline=None)
def test_it_does_not_matter_how_rows_are_split_into_calls(log: list[Any], splits: list[int]) -> None:
    store = _fed(log)
    whole = _taken(store)
    pieces = _taken(store, [min(split, store.end_row) for split in splits])
    assert pieces.count == whole.count == store.end_row
    assert pieces.addresses(store.now_ns) == whole.addresses(store.now_ns)
    assert pieces.peers(store.now_ns) == whole.peers(store.now_ns)


def test_most_frequent_addresses_come_first_and_only_as_many_as_asked_for() -> None:
    store = HandFedStore()
    store.receive(*(OscMessage(address, "", ()) for address in ("/a", "/b", "/b", "/c", "/c", "/c")))
    statistics = _taken(store)
    assert [(part.address, part.flow.share) for part in statistics.addresses(store.now_ns, 2)] == [
        ("/c", 0.5),
        ("/b", 2 / 6),
    ]


def test_malformed_packets_and_empty_bundles_are_counted_without_address() -> None:
    store = HandFedStore()
    store.receive(TRUNCATED_FLOAT, b"#", _EMPTY_BUNDLE, OscMessage("/a", "", ()))
    statistics = _taken(store)
    nameless = statistics.address(None, store.now_ns)
    assert nameless is not None
    assert (nameless.flow.count, nameless.flow.malformed, nameless.type_tags) == (3, 2, ())
    assert statistics.address("/fader", store.now_ns) is None
    (peer,) = statistics.peers(store.now_ns)
    assert (peer.flow.count, peer.flow.malformed) == (4, 2)


def test_one_address_or_peer_is_found_by_its_name() -> None:
    store = HandFedStore()
    store.receive(OscMessage("/a", "i", (1,)), OscMessage(3, "i", (2,)))
    statistics = _taken(store)
    found = statistics.address(3, store.now_ns)
    assert found is not None
    assert found in statistics.addresses(store.now_ns)
    assert [part for part in statistics.peers(store.now_ns) if part.link == store.links.links[0]] == [
        statistics.peer(store.links.links[0], store.now_ns)
    ]
    assert statistics.address("/nobody", store.now_ns) is None
    assert statistics.address_histograms("/nobody") is None
    assert statistics.peer(Link(9, None, Direction.IN), store.now_ns) is None
    assert statistics.peer_histograms(Link(9, None, Direction.IN)) is None


def test_nothing_taken_is_nothing_found() -> None:
    store = HandFedStore()
    store.receive(OscMessage("/a", "i", (1,)))
    statistics = TrafficStatistics(store)
    (view,) = views_of(store, 0, 1)
    statistics.take(view.take(np.zeros(0, np.int64)))
    assert statistics.addresses(store.now_ns) == statistics.peers(store.now_ns) == []
    assert statistics.address(None, store.now_ns) is None
    assert statistics.other_addresses == statistics.other_peers == OtherStatistics(0, 0, 0)


def test_a_filtered_view_counts_only_its_rows() -> None:
    store = HandFedStore()
    store.receive(*(OscMessage("/a", "i", (number,)) for number in range(10)))
    (view,) = views_of(store, 0, 10)
    statistics = TrafficStatistics(store)
    statistics.take(view.take(np.array([2, 5, 9])))
    (found,) = statistics.addresses(store.now_ns)
    assert (found.flow.count, found.arguments[0].minimum, found.arguments[0].maximum) == (3, 2, 9)


def test_histograms_hold_every_gap_and_every_lateness() -> None:
    store = HandFedStore()
    for number in range(20):
        tag = TimeTag.from_unix_ns(store.now_ns - number * MILLISECOND)
        store.receive(OscBundle(tag, (OscMessage("/a", "", ()),)))
    statistics = _taken(store)
    histograms = statistics.address_histograms("/a")
    assert histograms is not None
    assert [int(histogram.counts.sum()) for histogram in histograms] == [19, 20]
    assert [len(histogram.edges) - len(histogram.counts) for histogram in histograms] == [1, 1]
    (bin_of_gap,) = np.flatnonzero(histograms.gaps.counts)
    assert histograms.gaps.edges[bin_of_gap] <= 0.001 < histograms.gaps.edges[bin_of_gap + 1]
    assert statistics.peer_histograms(store.links.links[0]) is not None


def test_addresses_beyond_the_limit_are_counted_together() -> None:
    store = HandFedStore()
    store.receive(*(OscMessage(f"/{number % 50}", "i", (number,)) for number in range(500)))
    statistics = _taken(store, [123], addresses_limit=20)
    found = statistics.addresses(store.now_ns)
    assert {part.address for part in found} == {f"/{number}" for number in range(20)}
    assert {part.flow.count for part in found} == {10}
    assert statistics.other_addresses == OtherStatistics(300, 300 * 12, 30)
    assert statistics.address("/20", store.now_ns) is None


def test_peers_beyond_the_limit_are_counted_together() -> None:
    store = HandFedStore()
    for number in range(30):
        store.receive(OscMessage("/a", "", ()), peer=Peer("10.0.0.1", number))
    statistics = _taken(store, [7], peers_limit=10)
    assert [part.link.peer for part in statistics.peers(store.now_ns)] == [Peer("10.0.0.1", port) for port in range(10)]
    assert statistics.other_peers == OtherStatistics(20, 20 * 8, 20)


def test_numbers_of_headers_that_were_given_back_mean_what_they_mean_now() -> None:
    store = HandFedStore()
    statistics = TrafficStatistics(store)
    for address in ("/old", "/new", "/old"):
        store.receive(*(OscMessage(address, "i", (number,)) for number in range(3)))
        for view in views_of(store, store.first_row, store.end_row):
            statistics.take(view)
        store.clear()
    assert len(store.headers.raw) == 2
    assert {part.address: part.flow.count for part in statistics.addresses(store.now_ns)} == {"/old": 6, "/new": 3}


def test_cleared_statistics_begin_again() -> None:
    store = HandFedStore()
    store.receive(*(OscMessage("/a", "f", (float(number),)) for number in range(30)))
    statistics = _taken(store)
    statistics.clear()
    assert statistics.count == 0
    assert statistics.addresses(store.now_ns) == []
    for view in views_of(store, 0, store.end_row):
        statistics.take(view)
    assert statistics.addresses(store.now_ns) == _taken(store).addresses(store.now_ns)


def test_rows_without_a_place_in_the_table_of_headers_are_told_apart() -> None:
    store = HandFedStore()
    store.headers = HeaderTable(0)
    store.receive(*(OscMessage(address, "si", ("x" * 70, number)) for number, address in enumerate(["/a", "/b"] * 5)))
    found = {part.address: part.arguments for part in _taken(store, [3]).addresses(store.now_ns)}
    assert {address: (parts[0].minimum, parts[0].maximum) for address, parts in found.items()} == {
        "/a": (0, 8),
        "/b": (1, 9),
    }


def test_rows_without_a_place_are_told_apart_however_long_their_headers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "HEADER_BYTES_LIMIT", 20)
    log: list[Any] = [(OscMessage(f"/address/{n}", "i", (1,)), (PEER, Direction.IN), 1) for n in range(5)]
    found = {part.address for part in _taken(_fed(log, header_limit=0)).addresses(START_NS)}
    assert found == {f"/address/{n}" for n in range(5)}


def test_rate_is_that_of_the_last_second() -> None:
    store = HandFedStore()
    store.receive(*(OscMessage("/a", "", ()) for _ in range(3000)))
    statistics = _taken(store, [900, 901, 2950])
    for after_ms, wanted in ((0, 1000), (50, 950), (500, 500), (2000, 0)):
        found = statistics.address("/a", store.now_ns + after_ms * MILLISECOND)
        assert found is not None
        assert found.flow.rate_hz == pytest.approx(wanted, abs=1)
        assert found.flow.mean_rate_hz == pytest.approx(1000)


def test_a_chunk_of_rows_is_taken_at_once() -> None:
    store = HandFedStore()
    store.receive(*[encode_packet(OscMessage(f"/{number}", "f", (float(number),))) for number in range(100)] * 400)
    statistics = _taken(store)
    assert all(part.flow.count == 400 for part in statistics.addresses(store.now_ns))
    assert math.isclose(sum(part.flow.share for part in statistics.addresses(store.now_ns)), 1)


def test_a_view_with_headers_of_its_own_is_taken_as_well() -> None:
    store = HandFedStore()
    store.headers = HeaderTable(0)
    store.receive(OscMessage("/a", "i", (5,)))
    (view,) = views_of(store, 0, 1)
    statistics = TrafficStatistics(store)
    placed: RowView = view.with_headers()
    statistics.take(placed)
    (found,) = statistics.addresses(store.now_ns)
    assert (found.address, found.arguments[0].maximum) == ("/a", 5)


def test_some_addresses_and_peers_are_told_in_the_order_asked_for() -> None:
    store = HandFedStore()
    store.receive(*[OscMessage("/a", "", ())] * 3, TRUNCATED_FLOAT, *[OscMessage("/b", "", ())] * 2)
    store.receive(OscMessage(9, "", ()), peer=Peer("::1", 9), direction=Direction.OUT)
    statistics, now = _taken(store), store.now_ns
    assert statistics.top_addresses(10) == ["/a", "/b", None, 9]
    assert statistics.top_addresses(1) == ["/a"]
    found = statistics.addresses_of(("/b", "/nowhere", None, "/b", "/a"), now)
    assert found == [
        part for address in ("/b", None, "/a") for part in statistics.addresses(now) if part.address == address
    ]
    ways = [Link(1, PEER, Direction.IN), Link(1, Peer("::1", 9), Direction.OUT)]
    assert statistics.top_peers(10) == ways
    assert statistics.peers_of((ways[1], Link(2, PEER, Direction.IN), ways[0]), now) == statistics.peers(now)[::-1]
    empty = TrafficStatistics(store)
    assert (empty.top_addresses(5), empty.top_peers(5)) == ([], [])
    assert (empty.addresses_of(("/a", None), now), empty.peers_of(ways, now), empty.address("/a", now)) == (
        [],
        [],
        None,
    )
