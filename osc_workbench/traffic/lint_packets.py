"""The rules about whole packets: their size, their time tags, and whether the same has just come from the same sender.

What is found in a packet stands at its first row, except for `late`, which each message is by itself.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.chunk import BundleColumns, Chunk
from osc_workbench.traffic.lint_headers import HISTORY_LIMIT, NO_HISTORY
from osc_workbench.traffic.lint_rules import (
    BUFFER_BYTES,
    DATAGRAM_BYTES,
    DUPLICATE_NS,
    FRAGMENT_BYTES,
    LATE_NS,
    SKEW_NS,
    SKEWED_BUNDLES,
    bit_of,
)
from osc_workbench.traffic.record import Direction
from osc_workbench.traffic.row_groups import group_rows
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.same_bytes import same_bytes
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.time_tags import has_early_bundle

Column = npt.NDArray[Any]
_SIZES = np.array([FRAGMENT_BYTES, BUFFER_BYTES, DATAGRAM_BYTES])
_SIZE_BITS = np.array(
    [0, bit_of("oversize-1240"), bit_of("oversize-8192"), bit_of("oversize-65507")],
    np.uint32,
)
_LATE, _SKEWED = np.uint32(bit_of("late")), np.uint32(bit_of("clock-skew"))
_DUPLICATE, _ORDER = np.uint32(bit_of("duplicate")), np.uint32(bit_of("bundle-order"))
# Instead of the number of a header.
_BUNDLE = -1


class Packets(NamedTuple):
    """The packets that begin in a view, side by side, integers of shape (packets,).

    places: of their first rows in the view. headers: numbers, _BUNDLE for bundles. offsets, sizes: of their bytes in
    the arena, without headers. lengths: of all their bytes.
    """

    places: Column
    headers: Column
    offsets: Column
    sizes: Column
    lengths: Column


def packets_of(view: RowView, bundles: BundleColumns | None) -> Packets:
    """Return the packets of a view on consecutive rows. bundles: those that begin in it."""
    columns = view.headers, view.offsets, view.sizes, view.message_sizes
    if bundles is None:
        return Packets(np.arange(len(view)), *columns)
    headers, offsets, sizes, lengths = (column.astype(np.int64) for column in columns)
    starts = bundles.first - int(view.local_rows[0])
    headers[starts], offsets[starts] = _BUNDLE, bundles.offset
    sizes[starts] = lengths[starts] = bundles.size
    is_first = ~view.in_bundle
    is_first[starts] = True
    places = np.flatnonzero(is_first)
    return Packets(places, headers[places], offsets[places], sizes[places], lengths[places])


def bundles_of(view: RowView) -> BundleColumns | None:
    """Return the bundles that begin in a view on consecutive rows, None if it has no rows of bundles."""
    if not np.count_nonzero(view.in_bundle):
        return None
    rows = view.local_rows
    bundles = view.chunk.bundles(int(rows[0]), int(rows[-1]) + 1)
    begins = bundles.first >= rows[0]
    return BundleColumns(*(column[begins] for column in bundles))


class PacketHistory:
    """Finds what is wrong with packets; remembers of each link its last packet and how its clock is."""

    def __init__(self, store: TrafficStore) -> None:
        self._store = store
        # By number of link: its own number, or NO_HISTORY; whether what comes through it was sent by others.
        self._keys: Column = np.empty(0, np.uint16)
        self._incoming: Column = np.empty(0, np.bool_)
        self._last_row = np.full(HISTORY_LIMIT, -1, np.int64)
        self._last_time = np.zeros(HISTORY_LIMIT, np.int64)
        self._skew = np.zeros(HISTORY_LIMIT, np.int8)
        self._skewed_before = np.zeros(HISTORY_LIMIT, np.int64)

    def find(self, view: RowView, bits: Column) -> None:
        """Add what is found to `bits`. The view is on consecutive rows, the next ones."""
        self._learn_links()
        bundles = bundles_of(view)
        packets = packets_of(view, bundles)
        if np.count_nonzero(packets.lengths > FRAGMENT_BYTES):
            bits[packets.places] |= _SIZE_BITS[np.searchsorted(_SIZES, packets.lengths)]
        self._find_duplicates(view, packets, bits)
        if bundles is not None:
            late, timed = view.lateness()
            bits[(timed & (late > LATE_NS)) | (view.in_bundle & (view.time_tags == 0))] |= _LATE
            self._find_skew(view, packets.places[timed[packets.places]], late, bits)
            bits[_out_of_order(view, bundles)] |= _ORDER

    def _learn_links(self) -> None:
        links = self._store.links.links
        known = len(self._keys)
        if len(links) > known:
            keys = [
                number if number < HISTORY_LIMIT and links[number].peer is not None else NO_HISTORY
                for number in range(known, len(links))
            ]
            incoming = [link.direction is Direction.IN for link in links[known:]]
            self._keys = np.concatenate((self._keys, np.array(keys, np.uint16)))
            self._incoming = np.concatenate((self._incoming, np.array(incoming, np.bool_)))

    # Clocks.

    def _find_skew(self, view: RowView, places: Column, late: Column, bits: Column) -> None:
        links = view.links[places]
        # Our own clock is the measure; what we send ahead of its time is planned.
        senders = np.where(self._incoming[links], self._keys[links], NO_HISTORY).astype(np.uint16)
        groups = group_rows(senders, NO_HISTORY)
        places = places[groups.order]
        skew = (late[places] > SKEW_NS).astype(np.int8) - (late[places] < -SKEW_NS)
        goes_on = (skew == groups.before(skew, self._skew)) & (skew != 0)
        before = groups.streaks(goes_on, self._skewed_before)
        bits[places[(skew != 0) & (before >= SKEWED_BUNDLES - 1)]] |= _SKEWED
        groups.keep(skew, self._skew)
        groups.keep(before, self._skewed_before)

    # The same packet twice.

    def _find_duplicates(self, view: RowView, packets: Packets, bits: Column) -> None:
        if not len(packets.places):
            return
        groups = group_rows(self._keys[view.links[packets.places]], NO_HISTORY)
        times = view.times[packets.places[groups.order]]
        headers, sizes = packets.headers[groups.order], packets.sizes[groups.order]
        is_close = np.abs(times - groups.before(times, self._last_time)) <= DUPLICATE_NS
        firsts = groups.firsts[is_close[groups.firsts]]
        is_close[groups.firsts] = False
        is_close[1:] &= (headers[1:] == headers[:-1]) & (sizes[1:] == sizes[:-1])
        later = np.flatnonzero(is_close)
        if len(later):
            offsets = packets.offsets[groups.order]
            same = same_bytes(view.arena, offsets[later], offsets[later - 1], sizes[later])
            bits[packets.places[groups.order[later[same]]]] |= _DUPLICATE
        start = int(view.local_rows[0])
        for place, link in zip(
            packets.places[groups.order[firsts]].tolist(), groups.keys[firsts].tolist(), strict=True
        ):
            if self._is_repeated(view.chunk, start + place, link):
                bits[place] |= _DUPLICATE
        self._last_row[groups.owners] = packets.places[groups.order[groups.lasts]] + view.chunk.first_row + start
        groups.keep(times, self._last_time)

    def _is_repeated(self, chunk: Chunk, place: int, link: int) -> bool:
        """Tell whether a packet is the same as the one that came before through its link, in an earlier call."""
        row = int(self._last_row[link])
        if row < self._store.first_row:
            return False
        return _packet_at(chunk, place) == _packet_at(*self._store.chunk_at(row))


def _packet_at(chunk: Chunk, place: int) -> tuple[int, bytes]:
    bundle = chunk.bundle_at(place)
    if bundle is not None:
        return _BUNDLE, chunk.content(bundle.offset, bundle.size)
    return int(chunk.headers[place]), chunk.content(int(chunk.offsets[place]), int(chunk.sizes[place]))


def _out_of_order(view: RowView, bundles: BundleColumns) -> list[int]:
    """Return the places of bundles in which one stands that is earlier than the one around it."""
    if not len(bundles.first):
        return []
    start = int(view.local_rows[0])
    return [
        int(bundles.first[index]) - start
        for index in np.flatnonzero(view.is_nested(bundles)).tolist()
        if has_early_bundle(view.chunk.content(int(bundles.offset[index]), int(bundles.size[index])))
    ]
