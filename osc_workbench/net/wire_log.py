"""The wire log: every datagram that comes and goes, whatever its bytes are; sinks that are files are in `wire_files`.

It stands beside a socket and decodes nothing; only the sinks for people do. A disk that fails costs the log, never the
traffic: whoever writes to the log does not notice.
"""

from collections import deque
from dataclasses import dataclass
from typing import Protocol, Self

from osc_workbench.net.clock import Clock
from osc_workbench.traffic.record import Direction, Peer


@dataclass(frozen=True, slots=True)
class WireRecord:
    """One datagram as it was on the wire. unix_ns: nanoseconds since the Unix epoch, within 64 bits."""

    direction: Direction
    data: bytes
    peer: Peer
    unix_ns: int


class Sink(Protocol):
    """Where records go. `write` does not raise for what happens to a disk; `close` can be called again."""

    def write(self, record: WireRecord) -> None: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


class WireLog:
    """Hands every record to every sink. Whoever makes it closes it; a socket that writes to it does not.

    counts: records handed on, by direction.
    """

    def __init__(self, *sinks: Sink, clock: Clock) -> None:
        self.sinks = sinks
        self.counts = dict.fromkeys(Direction, 0)
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, direction: Direction, data: bytes, peer: Peer, unix_ns: int | None = None) -> None:
        """Log one datagram. unix_ns: when it came or left; now if it is None."""
        record = WireRecord(direction, data, peer, self._clock.unix_ns() if unix_ns is None else unix_ns)
        self.counts[direction] += 1
        for sink in self.sinks:
            sink.write(record)

    def flush(self) -> None:
        """Have the system put on disk what was written, so that a power failure does not take it."""
        for sink in self.sinks:
            sink.flush()

    def close(self) -> None:
        """Flush and close every sink. A file counts in `missed` what is written to it afterwards."""
        for sink in self.sinks:
            sink.close()


@dataclass(frozen=True, slots=True)
class DirectionFilter:
    """Lets one direction through to a sink, so that each can have a file of its own."""

    sink: Sink
    direction: Direction

    def write(self, record: WireRecord) -> None:
        if record.direction is self.direction:
            self.sink.write(record)

    def flush(self) -> None:
        self.sink.flush()

    def close(self) -> None:
        self.sink.close()


class RingSink:
    """Keeps the newest records in memory, also after `close`.

    limit_records, limit_bytes: neither is ever exceeded; limit_bytes counts payloads. discarded: records that had to
    go, oldest first.
    """

    def __init__(self, limit_records: int = 10_000, limit_bytes: int = 16 << 20) -> None:
        if limit_records < 1 or limit_bytes < 1:
            raise ValueError("A ring keeps at least one record and one byte.")
        self.discarded = 0
        self._limit_records = limit_records
        self._limit_bytes = limit_bytes
        self._records: deque[WireRecord] = deque()
        self._bytes = 0

    @property
    def records(self) -> tuple[WireRecord, ...]:
        return tuple(self._records)

    def write(self, record: WireRecord) -> None:
        self._records.append(record)
        self._bytes += len(record.data)
        while len(self._records) > self._limit_records or self._bytes > self._limit_bytes:
            self._bytes -= len(self._records.popleft().data)
            self.discarded += 1

    def flush(self) -> None:
        """Do nothing: memory is where the records belong."""

    def close(self) -> None:
        """Do nothing: the records can still be read."""
