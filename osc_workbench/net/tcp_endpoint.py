"""What TCP servers and TCP clients share: their connections, and sending through one of them."""

import asyncio

from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread, call_on
from osc_workbench.net.endpoint import OnArrivals, OnProblem
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tcp_connection import TcpConnection
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.traffic.record import ConnectionStatus, EndpointState, Peer, Role

# Bytes of unfinished packets of all connections together; one alone may have as much as the framing allows.
_UNFINISHED_LIMIT = 64 << 20


class TcpEndpoint:
    """What server and client share: their connections."""

    role = Role.LISTEN
    answers = True
    # A stream loses nothing in the kernel.
    dropped: int | None = 0
    peer: Peer | None = None
    local: Peer | None = None

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
        self.state = EndpointState.CLOSED
        self.problem = ""
        self.remedy = ""
        self.buffer_granted = 0
        self.refused = 0
        self.on_arrivals = on_arrivals
        self._clock = clock
        self._on_problem = on_problem
        self._wire_log = wire_log
        self._connections: dict[Peer, TcpConnection] = {}
        self._is_held = False
        self._bad_before = 0

    @property
    def retry_in(self) -> float | None:
        return None

    @property
    def bad_frames(self) -> int:
        return self._bad_before + sum(connection.bad for connection in self._connections.values())

    def connections(self) -> tuple[ConnectionStatus, ...]:
        return tuple(connection.status() for connection in self._connections.values())

    def close_connection(self, peer: Peer) -> None:
        connection = self._connections.get(peer)
        if connection is not None:
            connection.end()

    def send(self, data: bytes, peer: Peer) -> None:
        self._connection(peer).send(data)

    def send_at(self, due: float, data: bytes, peer: Peer, deadlines: DeadlineThread) -> None:
        """Send one packet at an exact time; a stream belongs to its loop, so the thread only wakes that."""
        self._connection(peer)
        loop = asyncio.get_running_loop()

        def leave() -> None:
            deadlines.spin_until(due)
            call_on(loop, self._leave, data, peer)

        deadlines.at(due, leave)

    def _leave(self, data: bytes, peer: Peer) -> None:
        try:
            self.send(data, peer)
        except EndpointError as error:
            self._on_problem(f"A packet was not sent at its time: {error}")

    async def drain(self, peer: Peer) -> None:
        connection = self._connections.get(peer)
        if connection is not None:
            await connection.drain()

    def hold(self, is_held: bool) -> None:
        if is_held is not self._is_held:
            self._is_held = is_held
            for connection in self._connections.values():
                connection.hold(is_held)

    def check(self) -> None:
        for connection in self._connections.values():
            hint = connection.hint
            if hint:
                self._on_problem(f"The stream from {connection.peer} to {self.url} may never give a packet: {hint}.")

    def _connection(self, peer: Peer) -> TcpConnection:
        connection = self._connections.get(peer)
        if connection is None:
            raise EndpointError(f"{self.url} has no connection with {peer}, so nothing can be sent to it.")
        return connection

    def _make_connection(self) -> TcpConnection:
        return TcpConnection(self, self.url.framing, self._clock, self._wire_log)

    # What connections report.

    def on_connected(self, connection: TcpConnection) -> None:
        self._connections[connection.peer] = connection
        if self._is_held:
            connection.hold(True)

    def on_disconnected(self, connection: TcpConnection, reason: str) -> None:
        if self._connections.get(connection.peer) is connection:
            del self._connections[connection.peer]
            self._bad_before += connection.bad
        if reason:
            self._on_problem(f"The connection with {connection.peer} ended: {reason.rstrip('.')}.")

    def has_room(self) -> bool:
        return sum(connection.pending for connection in self._connections.values()) <= _UNFINISHED_LIMIT

    def _end_connections(self) -> None:
        for connection in list(self._connections.values()):
            connection.end()
