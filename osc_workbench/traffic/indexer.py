"""Datagrams to rows: the hot loop between the inbox and the store."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from osc_workbench.osc.codec import BundleScan, decode_packet, scan_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.header import MessageHeader
from osc_workbench.traffic.chunk import IN_BUNDLE, MALFORMED, Rows
from osc_workbench.traffic.tables import NO_HEADER, HeaderTable

# A datagram of 64 kB can hold 4,000 messages; stopping here keeps one call to a few milliseconds.
_ROWS_OF_CALL = 4096
_BYTES_OF_CALL = 1 << 20


def index_datagrams(
    datagrams: Sequence[bytes],
    first: int,
    times: npt.NDArray[np.int64],
    links: npt.NDArray[np.uint16],
    headers: HeaderTable,
) -> tuple[Rows, int, int]:
    """Return rows for the datagrams from `first` on, the index of the first one not taken, and how many are malformed.

    times, links: one for each datagram. At least one datagram is taken, and as many as keep the call short.
    """
    work = _Rows(headers)
    index = first
    end = len(datagrams)
    numbers = headers.numbers
    append_header, append_offset, append_size, append_part = (
        work.headers.append,
        work.offsets.append,
        work.sizes.append,
        work.parts.append,
    )
    position = 0
    while index < end and len(work.headers) < _ROWS_OF_CALL and position < _BYTES_OF_CALL:
        data = datagrams[index]
        try:
            found = scan_packet(data)
        except OscDecodeError:
            found = None
        if type(found) is MessageHeader and (found.end >= 0 or found.signature is None or found.fits(data)):
            raw = found.raw
            number = numbers.get(raw)
            if number is None:
                number = headers.add(found)
            body = data[len(raw) :] if number else data
            append_header(number)
            append_offset(position)
            append_size(len(body))
            append_part(body)
            position += len(body)
        else:
            work.add_special(index - first, data, found, position)
            position += len(work.parts[-1])
        index += 1
    return work.rows(times[first:index], links[first:index]), index, work.malformed


def _fits(header: MessageHeader, message: bytes) -> bool:
    return header.fits(message) or _decodes(message)


def _decodes(data: bytes) -> bool:
    """Tell whether arguments that do not fit are only odd, as excess bytes are."""
    try:
        decode_packet(data)
    except OscDecodeError:
        return False
    return True


class _Rows:
    """The rows of one call while they grow."""

    def __init__(self, table: HeaderTable) -> None:
        self.table = table
        self.headers: list[int] = []
        self.offsets: list[int] = []
        self.sizes: list[int] = []
        self.parts: list[bytes] = []
        self.malformed = 0
        self._flags: list[tuple[int, int, int]] = []
        self._bundles: list[tuple[int, int, int, int]] = []
        self._counts: list[tuple[int, int]] = []

    def add_special(self, index: int, data: bytes, found: MessageHeader | BundleScan | None, position: int) -> None:
        """Add a bundle, or a message with something wrong or odd, whose bytes will stand at `position`."""
        first = len(self.headers)
        if isinstance(found, BundleScan):
            self._add_bundle(index, data, found, position)
            return
        number = self._number(found) if found else NO_HEADER
        body = data[len(found.raw) :] if found and number else data
        self._add_row(number, position, len(body))
        self.parts.append(body)
        if not _decodes(data):
            self._flags.append((first, first + 1, MALFORMED))
            self.malformed += 1

    def _add_bundle(self, index: int, data: bytes, found: BundleScan, position: int) -> None:
        first = len(self.headers)
        bad_messages = False
        for header, offset, size in found.messages:
            number = self._number(header)
            skipped = len(header.raw) if number else 0
            self._add_row(number, position + offset + skipped, size - skipped)
            if header.end < 0 and header.signature is not None and not _fits(header, data[offset : offset + size]):
                self._flags.append((len(self.headers) - 1, len(self.headers), MALFORMED))
                bad_messages = True
        if found.error is not None or not found.messages:
            # One row more for what could not be read, or for a bundle with nothing in it.
            self._add_row(NO_HEADER, position, 0)
            if found.error is not None:
                self._flags.append((len(self.headers) - 1, len(self.headers), MALFORMED))
        count = len(self.headers) - first
        self.parts.append(data)
        self._flags.append((first, first + count, IN_BUNDLE))
        self._bundles.append((first, count, position, len(data)))
        self._counts.append((index, count))
        self.malformed += found.error is not None or bad_messages

    def _number(self, header: MessageHeader) -> int:
        number = self.table.numbers.get(header.raw)
        return self.table.add(header) if number is None else number

    def _add_row(self, header: int, offset: int, size: int) -> None:
        self.headers.append(header)
        self.offsets.append(offset)
        self.sizes.append(size)

    def rows(self, times: npt.NDArray[np.int64], links: npt.NDArray[np.uint16]) -> Rows:
        packets = len(times)
        if self._counts:
            counts = np.ones(packets, np.int64)
            for index, count in self._counts:
                counts[index] = count
            times, links = np.repeat(times, counts), np.repeat(links, counts)
        flags = np.zeros(len(self.headers), np.uint8)
        for first, end, flag in self._flags:
            flags[first:end] |= flag
        return Rows(
            times=times,
            offsets=np.array(self.offsets, np.uint32),
            sizes=np.array(self.sizes, np.uint32),
            headers=np.array(self.headers, np.uint32),
            links=links,
            flags=flags,
            content=b"".join(self.parts),
            bundles=self._bundles,
            packets=packets,
        )
