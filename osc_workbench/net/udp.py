"""One UDP socket as an endpoint: it receives what comes, and what it sends leaves from the same port.

The loop wakes it when something waits; it fetches at most 256 datagrams and hands them on undecoded. It stands at the
very start of a datagram's path and knows nothing of packets.
"""

import asyncio
import errno
import os
import socket
import struct
import sys
from collections.abc import Callable

import numpy as np

from osc_workbench.net.arrivals import Arrivals, Receiver, make_receiver
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.port_holder import find_port_holder
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.record import Direction, EndpointState, Peer

# 4 MiB hold 10,000 small datagrams, 0.2 s at 50,000 a second; Linux's default holds 256.
BUFFER_ASKED = 4 << 20
# Source: Linux include/uapi/asm-generic/socket.h and net/core/sock.h (sk_meminfo, item 8 counts drops).
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("9I")
# Source: Linux include/uapi/linux/in.h, in6.h and errqueue.h.
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_MSG_ERRQUEUE = 0x2000
_ERRORS_OF_WAKE = 64
_SEND_ATTEMPTS = 3
# A full buffer of the smallest datagrams takes about 11,000 reads, and a flood must not keep an endpoint from closing.
_WAKES_OF_CLOSE = 64
# The payload limits of UDP over IPv4 and IPv6.
_LIMITS = {socket.AF_INET: 65_507, socket.AF_INET6: 65_527}


