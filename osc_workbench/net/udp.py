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
from dataclasses import replace

from osc_workbench.net.arrivals import Arrivals, Receiver, make_receiver
from osc_workbench.net.binding import IP_RECVERR, IPV6_RECVERR, bind_udp, count_drops, explain_bind, granted_buffer
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread, call_on
from osc_workbench.net.endpoint import OnArrivals, OnProblem, resolve, socket_address
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.multicast import index_of, is_there, join_group, leave_group
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.traffic.record import ConnectionStatus, Direction, EndpointState, Peer, Role

# Source: Linux include/uapi/linux/errqueue.h.
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
        on_arrivals: OnArrivals,
        on_problem: OnProblem,
        wire_log: WireLog | None = None,
    ) -> None:
        self.endpoint_id = endpoint_id
        self.url = url
        self.role = Role.LISTEN
        self.state = EndpointState.CLOSED
        self.problem = ""
        self.remedy = ""
        self.buffer_granted = 0
        self.bad_frames = 0
        self.refused = 0
        self.retry_in: float | None = None
        self.peer: Peer | None = None
        self.local: Peer | None = None
        self._wire_log = wire_log
        self._clock = clock
        self._on_arrivals = on_arrivals
        self._on_problem = on_problem
        self._socket: socket.socket | None = None
        self._receiver: Receiver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._dropped_before = 0
        self._interface_index = 0

    @property
    def dropped(self) -> int | None:
        """Datagrams the kernel dropped because its buffer was full; None where the system does not tell."""
        if sys.platform != "linux":
            return None
        return self._dropped_before + (count_drops(self._socket) if self._socket else 0)

    async def open(self) -> None:
        """Bind and start to receive. Raises EndpointError; then nothing is left open and it can be tried again."""
        if self.state in (EndpointState.OPEN, EndpointState.OPENING):
            return
        self.state, self.problem, self.remedy = EndpointState.OPENING, "", ""
        try:
            loop = asyncio.get_running_loop()
            family, address = await resolve(loop, self.url)
            sock = bind_udp(self.url, family, address)
            receiver = self._make_receiver(sock)
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
        self.url = replace(self.url, port=bound[1])
        self.local = Peer(bound[0], bound[1])
        self._interface_index = index_of(self.url.interface)
        self.buffer_granted = granted_buffer(sock)
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
                self._dropped_before += count_drops(sock)
            sock.close()
        self.state, self.problem, self.remedy = EndpointState.CLOSED, "", ""

    def send(self, data: bytes, peer: Peer) -> None:
        """Send one datagram from the endpoint's own port. Raises EndpointError, which says why it did not leave."""
        self._check_sendable(data)
        self._send(data, peer)
        self._hand_on(Arrivals.of(self.endpoint_id, Direction.OUT, data, self._clock.unix_ns(), peer))

    def send_at(self, due: float, data: bytes, peer: Peer, deadlines: DeadlineThread) -> None:
        """Send one datagram at an exact time, from the deadline thread; a failure is reported then."""
        sock, loop = self._check_sendable(data), self._loop
        assert loop is not None

        def leave() -> None:
            deadlines.spin_until(due)
            problem = _send_now(sock, data, peer)
            call_on(loop, self._on_left, data, peer, self._clock.unix_ns(), problem)

        deadlines.at(due, leave)

    def _on_left(self, data: bytes, peer: Peer, unix_ns: int, problem: str) -> None:
        if problem:
            self._on_problem(problem)
        else:
            self._hand_on(Arrivals.of(self.endpoint_id, Direction.OUT, data, unix_ns, peer))

    async def drain(self, peer: Peer) -> None:
        """Datagrams leave at once or not at all."""

    def connections(self) -> tuple[ConnectionStatus, ...]:
        return ()

    def close_connection(self, peer: Peer) -> None:
        """There are none."""

    def hold(self, is_held: bool) -> None:
        """What is not fetched would only be lost in the kernel instead."""

    @property
    def answers(self) -> bool:
        return not self.url.is_multicast

    def check(self) -> None:
        """Say so when the interface of a group has gone, and join again when it is back."""
        sock, group, interface = self._socket, self.url.host, self.url.interface
        if sock is None or not self.url.is_multicast or not interface:
            return
        if is_there(interface):
            self._join_again(sock, group, interface)
        elif not self.problem:
            leave_group(sock, sock.family, group, interface, self._interface_index)
            self.problem = f"The interface {interface} has gone: nothing arrives from {group}."
            self.remedy = "It is joined again as soon as it is back."
            self._on_problem(self.problem)

    def _join_again(self, sock: socket.socket, group: str, interface: str) -> None:
        """Join where that is not the case: the interface may have gone and come back since the last look."""
        try:
            join_group(sock, sock.family, group, interface)
        except EndpointError as error:
            # A socket for an IPv6 group of one link is bound to the interface it had, and cannot be given another.
            self.problem, self.remedy = error.problem, "Stop this endpoint and start it again."
            return
        self._interface_index = index_of(interface)
        if self.problem:
            self.problem = self.remedy = ""
            self._on_problem(f"The interface {interface} is there again, and {group} can be heard.")

    def _make_receiver(self, sock: socket.socket) -> Receiver:
        try:
            return make_receiver(sock, self._clock)
        except OSError as error:
            sock.close()
            raise explain_bind(self.url, error) from None

    def _send(self, data: bytes, peer: Peer) -> None:
        assert self._socket is not None
        for attempt in range(_SEND_ATTEMPTS):
            try:
                self._socket.sendto(data, socket_address(peer) if "%" in peer.host else peer)
                return
            except BlockingIOError:
                raise EndpointError(f"The send buffer is full; the packet to {peer} was not sent.") from None
            except OSError as error:
                # The kernel reports here what came back for an earlier datagram, perhaps to another peer; then this
                # one has not been sent yet.
                if error.errno == errno.EACCES:
                    raise EndpointError(
                        f"{peer} reaches all machines of a network, which must be allowed.",
                        "Add ?broadcast=yes to the endpoint's address.",
                    ) from None
                is_report = self._read_refusals() > 0 or isinstance(error, ConnectionError)
                if not is_report or attempt == _SEND_ATTEMPTS - 1:
                    raise EndpointError(f"Sending to {peer} failed: {error.strerror}.") from None

    def _check_sendable(self, data: bytes) -> socket.socket:
        sock = self._socket
        if sock is None:
            raise EndpointError(f"{self.url} is not open, so nothing can be sent from it.", "Start it first.")
        limit = _LIMITS.get(sock.family, 65_507)
        if len(data) > limit:
            raise EndpointError(f"A packet of {len(data):,} bytes does not fit into a UDP datagram ({limit:,}).")
        return sock

    def _hand_on(self, arrivals: Arrivals) -> None:
        if self._wire_log is not None:
            for data, time, peer in zip(arrivals.datagrams, arrivals.times.tolist(), arrivals.peers, strict=True):
                self._wire_log.write(arrivals.direction, data, peer, time)
        self._on_arrivals(arrivals)

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
        self._hand_on(Arrivals(self.endpoint_id, Direction.IN, datagrams, times, peers, truncated))
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
            reports = [data for _, kind, data in control if kind in (IP_RECVERR, IPV6_RECVERR)]
            code = struct.unpack_from("=I", reports[0])[0] if reports else 0
            peer = Peer(address[0], address[1])
            if code == errno.ECONNREFUSED:
                self._on_problem(f"{peer} refused a datagram: nothing listens there.")
            else:
                self._on_problem(f"A datagram to {peer} came back: {os.strerror(code)}.")
        return _ERRORS_OF_WAKE


def _send_now(sock: socket.socket, data: bytes, peer: Peer) -> str:
    """Send one datagram; return why it did not leave, or ""."""
    reason = ""
    for _ in range(_SEND_ATTEMPTS):
        try:
            sock.sendto(data, socket_address(peer))
            return ""
        except OSError as error:
            # What came back for an earlier datagram is reported here, once, and this one has not been sent then.
            reason = error.strerror or str(error)
    return f"The packet to {peer} was not sent at its time: {reason}."
