"""A UDP socket that runs without an event loop: whoever owns it opens it, services it now and then, and closes it.

For scripts, timers and test benches; the workbench itself listens with `UdpEndpoint`. It knows nothing of packets. All
calls come from one thread, and none of them waits, except that a host name is looked up where one is given.
"""

import errno
import socket
import sys
from collections import deque
from collections.abc import Callable
from typing import Self

from osc_workbench.net.arrivals import DATAGRAM_SIZE
from osc_workbench.net.binding import BUFFER_ASKED, count_drops, explain_bind
from osc_workbench.net.clock import Clock
from osc_workbench.net.datagram import (
    BUFFERS,
    FAMILIES,
    BufferSizes,
    Datagram,
    bind_plain,
    look_up,
    peer_of,
    read_datagram,
    socket_options,
)
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.traffic.record import Direction, Peer

# What hio calls a gram: IPv6's minimum MTU of 1,280 bytes less the 40 of its header. A datagram whose payload and UDP
# header (8 bytes) fit into it is fragmented nowhere. Source: RFC 8200, section 5. Nothing here enforces it.
MAX_GRAM_SIZE = 1240
QUEUE_LIMIT = 1024
_BUFFER_LIMIT = 2**31 - 1
# What the system says when its buffer is full. Source: send(2); the BSDs say ENOBUFS.
_FULL = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.ENOMEM)
# How many refusals of earlier datagrams one call may meet before it gives up, so that it ends in any case.
_REFUSALS_OF_CALL = 64


