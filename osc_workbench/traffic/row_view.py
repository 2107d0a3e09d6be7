"""Some rows of one chunk as columns: what queries, statistics and lint look at.

Strategy. Whatever is asked of rows is asked of whole columns at once. A message that found no place in the table of
headers (number 0, which happens under a flood of ever new addresses) is the exception: `with_headers` gives such rows a
table of their own, so that nobody else needs to know.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.codec import scan_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.header import MessageHeader
from osc_workbench.traffic.chunk import IN_BUNDLE, MALFORMED, BundleColumns, Chunk
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import NO_HEADER, HeaderTable
from osc_workbench.traffic.time_tags import message_time_tags, unix_ns_of

Column = npt.NDArray[Any]
_BUNDLE_HEAD, _ELEMENT_HEAD = 16, 4
# Time tags that mean no time: zero, which is none, and immediately.
_REAL_TIME = 2


class RowView:
    """Rows side by side; all columns have the shape (rows,).

    rows: int64, their numbers since the start of the session, ascending. times: int64, ns since the Unix epoch.
    headers, links: numbers in the tables. offsets, sizes: of the arguments in `arena`, uint8. flags, findings: bits.
    Views on the store: valid until the next append.
    """

    def __init__(self, table: HeaderTable, chunk: Chunk, places: slice | Column, headers: Column | None = None) -> None:
        self.table = table
        # What the numbers in the chunk refer to.
        self._chunk_table = table
        self.chunk = chunk
        self.places = places
        self.headers: Column = chunk.headers[places] if headers is None else headers
        self.offsets: Column = chunk.offsets[places]
        self.sizes: Column = chunk.sizes[places]
        self.arena: Column = chunk.arena

    def __len__(self) -> int:
        return len(self.headers)

    # Of rows that were picked these are copies, which only some questions need.

    @cached_property
    def times(self) -> Column:
        return self.chunk.times[self.places]

    @cached_property
    def links(self) -> Column:
        return self.chunk.links[self.places]

    @cached_property
    def flags(self) -> Column:
        return self.chunk.flags[self.places]

    @cached_property
    def findings(self) -> Column:
        return self.chunk.findings[self.places]

    @property
    def local_rows(self) -> Column:
        """Places of the rows in their chunk, int64."""
        if isinstance(self.places, slice):
            return np.arange(self.places.start, self.places.stop)
        return self.places.astype(np.int64, copy=False)

    @property
    def rows(self) -> Column:
        return np.add(self.local_rows, self.chunk.first_row)

    def take(self, places: Column) -> "RowView":
        """Return some of these rows, given by their places in this view or by a mask."""
        if places.dtype == np.bool_:
            # Several columns are picked from, which is faster by places.
            places = np.flatnonzero(places)
        view = RowView(self.table, self.chunk, self.local_rows[places], self.headers[places])
        view._chunk_table = self._chunk_table
        view.offsets, view.sizes = self.offsets[places], self.sizes[places]
        return view

    @property
    def in_bundle(self) -> Column:
        return np.bitwise_and(self.flags, IN_BUNDLE).astype(np.bool_)

    @property
    def malformed(self) -> Column:
        return np.bitwise_and(self.flags, MALFORMED).astype(np.bool_)

    # Headers.

    @property
    def without_header(self) -> Column:
        """Which rows are messages whose header found no place in the table."""
        headers = self.headers
        # Nearly always there are none, which one pass tells.
        if headers.all():
            return np.zeros(len(headers), np.bool_)
        return np.equal(headers, NO_HEADER) & ~self.malformed & (self.sizes > 0)

    def with_headers(self) -> "RowView":
        """Return the same rows, all of them `without_header`, with a table that holds the headers of all of them."""
        # No header is refused here, or what looks again at rows without one would never end.
        table = HeaderTable(len(self) + 1, int(self.sizes.sum(dtype=np.int64)))
        view = RowView(table, self.chunk, self.local_rows, np.zeros(len(self), np.uint32))
        view._chunk_table = self._chunk_table
        view.offsets, view.sizes = self.offsets.copy(), self.sizes.copy()
        for place in range(len(self)):
            offset, size = int(self.offsets[place]), int(self.sizes[place])
            try:
                found = scan_packet(self.chunk.content(offset, size))
            except OscDecodeError:
                continue
            if isinstance(found, MessageHeader):
                known = table.numbers.get(found.raw)
                view.headers[place] = table.add(found) if known is None else known
                view.offsets[place] += len(found.raw)
                view.sizes[place] -= len(found.raw)
        return view

    # Bundles and packets.

    @cached_property
    def time_tags(self) -> Column:
        """Time tags of the innermost bundles, uint64; 1 (immediately) outside of bundles."""
        tags = np.ones(len(self), np.uint64)
        places, bundles, which = self._bundles()
        if len(places):
            heads = self.arena[(bundles.offset + 8)[:, None] + np.arange(8)]
            values = np.ascontiguousarray(heads).view(">u8").astype(np.uint64).ravel()
            tags[places] = values[which]
            bounds = np.searchsorted(which, np.arange(len(bundles.first) + 1))
            for index in np.flatnonzero(self.is_nested(bundles)).tolist():
                self._read_nested(index, bundles, places[bounds[index] : bounds[index + 1]], tags)
        return tags

    @cached_property
    def packet_sizes(self) -> Column:
        """Bytes of the packets that hold the rows, int64."""
        sizes = self.message_sizes
        places, bundles, which = self._bundles()
        sizes[places] = bundles.size[which]
        return sizes

    def _bundles(self) -> tuple[Column, BundleColumns, Column]:
        """Return which rows stand in bundles, these bundles, and which of them each of the rows stands in."""
        places = np.flatnonzero(self.in_bundle)
        if not len(places):
            nothing = np.zeros(0, np.int64)
            return places, BundleColumns(nothing, nothing, nothing, nothing), nothing
        local = self.local_rows[places]
        bundles = self.chunk.bundles(int(local[0]), int(local[-1]) + 1)
        return places, bundles, np.searchsorted(bundles.first, local, "right") - 1

    @property
    def message_sizes(self) -> Column:
        """Bytes of the messages, headers included, int64."""
        return np.add(self.sizes, self.table.raw_sizes[self.headers])

    def lateness(self) -> tuple[Column, Column]:
        """Return (how late rows came after their time tags, int64 ns, negative if early; for which rows that is so)."""
        late = np.zeros(len(self), np.int64)
        timed = self.in_bundle
        if timed.any():
            timed &= self.time_tags >= np.uint64(_REAL_TIME)
            times = self.times[timed]
            late[timed] = times - unix_ns_of(self.time_tags[timed], times)
        return late, timed

    def is_nested(self, bundles: BundleColumns) -> Column:
        """Tell which bundles are more than a time tag and messages: others stand in them, or they are malformed."""
        start, stop = int(bundles.first[0]), int(bundles.first[-1] + bundles.rows[-1])
        raw_sizes = self._chunk_table.raw_sizes[self.chunk.headers[start:stop]]
        sizes = self.chunk.sizes[start:stop] + raw_sizes + _ELEMENT_HEAD
        # Between these bundles there may be other rows; each sum is cut out of a running one.
        running = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)))
        firsts = bundles.first - start
        nested: Column = running[firsts + bundles.rows] - running[firsts] + _BUNDLE_HEAD != bundles.size
        return nested

    def _read_nested(self, index: int, bundles: BundleColumns, places: Column, tags: Column) -> None:
        packet = self.chunk.content(int(bundles.offset[index]), int(bundles.size[index]))
        found = message_time_tags(packet)
        positions = self.local_rows[places] - bundles.first[index]
        # A row without bytes stands for what could not be read; it has the time tag of the whole.
        is_message = (self.headers[places] != NO_HEADER) | (self.sizes[places] > 0)
        for place, position in zip(places[is_message].tolist(), positions[is_message].tolist(), strict=True):
            if position < len(found):
                tags[place] = found[position]


def views_of(store: TrafficStore, first_row: int, end_row: int) -> Iterator[RowView]:
    """Yield the kept rows of a range, one view a chunk, oldest first."""
    for chunk, first, end in store.chunks(first_row, end_row):
        yield RowView(store.headers, chunk, slice(first, end))
