"""Datagrams to rows: the hot loop between the inbox and the store."""

from collections.abc import Sequence
from itertools import accumulate, islice

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.codec import BundleScan, decode_packet, scan_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.header import MessageHeader, header_slices, known_headers
from osc_workbench.traffic.chunk import IN_BUNDLE, MALFORMED, Rows
from osc_workbench.traffic.tables import NO_HEADER, HeaderTable

# A datagram of 64 kB can hold 4,000 messages; these limits keep one call to a few milliseconds.
DATAGRAMS_OF_CALL = 1024
_ROWS_OF_CALL = 4096


def index_datagrams(
    datagrams: Sequence[bytes],
    first: int,
    times: npt.NDArray[np.int64],
    links: npt.NDArray[np.uint32],
    headers: HeaderTable,
) -> tuple[Rows, int, int]:
    """Return rows for the datagrams from `first` on, the index of the first one not taken, and how many are malformed.

    times, links: one for each datagram. At least one datagram is taken, and as many as keep the call short.
    """
    work = _Rows(headers)
    numbers, bodies = work.numbers, work.bodies
    number_of = headers.numbers.get
    known_header = known_headers.get
    index = first
    for data in islice(datagrams, first, first + DATAGRAMS_OF_CALL):
        # What `scan_packet` does first, without the call: a fifth of the whole cost of a row.
        size = len(data)
        header = known_header(data[header_slices[size]]) if size < len(header_slices) else None
        if header is not None and header.end == size:
            raw = header.raw
            number = number_of(raw)
            if number is None:
                number = headers.add(header)
            numbers.append(number)
            bodies.append(data[len(raw) :] if number else data)
        else:
            work.add(index - first, data)
            if work.row_count >= _ROWS_OF_CALL:
                index += 1
                break
        index += 1
    return work.finish(times[first:index], links[first:index]), index, work.malformed


def _fits(header: MessageHeader, message: bytes) -> bool:
    """Tell whether the arguments can be decoded; those that do not fit may be only odd, as excess bytes are."""
    if header.fits(message):
        return True
    try:
        decode_packet(message)
    except OscDecodeError:
        return False
    return True


class _Rows:
    """The rows of one call while they grow.

    numbers, bodies: headers and argument bytes of plain messages that are not in the columns yet.
    """

    def __init__(self, table: HeaderTable) -> None:
        self.numbers: list[int] = []
        self.bodies: list[bytes] = []
        self.malformed = 0
        self._table = table
        self._headers: list[int] = []
        self._offsets: list[int] = []
        self._sizes: list[int] = []
        self._parts: list[bytes] = []
        self._position = 0
        self._flags: list[tuple[int, int, int]] = []
        self._bundles: list[tuple[int, int, int, int]] = []
        self._counts: list[tuple[int, int]] = []

    @property
    def row_count(self) -> int:
        return len(self._headers) + len(self.numbers)

    def add(self, index: int, data: bytes) -> None:
        """Add datagram number `index`, which is not a known message of fixed size."""
        try:
            found = scan_packet(data)
        except OscDecodeError:
            found = None
        if isinstance(found, MessageHeader):
            number = self._number(found)
            if found.signature is not None and not _fits(found, data):
                self._add_malformed(number, data)
            else:
                self.numbers.append(number)
                self.bodies.append(data[len(found.raw) :] if number else data)
        elif found is None:
            self._add_malformed(NO_HEADER, data)
        else:
            self._add_bundle(index, data, found)

    def _add_malformed(self, number: int, data: bytes) -> None:
        row = self.row_count
        self.numbers.append(number)
        self.bodies.append(data[len(self._table.raw[number]) :])
        self._flags.append((row, row + 1, MALFORMED))
        self.malformed += 1

    def _add_bundle(self, index: int, data: bytes, found: BundleScan) -> None:
        self._close_run()
        first, start = len(self._headers), self._position
        is_malformed = found.error is not None
        for header, offset, size in found.messages:
            number = self._number(header)
            skipped = len(header.raw) if number else 0
            self._add_row(number, start + offset + skipped, size - skipped)
            if header.end < 0 and header.signature is not None and not _fits(header, data[offset : offset + size]):
                self._flags.append((len(self._headers) - 1, len(self._headers), MALFORMED))
                is_malformed = True
        if found.error is not None or not found.messages:
            # One row more for what could not be read, or for a bundle with nothing in it.
            self._add_row(NO_HEADER, start, 0)
            if found.error is not None:
                self._flags.append((len(self._headers) - 1, len(self._headers), MALFORMED))
        count = len(self._headers) - first
        self._parts.append(data)
        self._position += len(data)
        self._flags.append((first, first + count, IN_BUNDLE))
        self._bundles.append((first, count, start, len(data)))
        self._counts.append((index, count))
        self.malformed += is_malformed

    def _number(self, header: MessageHeader) -> int:
        number = self._table.numbers.get(header.raw)
        return self._table.add(header) if number is None else number

    def _add_row(self, header: int, offset: int, size: int) -> None:
        self._headers.append(header)
        self._offsets.append(offset)
        self._sizes.append(size)

    def _close_run(self) -> None:
        """Move the plain messages into the columns."""
        sizes = list(map(len, self.bodies))
        offsets = list(accumulate(sizes, initial=self._position))
        self._position = offsets.pop()
        self._headers += self.numbers
        self._offsets += offsets
        self._sizes += sizes
        self._parts += self.bodies
        self.numbers.clear()
        self.bodies.clear()

    def finish(self, times: npt.NDArray[np.int64], links: npt.NDArray[np.uint32]) -> Rows:
        """Return the rows, given time and link of each datagram."""
        self._close_run()
        packets = len(times)
        if self._counts:
            counts = np.ones(packets, np.int64)
            for index, count in self._counts:
                counts[index] = count
            times, links = np.repeat(times, counts), np.repeat(links, counts)
        flags = np.zeros(len(self._headers), np.uint8)
        for first, end, flag in self._flags:
            flags[first:end] |= flag
        return Rows(
            times=times,
            offsets=np.array(self._offsets, np.uint32),
            sizes=np.array(self._sizes, np.uint32),
            headers=np.array(self._headers, np.uint32),
            links=links,
            flags=flags,
            content=b"".join(self._parts),
            bundles=self._bundles,
            packets=packets,
        )
