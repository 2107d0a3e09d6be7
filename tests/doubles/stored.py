"""Datagrams put into a store as the session does it, without sockets."""

from collections.abc import Sequence

import numpy as np

from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.record import Direction, PacketRecord, Peer
from osc_workbench.traffic.store import TrafficStore

PEER = Peer("127.0.0.1", 9000)
START_NS = 1_700_000_000_000_000_000


def put(store: TrafficStore, datagrams: Sequence[bytes], peer: Peer | None = PEER) -> int:
    """Append datagrams that came 1 us apart; return how many are malformed."""
    link = store.links.number_of(1, peer, Direction.IN)
    times = START_NS + 1000 * (store.end_packet + np.arange(len(datagrams), dtype=np.int64))
    links = np.full(len(datagrams), link, np.uint32)
    index = malformed = 0
    while index < len(datagrams):
        rows, index, bad = index_datagrams(datagrams, index, times, links, store.headers)
        store.append(rows)
        malformed += bad
    return malformed


def records_of(store: TrafficStore) -> list[PacketRecord]:
    """Return all rows that are kept."""
    return [store.record(row) for row in range(store.first_row, store.end_row)]


def stored(*datagrams: bytes) -> list[PacketRecord]:
    """Return the rows of these datagrams."""
    store = TrafficStore()
    put(store, datagrams)
    return records_of(store)