class UdpEndpoint:
    """A UDP socket with its state, its counters and what went wrong last.

    on_arrivals: called with each read's worth of datagrams, sent ones included, on the loop.
    on_problem: called with one sentence when something fails that is nobody's call, such as an ICMP refusal.
    """

    def __init__(
        self,
        endpoint_id: int,
        url: EndpointUrl,
        clock: Clock,
        on_arrivals: Callable[[Arrivals], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self.endpoint_id = endpoint_id
        self.url = url
        self.state = EndpointState.CLOSED
        self.problem = ""
        self.remedy = ""
        self.buffer_granted = 0
        self._clock = clock
        self._on_arrivals = on_arrivals
        self._on_problem = on_problem
        self._socket: socket.socket | None = None
        self._receiver: Receiver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._dropped_before = 0

    @property
    def dropped(self) -> int | None:
        """Datagrams the kernel dropped because its buffer was full; None where the system does not tell."""
        if sys.platform != "linux":
            return None
        return self._dropped_before + (_count_drops(self._socket) if self._socket else 0)

    async def open(self) -> None:
        """Bind and start to receive. Raises EndpointError; then nothing is left open and it can be tried again."""
        if self.state in (EndpointState.OPEN, EndpointState.OPENING):
            return
        self.state, self.problem, self.remedy = EndpointState.OPENING, "", ""
        try:
            loop = asyncio.get_running_loop()
            family, address = await resolve(loop, self.url)
            sock, receiver = self._bind(family, address)
        except EndpointError as error:
            self.state, self.problem, self.remedy = EndpointState.FAILED, error.problem, error.remedy
            raise
        except BaseException:
            self.state = EndpointState.CLOSED
            raise
        if self.state is not EndpointState.OPENING:
            # Closed while the name was being resolved.
            sock.close()
            return
        self._socket, self._receiver, self._loop = sock, receiver, loop
        bound = sock.getsockname()
        self.url = EndpointUrl(self.url.scheme, self.url.host, bound[1])
        granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        # Linux reports twice what it grants, the other half being its own bookkeeping. Source: socket(7).
        self.buffer_granted = granted // 2 if sys.platform == "linux" else granted
        loop.add_reader(sock.fileno(), self._drain)
        self.state = EndpointState.OPEN

    def close(self) -> None:
        """Fetch what has arrived, stop receiving and give the port back; safe to call in any state."""
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            for _ in range(_WAKES_OF_CLOSE):
                if not self._drain():
                    break
        sock, self._socket, self._receiver = self._socket, None, None
        if sock is not None:
            if sys.platform == "linux":
                self._dropped_before += _count_drops(sock)
            sock.close()
        self.state, self.problem, self.remedy = EndpointState.CLOSED, "", ""

    def send(self, data: bytes, peer: Peer) -> None:
        """Send one datagram from the endpoint's own port. Raises EndpointError, which says why it did not leave."""
        if self._socket is None:
            raise EndpointError(f"{self.url} is not open, so nothing can be sent from it.", "Start it first.")
        limit = _LIMITS.get(self._socket.family, 65_507)
        if len(data) > limit:
            raise EndpointError(f"A packet of {len(data):,} bytes does not fit into a UDP datagram ({limit:,}).")
        self._send(data, peer)
        now = np.array([self._clock.unix_ns()], np.int64)
        self._on_arrivals(Arrivals(self.endpoint_id, Direction.OUT, [data], now, [peer]))

    def _send(self, data: bytes, peer: Peer) -> None:
        assert self._socket is not None
        for attempt in range(_SEND_ATTEMPTS):
            try:
                self._socket.sendto(data, peer)
                return
            except BlockingIOError:
                raise EndpointError(f"The send buffer is full; the packet to {peer} was not sent.") from None
            except OSError as error:
                # The kernel reports here what came back for an earlier datagram, perhaps to another peer; then this
                # one has not been sent yet.
                is_report = self._read_refusals() > 0 or isinstance(error, ConnectionError)
                if not is_report or attempt == _SEND_ATTEMPTS - 1:
                    raise EndpointError(f"Sending to {peer} failed: {error.strerror}.") from None

    def _drain(self) -> bool:
        """Hand on one read's worth of datagrams; return False if nothing waited."""
        if self._receiver is None:
            return False
        try:
            received = self._receiver.receive()
        except ConnectionError:
            self._read_refusals()
            return True
        except OSError as error:
            if self._read_refusals():
                return True
            self._on_problem(f"Receiving on {self.url} failed: {error.strerror}.")
            return False
        if received is None:
            # Woken by an error report alone.
            self._read_refusals()
            return False
        datagrams, times, peers, truncated = received
        self._on_arrivals(Arrivals(self.endpoint_id, Direction.IN, datagrams, times, peers, truncated))
        return True

    def _read_refusals(self) -> int:
        """Report what came back by ICMP for datagrams that were sent; return how many reports there were."""
        if self._socket is None or sys.platform != "linux":
            return 0
        for count in range(_ERRORS_OF_WAKE):
            try:
                _, control, _, address = self._socket.recvmsg(64, 512, _MSG_ERRQUEUE)
            except OSError:
                return count
            # The control messages hold a time stamp, too.
            reports = [data for _, kind, data in control if kind in (_IP_RECVERR, _IPV6_RECVERR)]
            code = struct.unpack_from("=I", reports[0])[0] if reports else 0
            peer = Peer(address[0], address[1])
            if code == errno.ECONNREFUSED:
                self._on_problem(f"{peer} refused a datagram: nothing listens there.")
            else:
                self._on_problem(f"A datagram to {peer} came back: {os.strerror(code)}.")
        return _ERRORS_OF_WAKE

    def _bind(self, family: int, address: tuple[str, int]) -> tuple[socket.socket, Receiver]:
        try:
            sock = socket.socket(family, socket.SOCK_DGRAM)
        except OSError as error:
            raise EndpointError(f"{self.url} cannot be opened: {error.strerror}.") from None
        try:
            sock.setblocking(False)
            if family == socket.AF_INET6:
                # An IPv6 endpoint does not take IPv4 by the way; who wants both opens both.
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_ASKED)
            if sys.platform == "linux":
                level, option = (
                    (socket.IPPROTO_IPV6, _IPV6_RECVERR) if family == socket.AF_INET6 else (socket.SOL_IP, _IP_RECVERR)
                )
                sock.setsockopt(level, option, 1)
            elif sys.platform == "win32":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            sock.bind(address)
            return sock, make_receiver(sock, self._clock)
        except OSError as error:
            sock.close()
            raise self._explain(error) from None

    def _explain(self, error: OSError) -> EndpointError:
        port = self.url.port
        if error.errno == errno.EADDRINUSE:
            holder = find_port_holder(port)
            who = f"by {holder}" if holder else "by another program"
            if f"(process {os.getpid()})" in holder:
                return EndpointError(f"Port {port} is in use by this program itself.", "Choose another port.")
            return EndpointError(f"Port {port} is in use {who}.", "Stop that program or choose another port.")
        if error.errno == errno.EADDRNOTAVAIL:
            return EndpointError(
                f"{self.url.host} is no address of this machine.", "Use 127.0.0.1, or 0.0.0.0 for all interfaces."
            )
        if error.errno == errno.EACCES:
            return EndpointError(f"Port {port} is reserved for the system.", "Choose a port from 1024 up.")
        return EndpointError(f"{self.url} cannot be opened: {error.strerror}.")


async def resolve(loop: asyncio.AbstractEventLoop, url: EndpointUrl) -> tuple[int, tuple[str, int]]:
    """Return address family and socket address of a host. Raises EndpointError if the name is not known."""
    # A dotted IPv4 address needs no look-up in another thread.
    try:
        socket.inet_pton(socket.AF_INET, url.host)
        return socket.AF_INET, (url.host, url.port)
    except (OSError, ValueError):
        pass
    try:
        found = await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_DGRAM)
    except (OSError, ValueError):
        raise EndpointError(f"The host name {url.host!r} is not known.", "Check it, or give its address.") from None
    # scsynth and most others listen on IPv4 only, so "localhost" must not become ::1.
    family, _, _, _, address = min(found, key=lambda item: item[0] != socket.AF_INET)
    return family, (str(address[0]), int(address[1]))


def _count_drops(sock: socket.socket) -> int:
    try:
        return int(_MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[8])
    except (OSError, struct.error):
        # Kernels before 4.12 do not know the option.
        return 0
