"""An open UDP endpoint with everything it reports, and plain sockets to talk to it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.udp import UdpEndpoint
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.record import Direction, Peer


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6 loopback (::1)")
IPV6_HOST = pytest.param("::1", marks=needs_ipv6)
HOSTS = pytest.mark.parametrize("host", ["127.0.0.1", IPV6_HOST])


class Inbox:
    """Keeps what an endpoint reports; `endpoint` is not open yet."""

    def __init__(self, url: str = "udp://127.0.0.1:0", clock: Clock | None = None) -> None:
        self.arrivals: list[Arrivals] = []
        self.problems: list[str] = []
        self.endpoint = UdpEndpoint(
            7, EndpointUrl.parse(url), clock or Clock(), self.arrivals.append, self.problems.append
        )

    def of(self, direction: Direction) -> list[tuple[bytes, int, Peer]]:
        """Return (datagram, time, peer) of everything that went one way."""
        return [
            item
            for arrivals in self.arrivals
            if arrivals.direction is direction
            for item in zip(arrivals.datagrams, arrivals.times.tolist(), arrivals.peers, strict=True)
        ]

    @property
    def received(self) -> list[bytes]:
        return [data for data, _, _ in self.of(Direction.IN)]

    @property
    def address(self) -> Peer:
        return Peer(self.endpoint.url.host, self.endpoint.url.port)


@contextmanager
def udp_socket(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A bound UDP socket that waits at most five seconds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.settimeout(5)
        yield sock


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port on which nothing listens."""
    with udp_socket(host) as sock:
        port: int = sock.getsockname()[1]
        return port
