"""Datagrams one by one, for a socket that no event loop serves: values, binding, reading."""

import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from osc_workbench.net.arrivals import DATAGRAM_SIZE, SO_TIMESTAMPNS
from osc_workbench.net.errors import EndpointError
from osc_workbench.traffic.record import Peer

BUFFERS = (socket.SO_SNDBUF, socket.SO_RCVBUF)
# Names of the families and the payload limits of UDP over them.
FAMILIES: dict[int, tuple[str, int]] = {socket.AF_INET: ("IPv4", 65_507), socket.AF_INET6: ("IPv6", 65_527)}
# Room for one control message with a struct timespec.
_TIMESPEC = struct.Struct("@ll")
_CONTROL_SIZE = 64

Address = tuple[Any, ...]


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
        return granted_size(self.send), granted_size(self.receive)


def look_up(host: str, port: int, family: int = socket.AF_UNSPEC) -> tuple[int, Address]:
    for numeric in FAMILIES:
        if family in (socket.AF_UNSPEC, numeric):
            # A numeric address needs no look-up, unless it has a scope (%), which only the look-up makes a number of.
            with suppress(OSError, ValueError):
                socket.inet_pton(numeric, host)
                return numeric, (host, port)
    try:
        found = socket.getaddrinfo(host, port, family, socket.SOCK_DGRAM)
    except (OSError, ValueError):
        kind = f" in {FAMILIES[family][0]}" if family else ""
        problem = f"The host name {host!r} is not known{kind}."
        raise EndpointError(problem, "Check it, or give its address.") from None
    # scsynth and most others listen on IPv4 only, so "localhost" must not become ::1.
    chosen = min(found, key=lambda item: item[0] != socket.AF_INET)
    return chosen[0], chosen[4]


def peer_of(address: Address) -> Peer:
    # A link-local IPv6 address says nothing without its network interface, the last item.
    scope = address[3] if len(address) > 3 else 0
    return Peer(f"{address[0]}%{scope}" if scope else address[0], address[1])


def bind_plain(family: int, address: Address, options: Iterable[int], buffer_size: int) -> socket.socket:
    """Return a bound socket. options: of the socket, to be switched on. Raises OSError; then none is left open."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        for option in options:
            sock.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            # As with an endpoint: IPv6 does not take IPv4 by the way.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in BUFFERS:
            if granted_size(sock.getsockopt(socket.SOL_SOCKET, option)) < buffer_size:
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


def socket_options(may_broadcast: bool, may_share: bool) -> Iterator[int]:
    if may_broadcast:
        yield socket.SO_BROADCAST
    if may_share:
        yield socket.SO_REUSEADDR
        if hasattr(socket, "SO_REUSEPORT"):
            yield socket.SO_REUSEPORT
    elif sys.platform == "win32":
        yield socket.SO_EXCLUSIVEADDRUSE


def granted_size(reported: int) -> int:
    return reported // 2 if sys.platform == "linux" else reported


def read_datagram(sock: socket.socket, limit: int) -> tuple[bytes, Address, int, bool]:
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
