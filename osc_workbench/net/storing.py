"""From the inbox to the store: what a frame has time for becomes rows. No socket and no clock of its own."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.traffic.chunk import TRUNCATED
from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.store import TrafficStore


def store_arrivals(arrivals: Arrivals, store: TrafficStore, is_late: Callable[[], bool]) -> tuple[int, int]:
    """Store datagrams until it is late; return how many were taken, at least one, and how many are malformed."""
    links = _link_numbers(arrivals, store)
    index, malformed, end = 0, 0, len(arrivals.datagrams)
    while index < end:
        first = index
        rows, index, bad = index_datagrams(arrivals.datagrams, index, arrivals.times, links, store.headers)
        for number in arrivals.truncated:
            if first <= number < index:
                rows.flags[rows.of_packet(number - first)] |= TRUNCATED
        store.append(rows)
        malformed += bad
        if is_late():
            break
    return index, malformed


def _link_numbers(arrivals: Arrivals, store: TrafficStore) -> npt.NDArray[np.uint32]:
    number_of = store.links.number_of
    peers = arrivals.peers
    distinct = set(peers)
    numbers = {peer: number_of(arrivals.endpoint_id, peer, arrivals.direction) for peer in distinct}
    if len(distinct) == 1:
        return np.full(len(peers), numbers[peers[0]], np.uint32)
    return np.array([numbers[peer] for peer in peers], np.uint32)
