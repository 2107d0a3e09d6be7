"""Who talks how much, how regularly and how punctually: statistics of each address and each peer.

Rows are added as views, from the frame path or from chunks that are kept; no clock is read and no row is looked at by
itself. Memory is bounded: what is beyond the limits is counted together. Limits and precision are stated where the
counters are: `message_kinds`, `flow_counts`, `window_counts`, `lateness`, `argument_ranges`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.argument_ranges import ArgumentRange, ArgumentRanges
from osc_workbench.traffic.flow_counts import FlowCounts, FlowHistograms, FlowStatistics, flow_rows
from osc_workbench.traffic.message_kinds import ADDRESSES_LIMIT, MessageKinds, PlacedRows
from osc_workbench.traffic.peer_slots import PEERS_LIMIT, PeerSlots
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import Link

Column = npt.NDArray[Any]
# Twice as fast as a whole chunk at once, whose columns are so large that each gets memory of its own from the system.
_PIECE_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class AddressStatistics:
    """One address; None stands for malformed packets and empty bundles.

    type_tags: each type tag string and how often it came, the most frequent first; None where a message had none.
    other_type_tags: messages with type tag strings beyond KINDS_LIMIT.
    arguments: ranges of the numbers at the first eight places.
    """

    address: str | int | None
    flow: FlowStatistics
    type_tags: tuple[tuple[str | None, int], ...]
    other_type_tags: int
    arguments: tuple[ArgumentRange, ...]


@dataclass(frozen=True, slots=True)
class PeerStatistics:
    """One way between an endpoint and a peer."""

    link: Link
    flow: FlowStatistics


@dataclass(frozen=True, slots=True)
class OtherStatistics:
    """What is beyond the limits, counted together.

    members: how many addresses or peers; of addresses COUNTED_OTHERS_LIMIT stands for that many or more.
    """

    count: int
    size_bytes: int
    members: int


class TrafficStatistics:
    """Statistics of the rows it is given.

    addresses_limit, peers_limit: how many get statistics of their own, together at most 65,000.
    count: rows so far.
    """

    def __init__(
        self, store: TrafficStore, addresses_limit: int = ADDRESSES_LIMIT, peers_limit: int = PEERS_LIMIT
    ) -> None:
        self._store = store
        self._addresses_limit = addresses_limit
        self._peers_limit = peers_limit
        self.clear()

    def clear(self) -> None:
        """Forget all rows."""
        self.count = 0
        self._kinds = MessageKinds(self._store.headers, self._addresses_limit)
        self._ranges = ArgumentRanges(self._kinds.slot_count)
        self._peers = PeerSlots(self._store.links, self._kinds.slot_count, self._peers_limit)
        self._flows = FlowCounts(self._kinds.slot_count + self._peers_limit + 1)

    def take(self, view: RowView) -> None:
        """Add rows; each call brings later ones than the call before."""
        if len(view) <= _PIECE_ROWS:
            self._take(view)
            return
        for start in range(0, len(view), _PIECE_ROWS):
            self._take(view.take(np.arange(start, min(start + _PIECE_ROWS, len(view)))))

    def _take(self, view: RowView) -> None:
        if not len(view):
            return
        self.count += len(view)
        placed = self._kinds.take(view)
        row_slots = self._kinds.slot_of[placed.kinds]
        self._flows.add(np.concatenate((row_slots, self._peers.slots_of(view.links))), flow_rows(view))
        self._take_numbers(view, placed, row_slots.astype(np.int64))

    def _take_numbers(self, view: RowView, placed: PlacedRows, row_slots: Column) -> None:
        ends = view.offsets.astype(np.int64) + view.sizes
        plans = self._kinds.plan_of[placed.kinds]
        for numbers in self._kinds.plans.numbers(view.chunk, plans, placed.offsets, ends):
            self._ranges.add(row_slots, numbers)

    # Addresses.

    def addresses(self, now_ns: int, limit: int | None = None) -> list[AddressStatistics]:
        """Return the addresses with the most messages first, at most `limit`. now_ns: for the rates."""
        return self._of_addresses(self._top(0, self._kinds.others, limit), now_ns)

    def top_addresses(self, limit: int) -> list[str | int | None]:
        """Return the addresses with the most messages, those with the most first, without their figures."""
        return [self._kinds.addresses[slot] for slot in self._top(0, self._kinds.others, limit).tolist()]

    def addresses_of(self, addresses: Iterable[str | int | None], now_ns: int) -> list[AddressStatistics]:
        """Return the statistics of these addresses in their order; those that have none of their own are left out."""
        slots = (self._kinds.slot(address) for address in dict.fromkeys(addresses))
        found = [slot for slot in slots if slot is not None and self._flows.counts[slot]]
        return self._of_addresses(np.array(found, np.int64), now_ns)

    def address(self, address: str | int | None, now_ns: int) -> AddressStatistics | None:
        """Return the statistics of one address, None if it has none of its own."""
        return next(iter(self.addresses_of((address,), now_ns)), None)

    def address_histograms(self, address: str | int | None) -> FlowHistograms | None:
        """Return the histograms of one address, None if it has none of its own."""
        slot = self._kinds.slot(address)
        return None if slot is None else self._flows.histograms(slot)

    @property
    def other_addresses(self) -> OtherStatistics:
        """Addresses beyond the limit."""
        return OtherStatistics(*self._flows.totals(self._kinds.others), self._kinds.other_addresses)

    def _of_addresses(self, slots: Column, now_ns: int) -> list[AddressStatistics]:
        parts = zip(
            [self._kinds.addresses[slot] for slot in slots.tolist()],
            self._flows.statistics(slots, now_ns, self.count),
            self._kinds.type_tags(slots),
            self._kinds.other_type_tags(slots),
            self._ranges.ranges(slots),
            strict=True,
        )
        return [AddressStatistics(*values) for values in parts]

    # Peers.

    def peers(self, now_ns: int, limit: int | None = None) -> list[PeerStatistics]:
        """Return the peers with the most messages first, at most `limit`. now_ns: for the rates."""
        return self._of_peers(self._top(self._peers.first, self._peers.others, limit), now_ns)

    def top_peers(self, limit: int) -> list[Link]:
        """Return the peers with the most messages, those with the most first, without their figures."""
        slots = self._top(self._peers.first, self._peers.others, limit).tolist()
        return [self._peers.links[slot - self._peers.first] for slot in slots]

    def peers_of(self, links: Iterable[Link], now_ns: int) -> list[PeerStatistics]:
        """Return the statistics of these peers in their order; those that have none of their own are left out."""
        found = [slot for link in dict.fromkeys(links) if (slot := self._peers.slots.get(link)) is not None]
        return self._of_peers(np.array(found, np.int64), now_ns)

    def peer(self, link: Link, now_ns: int) -> PeerStatistics | None:
        """Return the statistics of one peer, None if it has none of its own."""
        return next(iter(self.peers_of((link,), now_ns)), None)

    def peer_histograms(self, link: Link) -> FlowHistograms | None:
        """Return the histograms of one peer, None if it has none of its own."""
        slot = self._peers.slots.get(link)
        return None if slot is None else self._flows.histograms(slot)

    @property
    def other_peers(self) -> OtherStatistics:
        """Peers beyond the limit."""
        return OtherStatistics(*self._flows.totals(self._peers.others), self._peers.other_peers)

    def _of_peers(self, slots: Column, now_ns: int) -> list[PeerStatistics]:
        flows = self._flows.statistics(slots, now_ns, self.count)
        links = [self._peers.links[slot - self._peers.first] for slot in slots.tolist()]
        return [PeerStatistics(link, flow) for link, flow in zip(links, flows, strict=True)]

    def _top(self, first: int, end: int, limit: int | None) -> Column:
        """Return the slots of a range that are not empty, those with the greatest counts first."""
        slots = first + np.flatnonzero(self._flows.counts[first:end])
        return slots[np.argsort(-self._flows.counts[slots], kind="stable")][:limit]
