"""Making sockets that listen, and saying in a sentence why one could not be made."""

import errno
import os
import socket
import struct
import sys

from osc_workbench.net.endpoint import socket_address
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.multicast import join_group, scoped, send_through
from osc_workbench.net.port_holder import find_port_holder
from osc_workbench.net.url import EndpointUrl

# 4 MiB hold 10,000 small datagrams, 0.2 s at 50,000 a second; Linux's default holds 256.
BUFFER_ASKED = 4 << 20
# Source: Linux include/uapi/asm-generic/socket.h and net/core/sock.h (sk_meminfo, item 8 counts drops).
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("9I")
# Source: Linux include/uapi/linux/in.h and in6.h.
IP_RECVERR, IPV6_RECVERR = 11, 25
# Connections that may wait to be accepted.
BACKLOG = 256


def bind_udp(url: EndpointUrl, family: int, address: tuple[str, int]) -> socket.socket:
    """Return a non-blocking UDP socket, bound and, for a multicast group, joined. Raises EndpointError."""
    sock = _make(url, family, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_ASKED)
        if sys.platform == "linux":
            level, option = (
                (socket.IPPROTO_IPV6, IPV6_RECVERR) if family == socket.AF_INET6 else (socket.SOL_IP, IP_RECVERR)
            )
            sock.setsockopt(level, option, 1)
        elif sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        if url.broadcast:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if url.is_multicast and url.share:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Only Linux and its kin can bind to the group itself, which keeps other traffic at the port out.
        everything = "::" if family == socket.AF_INET6 else "0.0.0.0"
        host = everything if url.is_multicast and sys.platform == "win32" else address[0]
        sock.bind(socket_address((scoped(host, url.interface) if url.is_multicast else host, address[1])))
        if url.is_multicast:
            join_group(sock, family, address[0], url.interface)
        elif url.interface:
            send_through(sock, family, url.interface)
        return sock
    except OSError as error:
        sock.close()
        raise explain_bind(url, error) from None


def bind_tcp(url: EndpointUrl, family: int, address: tuple[str, int]) -> socket.socket:
    """Return a non-blocking TCP socket that listens. Raises EndpointError."""
    sock = _make(url, family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            # Without it a port stays taken for a minute after its last connection; two listeners it does not allow.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(socket_address(address))
        sock.listen(BACKLOG)
        return sock
    except OSError as error:
        sock.close()
        raise explain_bind(url, error) from None


def _make(url: EndpointUrl, family: int, kind: int) -> socket.socket:
    try:
        sock = socket.socket(family, kind)
    except OSError as error:
        raise EndpointError(f"{url} cannot be opened: {error.strerror}.") from None
    sock.setblocking(False)
    if family == socket.AF_INET6:
        # An IPv6 endpoint does not take IPv4 by the way; who wants both opens both.
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock


def explain_bind(url: EndpointUrl, error: OSError) -> EndpointError:
    """Return what went wrong with opening an endpoint, and what to do about it."""
    if isinstance(error, EndpointError):
        return error
    port = url.port
    if error.errno == errno.EADDRINUSE:
        holder = find_port_holder(port, url.scheme)
        who = f"by {holder}" if holder else "by another program"
        if f"(process {os.getpid()})" in holder:
            return EndpointError(f"Port {port} is in use by this program itself.", "Choose another port.")
        return EndpointError(f"Port {port} is in use {who}.", "Stop that program or choose another port.")
    if error.errno == errno.EADDRNOTAVAIL:
        return EndpointError(
            f"{url.host} is no address of this machine.", "Use 127.0.0.1, or 0.0.0.0 for all interfaces."
        )
    if error.errno == errno.EINVAL and url.is_multicast:
        return EndpointError(f"The group {url.host} belongs to one interface.", "Say which, e.g. ?interface=eth0.")
    if error.errno == errno.EACCES:
        return EndpointError(f"Port {port} is reserved for the system.", "Choose a port from 1024 up.")
    return EndpointError(f"{url} cannot be opened: {error.strerror}.")


def granted_buffer(sock: socket.socket) -> int:
    """Return how many bytes the kernel's receive buffer holds."""
    granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    # Linux reports twice what it grants, the other half being its own bookkeeping. Source: socket(7).
    return granted // 2 if sys.platform == "linux" else granted


def count_drops(sock: socket.socket) -> int:
    """Return how many datagrams the kernel dropped because the socket's buffer was full; 0 where it does not tell."""
    try:
        return int(_MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[8])
    except (OSError, struct.error):
        # Kernels before 4.12 do not know the option.
        return 0