class UdpPeer:
    """One UDP socket, its queue of datagrams to send, and what it counted.

    name: how messages call this peer. host, port: where the next `open` binds; 0 lets the system choose and is replaced
    by what it chose; "" is all IPv4 interfaces. ha: (host, port), wins over both.
    bs: bytes asked of the kernel for each buffer, 4 MiB by default; 0 keeps the system's own size, and a larger buffer
    is never made smaller. bc: the same as a count of datagrams of MAX_GRAM_SIZE bytes, wins over `bs` if above 0.
    wl: the log of everything that comes and leaves; closing it is its owner's task.
    bcast: may send to broadcast addresses. share_port: other programs may bind the port, too; each datagram then goes
    to one of them, and which one is not foreseeable (broadcasts and multicasts go to all).
    size_limit: bytes kept of a datagram; the default cuts none. queue_limit: datagrams that may wait in `tx`.
    on_datagram: called by `service` with each datagram. on_problem: called by it with a sentence when a datagram cannot
    be sent.
    sent, received: datagrams. unsent: datagrams `service` gave up. refused: reports that nothing listens where an
    earlier datagram went, where the system tells (Windows, not Linux).
    Raises ValueError for sizes that make no sense; everything else fails in `open`.
    """

    def __init__(
        self,
        *,
        name: str = "main",
        ha: tuple[str, int] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        bc: int | None = None,
        bs: int | None = None,
        wl: WireLog | None = None,
        bcast: bool = False,
        share_port: bool = False,
        size_limit: int = DATAGRAM_SIZE,
        queue_limit: int = QUEUE_LIMIT,
        on_datagram: Callable[[Datagram], None] | None = None,
        on_problem: Callable[[str], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if bc is not None and bc > 0:
            bs = bc * MAX_GRAM_SIZE
        self.bs = BUFFER_ASKED if bs is None else bs
        if not 0 <= self.bs <= _BUFFER_LIMIT or not 0 < size_limit <= DATAGRAM_SIZE or queue_limit < 1:
            raise ValueError(f"The limits are 0 <= bs <= {_BUFFER_LIMIT}, 0 < size_limit <= {DATAGRAM_SIZE}.")
        self.name = name
        self.host, self.port = ha or (host, port)
        self.wl = wl
        self.bcast = bcast
        self.share_port = share_port
        self.size_limit = size_limit
        self.on_datagram = on_datagram
        self.on_problem = on_problem
        self.sent = self.received = self.unsent = self.refused = 0
        self.tx: deque[tuple[bytes, Peer]] = deque(maxlen=queue_limit)
        self._clock = clock or Clock()
        self._socket: socket.socket | None = None
        self._dropped_before = 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def opened(self) -> bool:
        return self._socket is not None

    @property
    def ha(self) -> Peer:
        """The numeric address that is bound; while closed, what the next `open` will bind."""
        if self._socket is None:
            return Peer(self.host, self.port)
        return peer_of(self._socket.getsockname())

    @property
    def dropped(self) -> int | None:
        """Datagrams the kernel dropped because its buffer was full; None where the system does not tell."""
        if sys.platform != "linux":
            return None
        return self._dropped_before + (count_drops(self._socket) if self._socket else 0)

    def buffer_sizes(self) -> BufferSizes:
        if self._socket is None:
            return BufferSizes(self.bs, 0, 0)
        return BufferSizes(self.bs, *(self._socket.getsockopt(socket.SOL_SOCKET, option) for option in BUFFERS))

    def open(self) -> bool:
        """Look the host up and bind; return True. An open peer stays as it is.

        Raises EndpointError; then nothing is left open and it can be tried again.
        """
        if self._socket is None:
            if not 0 <= self.port <= 0xFFFF:
                raise EndpointError(f"{self.port} is no port.", "Choose one from 0 to 65,535.")
            family, address = look_up(self.host or "0.0.0.0", self.port)
            try:
                self._socket = bind_plain(family, address, socket_options(self.bcast, self.share_port), self.bs)
            except OSError as error:
                raise explain_bind(EndpointUrl("udp", self.host, self.port), error) from None
            self.port = self._socket.getsockname()[1]
        return True

    def reopen(self) -> bool:
        """Close if open, and open again on the same port; return True. Raises EndpointError like `open`."""
        self.close()
        return self.open()

    def close(self) -> bool:
        """Give the port back; return True, also if it was closed already. What waits in `tx` keeps waiting."""
        sock, self._socket = self._socket, None
        if sock is not None:
            if sys.platform == "linux":
                self._dropped_before += count_drops(sock)
            sock.close()
        return True

    def receive(self) -> Datagram | None:
        """Return the next datagram, or None if none waits. Raises EndpointError."""
        sock = self._opened_socket("received")
        for _ in range(_REFUSALS_OF_CALL):
            try:
                data, address, unix_ns, is_truncated = read_datagram(sock, self.size_limit)
            except BlockingIOError:
                return None
            except ConnectionError:
                # It is about a datagram that we sent; what arrived waits behind it.
                self.refused += 1
                continue
            except OSError as error:
                raise EndpointError(f"Receiving on {self.ha} failed: {error.strerror}.") from None
            datagram = Datagram(data, peer_of(address), unix_ns or self._clock.unix_ns(), is_truncated)
            self.received += 1
            if self.wl is not None:
                self.wl.write(Direction.IN, data, datagram.peer, datagram.unix_ns)
            return datagram
        return None

    def send(self, data: bytes, peer: tuple[str, int]) -> int:
        """Send one datagram and return its length; 0 if the buffer is full: try again with the same data.

        The 0 of an empty datagram is its length; `queue` tells the two apart. That it left does not mean that somebody
        listens. Raises EndpointError, which says why it will never leave.
        """
        return len(data) if self._send(data, Peer(*peer)) else 0

    def queue(self, data: bytes, peer: tuple[str, int]) -> None:
        """Have the next `service` send a datagram. Raises EndpointError if too many wait already."""
        if len(self.tx) == self.tx.maxlen:
            raise EndpointError(f"{len(self.tx):,} datagrams of {self.name} wait to be sent.", "Call service first.")
        self.tx.append((data, Peer(*peer)))

    def service(self, limit: int = 64) -> list[Datagram]:
        """Send what waits in `tx`, then receive and return at most `limit` datagrams.

        What finds the buffer full stays in `tx`, in order; what cannot be sent at all leaves it, is counted in `unsent`
        and told to `on_problem`. Raises EndpointError if the peer is closed or cannot receive.
        """
        self._send_waiting()
        datagrams: list[Datagram] = []
        while len(datagrams) < limit and self._socket is not None:
            datagram = self.receive()
            if datagram is None:
                break
            datagrams.append(datagram)
            if self.on_datagram is not None:
                self.on_datagram(datagram)
        return datagrams

    def _send_waiting(self) -> None:
        self._opened_socket("sent")
        while self.tx:
            try:
                if not self._send(*self.tx[0]):
                    return
            except EndpointError as error:
                self.unsent += 1
                if self.on_problem is not None:
                    self.on_problem(str(error))
            self.tx.popleft()

    def _send(self, data: bytes, peer: Peer) -> bool:
        """Return whether it left; if not, the buffer is full."""
        sock = self._opened_socket("sent")
        limit = FAMILIES[sock.family][1]
        if len(data) > limit:
            raise EndpointError(f"A packet of {len(data):,} bytes does not fit into a UDP datagram ({limit:,}).")
        if not 0 < peer.port <= 0xFFFF:
            raise EndpointError(f"{peer.port} is no port to send to.", "Choose one from 1 to 65,535.")
        _, address = look_up(*peer, sock.family)
        for _ in range(_REFUSALS_OF_CALL):
            try:
                sock.sendto(data, address)
            except ConnectionError:
                # It is about an earlier datagram; this one has not been sent yet.
                self.refused += 1
                continue
            except OSError as error:
                if error.errno in _FULL:
                    return False
                raise self._explain_send(error, peer) from None
            self.sent += 1
            if self.wl is not None:
                self.wl.write(Direction.OUT, data, peer_of(address))
            return True
        return False

    def _explain_send(self, error: OSError, peer: Peer) -> EndpointError:
        if error.errno == errno.EACCES and not self.bcast:
            return EndpointError(f"{peer} is a broadcast address, and {self.name} may not broadcast.", "Set bcast.")
        return EndpointError(f"Sending to {peer} failed: {error.strerror}.")

    def _opened_socket(self, what: str) -> socket.socket:
        if self._socket is None:
            raise EndpointError(f"{self.name} is not open, so nothing can be {what}.", "Open it first.")
        return self._socket
