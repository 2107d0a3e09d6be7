"""One TCP connection: a stream of bytes that becomes packets, and packets that become a stream."""

import asyncio
import socket
from typing import Protocol, cast

import numpy as np

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.wire_log import WireLog
from osc_workbench.osc.framing import Framing, make_framer
from osc_workbench.traffic.record import ConnectionStatus, Direction, Peer

# What may wait for a peer that does not read: then the connection is closed, since every further packet would be late.
SEND_LIMIT = 4 << 20
# An unfinished packet of this size is looked at beside those of the other connections.
_SMALL_FRAME = 256 << 10


class ConnectionOwner(Protocol):
    """The endpoint that a connection belongs to."""

    endpoint_id: int

    def on_connected(self, connection: "TcpConnection") -> None:
        """Call when the connection stands."""

    def on_disconnected(self, connection: "TcpConnection", reason: str) -> None:
        """Call when it has ended; `reason` is "" where both sides meant it to."""

    def on_arrivals(self, arrivals: Arrivals) -> None: ...

    def has_room(self) -> bool:
        """Tell whether the unfinished packets of all its connections leave room for more."""


class TcpConnection(asyncio.Protocol):
    """Frames and unframes the packets of one connection and counts them."""

    def __init__(self, owner: ConnectionOwner, framing: Framing, clock: Clock, wire_log: WireLog | None = None) -> None:
        self.peer = Peer("", 0)
        self.local = Peer("", 0)
        self.heard = clock.time()
        self.packets = 0
        self.octets = 0
        self.sent = 0
        self._owner = owner
        self._clock = clock
        self._wire_log = wire_log
        self._framer = make_framer(framing)
        self._transport: asyncio.Transport | None = None
        self._reason = ""
        self._is_hinted = False
        self._can_write = asyncio.Event()
        self._can_write.set()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        # `drain` waits until the system has taken everything: what waits here would be lost with the connection.
        self._transport.set_write_buffer_limits(high=0)
        sock: socket.socket | None = transport.get_extra_info("socket")
        if sock is not None and sock.family != getattr(socket, "AF_UNIX", None):
            # A packet is complete in itself; waiting for more to send with it only makes it late.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer = _peer_of(transport.get_extra_info("peername"))
        self.local = _peer_of(transport.get_extra_info("sockname"))
        self._owner.on_connected(self)

    def data_received(self, data: bytes) -> None:
        self.octets += len(data)
        self.heard = self._clock.time()
        now = self._clock.unix_ns()
        if self._wire_log is not None:
            self._wire_log.write(Direction.IN, data, self.peer, now)
        framer = self._framer
        framer.receive_data(data)
        packets = framer.take_packets()
        if packets:
            self.packets += len(packets)
            times = np.full(len(packets), now, np.int64)
            peers = [self.peer] * len(packets)
            self._owner.on_arrivals(Arrivals(self._owner.endpoint_id, Direction.IN, packets, times, peers))
        if framer.closed:
            self.end(framer.closed)
        elif framer.pending > _SMALL_FRAME and not self._owner.has_room():
            self.end(f"{framer.pending:,} bytes of one packet, and too many of others, wait for their rest")

    def eof_received(self) -> bool:
        self._reason = self._reason or self._framer.end_of_stream()
        # False: close our side, too.
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._can_write.set()
        left = self._framer.end_of_stream() if not self._framer.closed else ""
        if error is not None:
            text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._reason = self._reason or "; ".join(filter(None, (text, left)))
        self._owner.on_disconnected(self, self._reason or left)

    def pause_writing(self) -> None:
        self._can_write.clear()

    def resume_writing(self) -> None:
        self._can_write.set()

    # What the endpoint calls.

    @property
    def hint(self) -> str:
        """What speaks for the other framing, once; then ""."""
        if self._is_hinted or not self._framer.hint:
            return ""
        self._is_hinted = True
        return self._framer.hint

    @property
    def bad(self) -> int:
        """Frames that could not be read, the one that ended the stream included."""
        return self._framer.bad + bool(self._framer.closed)

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete."""
        return self._framer.pending

    def send(self, data: bytes) -> None:
        """Send one packet. Raises EndpointError if the connection has ended or the peer does not read."""
        if self._transport is None or self._transport.is_closing():
            raise EndpointError(f"The connection with {self.peer} has ended; nothing can be sent.")
        if self.waiting > SEND_LIMIT:
            self.end(f"it did not read: {self.waiting:,} bytes waited for it")
            raise EndpointError(f"{self.peer} does not read what is sent to it; the connection was closed.")
        framed = self._framer.frame(data)
        self._transport.write(framed)
        self.sent += 1
        now = self._clock.unix_ns()
        if self._wire_log is not None:
            self._wire_log.write(Direction.OUT, framed, self.peer, now)
        self._owner.on_arrivals(Arrivals.of(self._owner.endpoint_id, Direction.OUT, data, now, self.peer))

    @property
    def waiting(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    async def drain(self) -> None:
        """Wait until the system has taken what was sent."""
        await self._can_write.wait()

    def hold(self, is_held: bool) -> None:
        """Stop reading, so that the sender waits instead of us losing something; or go on."""
        if self._transport is None or self._transport.is_closing():
            return
        if is_held:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def end(self, reason: str = "") -> None:
        """Close the connection. What the peer has not taken yet is given up, and said so."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        waiting = self.waiting
        if waiting and not reason:
            reason = f"{waiting:,} bytes had not been taken by the peer"
        self._reason = self._reason or reason
        if waiting:
            transport.abort()
        else:
            transport.close()

    def status(self) -> ConnectionStatus:
        return ConnectionStatus(
            peer=self.peer,
            framing=self._framer.framing.value,
            packets=self.packets,
            octets=self.octets,
            sent=self.sent,
            bad=self.bad,
            waiting=self.waiting,
        )


def _peer_of(address: tuple[str, int] | None) -> Peer:
    return Peer(address[0], address[1]) if address else Peer("unknown", 0)
