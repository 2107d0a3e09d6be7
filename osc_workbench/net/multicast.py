"""Multicast groups: joining one on an interface, and choosing the interface that datagrams leave by."""

import errno
import ipaddress
import socket
import struct
import sys
from contextlib import suppress

from osc_workbench.net.endpoint import is_numeric
from osc_workbench.net.errors import EndpointError

# Source: Linux include/uapi/linux/in.h and in6.h.
_IP_MULTICAST_ALL, _IPV6_MULTICAST_ALL = 49, 29
_REMEDY = "Give an address of this machine or the name of an interface, e.g. interface=127.0.0.1."


def join_group(sock: socket.socket, family: int, group: str, interface: str) -> None:
    """Receive what is sent to a group on an interface ("": the system's choice). Raises EndpointError."""
    try:
        if interface and sys.platform == "linux":
            _hear_only_own_memberships(sock, family)
        if family == socket.AF_INET6:
            host, _, scope = scoped(group, interface).partition("%")
            index = int(scope) if scope.isdigit() else _index_of(scope)
            sock.setsockopt(
                socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(family, host) + struct.pack("=I", index)
            )
        else:
            sock.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + _ipv4_interface(interface)
            )
    except OSError as error:
        if isinstance(error, EndpointError):
            raise
        # Still joined.
        if error.errno == errno.EADDRINUSE:
            return
        where = f"on {interface}" if interface else "on the interface the system chose"
        raise EndpointError(f"The group {group} cannot be joined {where}: {error.strerror}.", _REMEDY) from None
    send_through(sock, family, interface)


def _hear_only_own_memberships(sock: socket.socket, family: int) -> None:
    """Keep out what other programs joined the same group for, on other interfaces."""
    level, option = (
        (socket.IPPROTO_IPV6, _IPV6_MULTICAST_ALL)
        if family == socket.AF_INET6
        else (socket.IPPROTO_IP, _IP_MULTICAST_ALL)
    )
    # Kernels before 4.20 do not have it for IPv6.
    with suppress(OSError):
        sock.setsockopt(level, option, 0)


def leave_group(sock: socket.socket, family: int, group: str, interface: str, index: int) -> None:
    """Forget a membership whose interface has gone: the system keeps it, and of IPv4 it allows only 20.

    index: what the interface had, 0 for one that was given by its address.
    """
    if family == socket.AF_INET:
        address = socket.inet_aton(interface) if is_numeric(interface) else bytes(4)
        # It may have been forgotten already.
        with suppress(OSError):
            request = socket.inet_aton(group) + address + struct.pack("=i", index)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, request)


def index_of(interface: str) -> int:
    """Return the index of an interface that was given by name; 0 for one given by address, or that is not there."""
    try:
        return socket.if_nametoindex(interface) if interface and not is_numeric(interface) else 0
    except OSError:
        return 0


def scoped(group: str, interface: str) -> str:
    """Return an IPv6 group with the index of its interface, without which one of a single link is none."""
    if "%" in group or not interface or ":" not in group:
        return group
    return f"{group}%{_index_of(interface)}"


def send_through(sock: socket.socket, family: int, interface: str) -> None:
    """Let multicast datagrams leave by an interface, and be heard on this machine, too. Raises EndpointError."""
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 1)
            if interface:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, _index_of(interface))
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            if interface:
                chosen = _ipv4_interface(interface)
                # An address is taken alone, an index only in a whole struct ip_mreqn, which begins with a group.
                chosen = chosen if is_numeric(interface) else bytes(4) + chosen
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, chosen)
    except OSError as error:
        if isinstance(error, EndpointError):
            raise
        raise EndpointError(f"Nothing can be sent through {interface}: {error.strerror}.", _REMEDY) from None


def is_there(interface: str) -> bool:
    """Tell whether an interface that was given by name or address is there; "" always is."""
    try:
        if not interface:
            return True
        if not is_numeric(interface):
            return _index_of(interface) > 0
        with socket.socket(socket.AF_INET6 if ":" in interface else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((interface, 0))
        return True
    except OSError:
        return False


def _ipv4_interface(interface: str) -> bytes:
    """Return the end of struct ip_mreq, or, for a name, of struct ip_mreqn. Source: ip(7)."""
    if not interface:
        return bytes(4)
    if is_numeric(interface):
        try:
            return socket.inet_aton(interface)
        except OSError:
            raise EndpointError(f"{interface} is no IPv4 address.", _REMEDY) from None
    if sys.platform != "linux":
        raise EndpointError(f"The interface {interface} must be given by its address.", _REMEDY)
    return bytes(4) + struct.pack("=i", _index_of(interface))


def _index_of(interface: str) -> int:
    if not interface:
        return 0
    if is_numeric(interface):
        if ipaddress.ip_address(interface).is_loopback:
            return socket.if_nametoindex("lo") if sys.platform == "linux" else 0
        raise EndpointError(f"For IPv6 the interface {interface} must be given by its name.", _REMEDY)
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        raise EndpointError(f"There is no network interface {interface!r}.", _REMEDY) from None
