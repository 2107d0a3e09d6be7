"""What every kind of endpoint can do, so that whoever owns one need not know its kind."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.deadlines import DeadlineThread
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.record import ConnectionStatus, EndpointState, Peer, Role


class Endpoint(Protocol):
    """One socket of ours, or one with the connections that came through it.

    problem, remedy: what failed and what to do, "" while all is well.
    """

    @property
    def endpoint_id(self) -> int: ...
    @property
    def url(self) -> EndpointUrl:
        """Where it is, with the port that is really bound."""

    @property
    def role(self) -> Role: ...
    @property
    def state(self) -> EndpointState: ...
    @property
    def problem(self) -> str: ...
    @property
    def remedy(self) -> str: ...
    @property
    def buffer_granted(self) -> int: ...
    @property
    def bad_frames(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def peer(self) -> Peer | None:
        """The other side of an endpoint that has only one; None while there is no connection, or several peers."""

    @property
    def local(self) -> Peer | None:
        """Its own address, as the system has it; None if it was never open."""

    @property
    def dropped(self) -> int | None:
        """Datagrams the kernel dropped; None where the system does not tell."""

    @property
    def retry_in(self) -> float | None:
        """Seconds until the next attempt to connect, None if there is none."""

    @property
    def answers(self) -> bool:
        """Tell whether what arrives here may be answered; what came to a whole group may not."""

    async def open(self) -> None:
        """Begin to receive. Raises EndpointError; then nothing is left open and it can be tried again."""

    def close(self) -> None:
        """Stop; what has arrived so far is handed on first. Twice is no error."""

    def send(self, data: bytes, peer: Peer) -> None:
        """Send one packet. Raises EndpointError, which says why it did not leave."""

    def send_at(self, due: float, data: bytes, peer: Peer, deadlines: DeadlineThread) -> None:
        """Send one packet at an exact time, monotonic seconds; if it cannot leave then, that is a problem.

        Raises EndpointError for what could never leave.
        """

    async def drain(self, peer: Peer) -> None:
        """Wait until the system has taken what was sent to a peer."""

    def connections(self) -> tuple[ConnectionStatus, ...]:
        """Return the connections that are open, oldest first; none where there is no such thing."""

    def close_connection(self, peer: Peer) -> None:
        """Close one connection; one that has gone is no error."""

    def hold(self, is_held: bool) -> None:
        """Leave what comes in to the network for a while, where that loses nothing."""

    def check(self) -> None:
        """Look after what no event tells, such as an interface that has gone. Called about once a second."""


OnArrivals = Callable[[Arrivals], None]
OnProblem = Callable[[str], None]


def is_numeric(host: str) -> bool:
    """Tell whether this is an address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def resolve(loop: asyncio.AbstractEventLoop, url: EndpointUrl) -> tuple[int, tuple[str, int]]:
    """Return address family, numeric host and port. Raises EndpointError if the name is not known."""
    # A dotted IPv4 address is what it stands for, and this is the quick way to know one.
    try:
        socket.inet_pton(socket.AF_INET, url.host)
        return socket.AF_INET, (url.host, url.port)
    except (OSError, ValueError):
        pass
    kind = socket.SOCK_STREAM if url.is_tcp else socket.SOCK_DGRAM
    try:
        if is_numeric(url.host):
            # Nor does any other address need a look-up in another thread.
            found = socket.getaddrinfo(url.host, url.port, type=kind, flags=socket.AI_NUMERICHOST)
        else:
            found = await loop.getaddrinfo(url.host, url.port, type=kind)
    except (OSError, ValueError):
        raise _unknown_host(url) from None
    return _best_of(found)


def with_numeric_host(url: EndpointUrl) -> EndpointUrl:
    """Return a URL whose host needs no look-up; this one blocks. Raises EndpointError if the name is not known."""
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_DGRAM)
    except (OSError, ValueError):
        raise _unknown_host(url) from None
    return replace(url, host=_best_of(found)[1][0])


def _unknown_host(url: EndpointUrl) -> EndpointError:
    return EndpointError(f"The host name {url.host!r} is not known.", "Check it, or give its address.")


def _best_of(found: Sequence[tuple[int, int, int, str, tuple[Any, ...]]]) -> tuple[int, tuple[str, int]]:
    # scsynth and most others listen on IPv4 only, so "localhost" must not become ::1.
    family, _, _, _, address = min(found, key=lambda item: item[0] != socket.AF_INET)
    # Of a link-local address the interface is a part.
    scope = f"%{address[3]}" if len(address) == 4 and address[3] else ""
    return family, (f"{address[0]}{scope}", int(address[1]))


def socket_address(address: tuple[str, int]) -> tuple[str, int] | tuple[str, int, int, int]:
    """Return what the socket module takes: it wants the interface of a link-local address in a place of its own."""
    host, _, scope = address[0].partition("%")
    return (host, address[1], 0, int(scope)) if scope.isdigit() else (address[0], address[1])
