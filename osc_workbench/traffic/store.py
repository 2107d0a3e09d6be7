"""Everything that was seen and is still kept: rows by number, in chunks, under a limit."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import numpy as np

from osc_workbench.osc.codec import scan_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.header import MessageHeader
from osc_workbench.traffic.chunk import MALFORMED, TRUNCATED, Chunk, Rows
from osc_workbench.traffic.record import PacketRecord
from osc_workbench.traffic.tables import NO_HEADER, HeaderTable, LinkTable


class TrafficStore:
    """Rows of messages, numbered from 0 since the start of the session; the oldest go when a limit is reached.

    limit_rows, limit_bytes: how much is kept; exceeded by at most one chunk.
    """

    def __init__(self, limit_rows: int = 10_000_000, limit_bytes: int = 1 << 30) -> None:
        self.headers = HeaderTable()
        self.links = LinkTable()
        self.limit_rows = limit_rows
        self.limit_bytes = limit_bytes
        self._chunks: list[Chunk] = []
        self._starts: list[int] = []
        self._end_row = 0
        self._end_packet = 0
        self._bytes = 0

    def __len__(self) -> int:
        return self._end_row - self.first_row

    @property
    def first_row(self) -> int:
        """The oldest row that is kept."""
        return self._starts[0] if self._starts else self._end_row

    @property
    def end_row(self) -> int:
        """One past the newest row."""
        return self._end_row

    @property
    def end_packet(self) -> int:
        """How many packets were ever appended."""
        return self._end_packet

    @property
    def size_bytes(self) -> int:
        """Bytes of content that are kept; columns and tables come on top."""
        return self._bytes

    def append(self, rows: Rows) -> None:
        """Add rows at the end; drops the oldest chunk when a limit is exceeded."""
        if not len(rows.times):
            return
        if not self._chunks or not self._chunks[-1].has_room(rows):
            self._chunks.append(Chunk(self._end_row, self._end_packet, len(rows.times), len(rows.content)))
            self._starts.append(self._end_row)
        self._chunks[-1].append(rows)
        self._end_row += len(rows.times)
        self._end_packet += rows.packets
        self._bytes += len(rows.content)
        self._trim()

    def clear(self) -> None:
        """Forget all rows; numbering goes on."""
        self._chunks.clear()
        self._starts.clear()
        self._bytes = 0
        self.headers.keep_only(())

    def _trim(self) -> None:
        trimmed = False
        while len(self._chunks) > 1:
            oldest = self._chunks[0]
            over_rows = len(self) - oldest.count >= self.limit_rows
            over_bytes = self._bytes - oldest.used >= self.limit_bytes
            if not over_rows and not over_bytes:
                break
            self._bytes -= oldest.used
            del self._chunks[0], self._starts[0]
            trimmed = True
        if trimmed and self.headers.is_full():
            self.headers.keep_only(self._used_headers())

    def _used_headers(self) -> list[int]:
        # Of ten million rows they are marked in 50 ms; sorting them would stop a frame for seconds.
        is_used = np.zeros(len(self.headers.raw), np.bool_)
        for chunk in self._chunks:
            is_used[chunk.headers[: chunk.count]] = True
        used: list[int] = np.flatnonzero(is_used).tolist()
        return used

    def chunk_at(self, row: int) -> tuple[Chunk, int]:
        """Return the chunk that holds a row and the row's place in it. Raises IndexError if it is not kept."""
        if not self.first_row <= row < self._end_row:
            raise IndexError(f"row {row} is not kept; rows {self.first_row} to {self._end_row - 1} are")
        chunk = self._chunks[bisect_right(self._starts, row) - 1]
        return chunk, row - chunk.first_row

    def chunks(self, first_row: int, end_row: int) -> Iterator[tuple[Chunk, int, int]]:
        """Yield (chunk, first, end) for the kept rows of a range; first and end count in the chunk."""
        for chunk in self._chunks[max(0, bisect_right(self._starts, first_row) - 1) :]:
            if chunk.first_row >= end_row:
                return
            first, end = max(0, first_row - chunk.first_row), min(chunk.count, end_row - chunk.first_row)
            if first < end:
                yield chunk, first, end

    def record(self, row: int) -> PacketRecord:
        """Return one row as a value. Raises IndexError if it is not kept."""
        chunk, local = self.chunk_at(row)
        link = self.links.links[chunk.links[local]]
        number = int(chunk.headers[local])
        header = self.headers.raw[number]
        offset, size = int(chunk.offsets[local]), int(chunk.sizes[local])
        bundle = chunk.bundle_at(local)
        if bundle is None:
            packet = header + chunk.content(offset, size)
            start, position, count = 0, 0, 1
        else:
            packet = chunk.content(bundle.offset, bundle.size)
            start, position, count = offset - bundle.offset - len(header), local - bundle.first, bundle.rows
        message_size = len(header) + size
        flags = int(chunk.flags[local])
        address, type_tags = self.headers.addresses[number], self.headers.type_tags[number]
        if number == NO_HEADER and not flags & MALFORMED:
            address, type_tags = _read_header(packet[start : start + message_size])
        return PacketRecord(
            row=row,
            packet_number=chunk.packet_number(local),
            unix_ns=int(chunk.times[local]),
            direction=link.direction,
            endpoint_id=link.endpoint_id,
            peer=link.peer,
            packet=packet,
            offset=start,
            size=message_size,
            address=address,
            type_tags=type_tags,
            is_malformed=bool(flags & MALFORMED),
            is_truncated=bool(flags & TRUNCATED),
            is_bundle=bundle is not None,
            position=position,
            count=count,
        )

    def row_at_time(self, unix_ns: int) -> int:
        """Return the first kept row at or after a time, `end_row` if there is none. Times are taken to ascend."""
        starts = [int(chunk.times[0]) for chunk in self._chunks]
        place = max(0, bisect_left(starts, unix_ns) - 1)
        for chunk in self._chunks[place:]:
            found = int(np.searchsorted(chunk.times[: chunk.count], unix_ns))
            if found < chunk.count:
                return chunk.first_row + found
        return self._end_row

    def time_at(self, row: int) -> int:
        """Return the time of a row, ns since the Unix epoch. Raises IndexError if it is not kept."""
        chunk, local = self.chunk_at(row)
        return int(chunk.times[local])


def _read_header(message: bytes) -> tuple[str | int | None, str | None]:
    """Return address and type tags of a message that found no place in the table of headers."""
    try:
        found = scan_packet(message)
    except OscDecodeError:
        return None, None
    return (found.address, found.type_tags) if isinstance(found, MessageHeader) else (None, None)
