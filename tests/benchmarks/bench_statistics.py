"""What statistics cost: `python tests/benchmarks/bench_statistics.py [rounds]`.

A frame is 833 rows of 1,000 addresses in random order; 60 a second are 50,000 messages/s. A chunk is 65,536 rows
of the same. The goals are 0.4 ms a frame and 40 ms a chunk.
"""

import random
import sys
from collections.abc import Callable, Sequence

import numpy as np
from rounds import compare, print_table

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.chunk import ROWS_OF_CHUNK
from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.row_view import RowView, views_of
from osc_workbench.traffic.statistics import TrafficStatistics
from osc_workbench.traffic.store import TrafficStore

_FRAME = 833
_GAP_NS = 20_000
_START_NS = 1_704_067_200 * 1_000_000_000
_ADDRESSES = 1_000
_PEERS = 40
_MAKERS: list[tuple[str, Callable[[random.Random], tuple[object, ...]]]] = [
    ("f", lambda source: (source.random(),)),
    ("ii", lambda source: (source.randrange(100), source.randrange(100))),
    ("sif", lambda source: ("abc" * source.randrange(5), 1, source.random())),
    ("fff", lambda source: (source.random(), source.random(), 0.5)),
]


def message(source: random.Random) -> OscMessage:
    number = source.randrange(_ADDRESSES)
    type_tags, make = _MAKERS[number % len(_MAKERS)]
    return OscMessage(f"/track/{number}/value", type_tags, make(source))


def bundle(source: random.Random, time_ns: int) -> OscBundle:
    late_ns = source.randrange(-10_000_000, 10_000_000)
    return OscBundle(TimeTag.from_unix_ns(time_ns - late_ns), tuple(message(source) for _ in range(4)))


def filled(peers: int, has_bundles: bool) -> TrafficStore:
    """Return a store with two chunks of rows."""
    source = random.Random(1)
    store = TrafficStore()
    links = [store.links.number_of(1, Peer("127.0.0.1", 9_000 + number), Direction.IN) for number in range(peers)]
    time_ns = _START_NS
    while store.end_row < 2 * ROWS_OF_CHUNK:
        times = time_ns + np.arange(256, dtype=np.int64) * _GAP_NS
        packets = [bundle(source, time) if has_bundles else message(source) for time in times.tolist()]
        of_packets = np.array([source.choice(links) for _ in packets], np.uint32)
        datagrams = [encode_packet(packet) for packet in packets]
        rows, _, _ = index_datagrams(datagrams, 0, times, of_packets, store.headers)
        store.append(rows)
        time_ns = int(times[-1]) + _GAP_NS
    return store


def frames(store: TrafficStore) -> Callable[[], Sequence[RowView]]:
    """Return what makes frames of the second chunk."""
    (view,) = [view for view in views_of(store, 0, store.end_row) if view.rows[0]][:1]
    starts = range(0, len(view) - _FRAME, _FRAME)
    return lambda: [RowView(store.headers, view.chunk, slice(start, start + _FRAME)) for start in starts]


def chunk(store: TrafficStore) -> Callable[[], Sequence[RowView]]:
    return lambda: [next(views_of(store, 0, store.end_row))]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    rows = []
    for name, peers, has_bundles in (
        ("1 peer", 1, False),
        (f"{_PEERS} peers", _PEERS, False),
        (f"{_PEERS} peers, bundles of 4", _PEERS, True),
    ):
        store = filled(peers, has_bundles)
        statistics = TrafficStatistics(store)
        for view in views_of(store, 0, store.end_row):
            statistics.take(view)
        result = compare({"frame": (statistics.take, frames(store)), "chunk": (statistics.take, chunk(store))}, rounds)
        cells = [f"{timing.nanoseconds / 1e6:,.2f}" for timing in result.values()]
        rows.append((name, *cells))
    print_table("one call, ms", rows, ("rows of", "a frame", "a chunk"))


if __name__ == "__main__":
    main()
