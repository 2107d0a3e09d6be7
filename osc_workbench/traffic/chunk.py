"""One chunk of the store: some rows, side by side in columns, and the bytes they point into.

A chunk is allocated whole and filled once; pages that are not reached cost no memory. Rows are messages. The bytes of a
message outside a bundle are kept without its header, which is in the table of headers; a bundle is kept whole, and the
rows of its messages point at their arguments inside it.
"""

from array import array
from bisect import bisect_right
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

ROWS_OF_CHUNK = 65_536
BYTES_OF_CHUNK = 4 << 20

# Flags of a row.
IN_BUNDLE = 1
MALFORMED = 2
TRUNCATED = 4

Column = npt.NDArray[Any]


class Rows(NamedTuple):
    """New rows and the bytes they point into, ready to be copied into a chunk.

    times: int64, ns since the Unix epoch. offsets, sizes: uint32, of the arguments in `content`. headers: uint32.
    links: uint32. flags: uint8. All of shape (rows,).
    bundles: (first row, number of rows, offset, size) of each bundle, relative to these rows and this content.
    packets: how many packets the rows belong to.
    """

    times: Column
    offsets: Column
    sizes: Column
    headers: Column
    links: Column
    flags: Column
    content: bytes
    bundles: list[tuple[int, int, int, int]]
    packets: int

    def of_packet(self, packet: int) -> slice:
        """Return the rows of one of these packets, counted from 0."""
        row = packet
        for first, count, _, _ in self.bundles:
            if first == row:
                return slice(row, row + count)
            if first > row:
                break
            row += count - 1
        return slice(row, row + 1)


class BundlePlace(NamedTuple):
    """Where a bundle is: its first row in the chunk, how many rows, and its bytes in the arena."""

    first: int
    rows: int
    offset: int
    size: int


class BundleColumns(NamedTuple):
    """Some bundles side by side: first row in the chunk, number of rows, place and size in the arena, int64 each."""

    first: Column
    rows: Column
    offset: Column
    size: Column


class Chunk:
    """first_row, first_packet: numbers of its first row and packet since the start of the session.

    findings: uint32, a bit for each rule of lint that a row has broken.
    """

    __slots__ = (
        "_bundle_extra",
        "_bundle_first",
        "_bundle_offset",
        "_bundle_rows",
        "_bundle_size",
        "arena",
        "count",
        "findings",
        "first_packet",
        "first_row",
        "flags",
        "headers",
        "links",
        "offsets",
        "packets",
        "sizes",
        "times",
        "used",
    )

    def __init__(self, first_row: int, first_packet: int, rows: int = 0, size: int = 0) -> None:
        rows = max(rows, ROWS_OF_CHUNK)
        self.first_row = first_row
        self.first_packet = first_packet
        self.count = 0
        self.packets = 0
        self.used = 0
        self.times: Column = np.empty(rows, np.int64)
        self.offsets: Column = np.empty(rows, np.uint32)
        self.sizes: Column = np.empty(rows, np.uint32)
        self.headers: Column = np.empty(rows, np.uint32)
        self.links: Column = np.empty(rows, np.uint32)
        self.flags: Column = np.empty(rows, np.uint8)
        # Zeros that are never written to cost no memory either.
        self.findings: Column = np.zeros(rows, np.uint32)
        # Whole words, so that it can be read as such.
        self.arena: Column = np.empty(max(size + 3 & -4, BYTES_OF_CHUNK), np.uint8)
        self._bundle_first, self._bundle_rows = array("I"), array("I")
        self._bundle_offset, self._bundle_size = array("I"), array("I")
        # Rows beyond one for each bundle so far: what row numbers are ahead of packet numbers.
        self._bundle_extra = array("I")

    @property
    def end_row(self) -> int:
        return self.first_row + self.count

    def has_room(self, rows: Rows) -> bool:
        return self.count + len(rows.times) <= len(self.times) and self.used + len(rows.content) <= len(self.arena)

    def append(self, rows: Rows) -> None:
        start, end, base = self.count, self.count + len(rows.times), self.used
        self.times[start:end] = rows.times
        self.offsets[start:end] = rows.offsets
        self.offsets[start:end] += np.uint32(base)
        self.sizes[start:end] = rows.sizes
        self.headers[start:end] = rows.headers
        self.links[start:end] = rows.links
        self.flags[start:end] = rows.flags
        self.arena[base : base + len(rows.content)] = np.frombuffer(rows.content, np.uint8)
        for first, count, offset, size in rows.bundles:
            extra = self._bundle_extra[-1] if self._bundle_extra else 0
            self._bundle_first.append(start + first)
            self._bundle_rows.append(count)
            self._bundle_offset.append(base + offset)
            self._bundle_size.append(size)
            self._bundle_extra.append(extra + count - 1)
        self.count = end
        self.packets += rows.packets
        self.used = base + len(rows.content)

    def content(self, offset: int, size: int) -> bytes:
        return self.arena[offset : offset + size].tobytes()

    def bundle_at(self, row: int) -> BundlePlace | None:
        """Return the bundle that holds a row (counted in this chunk), None if none does."""
        if not self.flags[row] & IN_BUNDLE:
            return None
        return self._bundle(bisect_right(self._bundle_first, row) - 1)

    def _bundle(self, index: int) -> BundlePlace:
        return BundlePlace(
            self._bundle_first[index], self._bundle_rows[index], self._bundle_offset[index], self._bundle_size[index]
        )

    def bundles(self, first: int, end: int) -> BundleColumns:
        """Return the bundles that hold any of the rows from `first` to before `end`, counted in this chunk."""
        start = max(0, bisect_right(self._bundle_first, first) - 1)
        stop = bisect_right(self._bundle_first, end - 1)
        if start < stop and self._bundle_first[start] + self._bundle_rows[start] <= first:
            start += 1
        # Slices are copies: a view on an array would keep it from growing.
        parts = (self._bundle_first, self._bundle_rows, self._bundle_offset, self._bundle_size)
        return BundleColumns(*(np.array(part[start:stop], np.int64) for part in parts))

    def packet_number(self, row: int) -> int:
        """Return the number of the packet that holds a row (counted in this chunk), since the start of the session."""
        index = bisect_right(self._bundle_first, row) - 1
        if index < 0:
            return self.first_packet + row
        bundle = self._bundle(index)
        if row < bundle.first + bundle.rows:
            return self.first_packet + bundle.first - (self._bundle_extra[index] - bundle.rows + 1)
        return self.first_packet + row - self._bundle_extra[index]
