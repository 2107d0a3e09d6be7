"""A UDP socket that runs without an event loop: whoever owns it opens it, services it now and then, and closes it.

For scripts, timers and test benches; the workbench itself listens with `UdpEndpoint`. It knows nothing of packets. All
calls come from one thread, and none of them waits, except that a host name is looked up where one is given.
"""

import errno
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from osc_workbench.net.arrivals import DATAGRAM_SIZE, SO_TIMESTAMPNS
from osc_workbench.net.binding import BUFFER_ASKED, count_drops, explain_bind
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.traffic.record import Direction, Peer

# What hio calls a gram: IPv6's minimum MTU of 1,280 bytes less the 40 of its header. A datagram whose payload and UDP
# header (8 bytes) fit into it is fragmented nowhere. Source: RFC 8200, section 5. Nothing here enforces it.
MAX_GRAM_SIZE = 1240
QUEUE_LIMIT = 1024
_BUFFERS = (socket.SO_SNDBUF, socket.SO_RCVBUF)
_BUFFER_LIMIT = 2**31 - 1
# Names of the families and the payload limits of UDP over them.
_FAMILIES: dict[int, tuple[str, int]] = {socket.AF_INET: ("IPv4", 65_507), socket.AF_INET6: ("IPv6", 65_527)}
# What the system says when its buffer is full. Source: send(2); the BSDs say ENOBUFS.
_FULL = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.ENOMEM)
# How many refusals of earlier datagrams one call may meet before it gives up, so that it ends in any case.
_REFUSALS_OF_CALL = 64
# Room for one control message with a struct timespec.
_TIMESPEC = struct.Struct("@ll")
_CONTROL_SIZE = 64

_Address = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Datagram:
    """What came from a peer; an empty datagram has data b"".

    unix_ns: time of arrival in nanoseconds since the Unix epoch, the kernel's own where it tells (Linux).
    is_truncated: it was longer than `size_limit`; the rest is lost.
    """

    data: bytes
    peer: Peer
    unix_ns: int
    is_truncated: bool = False


class BufferSizes(NamedTuple):
    """Sizes of the kernel's buffers in bytes; 0 while the peer is closed.

    asked: for each of them. send, receive: what the kernel reports (SO_SNDBUF, SO_RCVBUF), on Linux twice of what it
    grants, the other half being its own bookkeeping. Source: socket(7).
    """

    asked: int
    send: int
    receive: int

    @property
    def granted(self) -> tuple[int, int]:
        """Bytes that can wait to be sent and to be received."""
        return _granted(self.send), _granted(self.receive)


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
        return _peer_of(self._socket.getsockname())

    @property
    def dropped(self) -> int | None:
        """Datagrams the kernel dropped because its buffer was full; None where the system does not tell."""
        if sys.platform != "linux":
            return None
        return self._dropped_before + (count_drops(self._socket) if self._socket else 0)

    def buffer_sizes(self) -> BufferSizes:
        if self._socket is None:
            return BufferSizes(self.bs, 0, 0)
        return BufferSizes(self.bs, *(self._socket.getsockopt(socket.SOL_SOCKET, option) for option in _BUFFERS))

    def open(self) -> bool:
        """Look the host up and bind; return True. An open peer stays as it is.

        Raises EndpointError; then nothing is left open and it can be tried again.
        """
        if self._socket is None:
            if not 0 <= self.port <= 0xFFFF:
                raise EndpointError(f"{self.port} is no port.", "Choose one from 0 to 65,535.")
            family, address = _look_up(self.host or "0.0.0.0", self.port)
            try:
                self._socket = _bind(family, address, _options(self.bcast, self.share_port), self.bs)
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
                data, address, unix_ns, is_truncated = _read(sock, self.size_limit)
            except BlockingIOError:
                return None
            except ConnectionError:
                # It is about a datagram that we sent; what arrived waits behind it.
                self.refused += 1
                continue
            except OSError as error:
                raise EndpointError(f"Receiving on {self.ha} failed: {error.strerror}.") from None
            datagram = Datagram(data, _peer_of(address), unix_ns or self._clock.unix_ns(), is_truncated)
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
        limit = _FAMILIES[sock.family][1]
        if len(data) > limit:
            raise EndpointError(f"A packet of {len(data):,} bytes does not fit into a UDP datagram ({limit:,}).")
        if not 0 < peer.port <= 0xFFFF:
            raise EndpointError(f"{peer.port} is no port to send to.", "Choose one from 1 to 65,535.")
        _, address = _look_up(*peer, sock.family)
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
                self.wl.write(Direction.OUT, data, _peer_of(address))
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


def _look_up(host: str, port: int, family: int = socket.AF_UNSPEC) -> tuple[int, _Address]:
    for numeric in _FAMILIES:
        if family in (socket.AF_UNSPEC, numeric):
            # A numeric address needs no look-up, unless it has a scope (%), which only the look-up makes a number of.
            with suppress(OSError, ValueError):
                socket.inet_pton(numeric, host)
                return numeric, (host, port)
    try:
        found = socket.getaddrinfo(host, port, family, socket.SOCK_DGRAM)
    except (OSError, ValueError):
        kind = f" in {_FAMILIES[family][0]}" if family else ""
        problem = f"The host name {host!r} is not known{kind}."
        raise EndpointError(problem, "Check it, or give its address.") from None
    # scsynth and most others listen on IPv4 only, so "localhost" must not become ::1.
    chosen = min(found, key=lambda item: item[0] != socket.AF_INET)
    return chosen[0], chosen[4]


def _peer_of(address: _Address) -> Peer:
    # A link-local IPv6 address says nothing without its network interface, the last item.
    scope = address[3] if len(address) > 3 else 0
    return Peer(f"{address[0]}%{scope}" if scope else address[0], address[1])


def _bind(family: int, address: _Address, options: Iterable[int], buffer_size: int) -> socket.socket:
    """Return a bound socket. options: of the socket, to be switched on. Raises OSError; then none is left open."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        for option in options:
            sock.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            # As with an endpoint: IPv6 does not take IPv4 by the way.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in _BUFFERS:
            if _granted(sock.getsockopt(socket.SOL_SOCKET, option)) < buffer_size:
                # macOS refuses what Linux cuts to its limit; `buffer_sizes` says what it came to.
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, option, buffer_size)
        if sys.platform == "linux":
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _options(may_broadcast: bool, may_share: bool) -> Iterator[int]:
    if may_broadcast:
        yield socket.SO_BROADCAST
    if may_share:
        yield socket.SO_REUSEADDR
        if hasattr(socket, "SO_REUSEPORT"):
            yield socket.SO_REUSEPORT
    elif sys.platform == "win32":
        yield socket.SO_EXCLUSIVEADDRUSE


def _granted(reported: int) -> int:
    return reported // 2 if sys.platform == "linux" else reported


def _read(sock: socket.socket, limit: int) -> tuple[bytes, _Address, int, bool]:
    """Return data, address, time (0 if the system does not tell) and whether the data was cut. Raises OSError."""
    if not hasattr(sock, "recvmsg"):
        # Windows has none.
        data, address = sock.recvfrom(DATAGRAM_SIZE)
        return data[:limit], address, 0, len(data) > limit
    data, control, flags, address = sock.recvmsg(limit, _CONTROL_SIZE)
    unix_ns = 0
    for level, kind, value in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(value)
            unix_ns = seconds * 1_000_000_000 + nanoseconds
    return data, address, unix_ns, bool(flags & socket.MSG_TRUNC)
