"""The shared values of the receiving path: who, which way, when, and what one frame brought."""

import enum
from dataclasses import dataclass
from typing import NamedTuple

from osc_workbench.osc.codec import examine_packet
from osc_workbench.osc.errors import OscDecodeError


class Direction(enum.Enum):
    """Which way a packet went, seen from this program."""

    IN = "in"
    OUT = "out"


class Peer(NamedTuple):
    """The other side of a conversation: a numeric host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Role(enum.Enum):
    """Whether an endpoint waits for others or goes to one."""

    LISTEN = "listen"
    CONNECT = "connect"


class EndpointState(enum.Enum):
    """What an endpoint is doing."""

    CLOSED = "stopped"
    OPENING = "opening"
    OPEN = "listening"
    RETRYING = "waiting to try again"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """One TCP connection of an endpoint.

    framing: "length", "slip", or "auto" as long as nothing has come. octets: bytes of the stream that came in.
    bad: frames that could not be read. waiting: bytes that the peer has not taken yet.
    """

    peer: Peer
    framing: str
    packets: int = 0
    octets: int = 0
    sent: int = 0
    bad: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class PendingStatus:
    """A bundle that waits for its time.

    number: to cancel it. due_in: seconds. text: what it holds, in the notation, shortened.
    """

    number: int
    endpoint_id: int
    peer: Peer | None
    due_in: float
    text: str


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """How an endpoint fares.

    problem, remedy: what failed and what to do, "" while all is well.
    packets, octets: received and taken since the endpoint was added; sent: packets that left.
    dropped: datagrams the kernel threw away because nobody fetched them in time; None where it does not tell.
    discarded: datagrams this program threw away because its inbox was full.
    buffer_granted, buffer_asked: bytes of the kernel's receive buffer.
    bad_frames: pieces of TCP streams that were no packet. refused: connections beyond the limit.
    retry_in: seconds until the next attempt to connect, None if there is none.
    """

    endpoint_id: int
    url: str
    state: EndpointState
    role: Role = Role.LISTEN
    problem: str = ""
    remedy: str = ""
    packets: int = 0
    octets: int = 0
    sent: int = 0
    malformed: int = 0
    dropped: int | None = 0
    discarded: int = 0
    packets_per_second: float = 0.0
    octets_per_second: float = 0.0
    buffer_granted: int = 0
    buffer_asked: int = 0
    bad_frames: int = 0
    refused: int = 0
    retry_in: float | None = None
    connections: tuple[ConnectionStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one frame brought to the store.

    first_row, end_row: the new rows, numbered since the start of the session; end_row is one past the last.
    trimmed_before: rows before this one are no longer kept.
    backlog: datagrams that wait in the inbox.
    """

    first_row: int
    end_row: int
    trimmed_before: int
    endpoint_statuses: tuple[EndpointStatus, ...]
    backlog: int = 0


@dataclass(frozen=True, slots=True)
class PacketRecord:
    """One row of the log: a message, or a packet in which none was found, with its circumstances.

    row: number of the message, packet_number: number of the packet, both since the start of the session, from 0.
    unix_ns: arrival or sending time in nanoseconds since the Unix epoch.
    peer: None where the table of peers was full.
    packet: all bytes of the datagram; the message stands at `offset` and has `size` bytes.
    position, count: which message of a bundle it is, (0, 1) outside of bundles.
    """

    row: int
    packet_number: int
    unix_ns: int
    direction: Direction
    endpoint_id: int
    peer: Peer | None
    packet: bytes
    offset: int
    size: int
    address: str | int | None
    type_tags: str | None
    is_malformed: bool
    is_truncated: bool
    is_bundle: bool
    position: int
    count: int

    @property
    def message(self) -> bytes:
        return self.packet[self.offset : self.offset + self.size]

    @property
    def error(self) -> OscDecodeError | None:
        """Why and where decoding the packet fails; None if it does not."""
        try:
            examine_packet(self.packet)
        except OscDecodeError as error:
            return error
        return None
