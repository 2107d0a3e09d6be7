"""TCP endpoints: a server with its connections, and a client that comes back when its connection is lost."""

import asyncio
import logging
import socket
from dataclasses import replace

from osc_workbench.net.binding import bind_tcp, granted_buffer
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread, call_on
from osc_workbench.net.endpoint import OnArrivals, OnProblem, resolve
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tasks import spawn
from osc_workbench.net.tcp_connection import TcpConnection
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.traffic.record import ConnectionStatus, EndpointState, Peer, Role

logger = logging.getLogger(__name__)

# A peer costs some 10 kB and a descriptor; beyond this new ones are refused and counted.
CONNECTIONS_LIMIT = 1000
# Seconds until the next attempt to connect: doubled each time.
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_CONNECT_TIMEOUT = 10.0


class _TcpEndpoint:
    """What server and client share: their connections."""

    role = Role.LISTEN
    answers = True
    # A stream loses nothing in the kernel.
    dropped: int | None = 0
    peer: Peer | None = None

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

    def _end_connections(self) -> None:
        for connection in list(self._connections.values()):
            connection.end()


class TcpServer(_TcpEndpoint):
    """Listens for connections."""

    _server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen. Raises EndpointError; then nothing is left open and it can be tried again."""
        if self.state in (EndpointState.OPEN, EndpointState.OPENING):
            return
        self.state, self.problem, self.remedy = EndpointState.OPENING, "", ""
        try:
            loop = asyncio.get_running_loop()
            family, address = await resolve(loop, self.url)
            sock = bind_tcp(self.url, family, address)
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
        self.url = replace(self.url, port=sock.getsockname()[1])
        self.buffer_granted = granted_buffer(sock)
        try:
            # With a socket that listens already it does not wait, so nobody can close the endpoint meanwhile.
            self._server = await loop.create_server(self._make_connection, sock=sock)
        except BaseException:
            sock.close()
            self.state = EndpointState.CLOSED
            raise
        self.state = EndpointState.OPEN

    def close(self) -> None:
        """Stop listening and end all connections; safe to call in any state."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self._end_connections()
        self.state, self.problem, self.remedy = EndpointState.CLOSED, "", ""

    def on_connected(self, connection: TcpConnection) -> None:
        if self.state is not EndpointState.OPEN:
            connection.end()
            return
        if len(self._connections) >= CONNECTIONS_LIMIT:
            self.refused += 1
            connection.end(f"{self.url} has {CONNECTIONS_LIMIT:,} connections, which is the limit")
            return
        super().on_connected(connection)


class TcpClient(_TcpEndpoint):
    """Connects to one peer, and again when the connection is lost.

    reconnect: without it `open` raises when the peer does not answer, and a lost connection stays lost.
    local: the address to connect from, None for the system's choice.
    """

    role = Role.CONNECT

    def __init__(
        self,
        endpoint_id: int,
        url: EndpointUrl,
        clock: Clock,
        on_arrivals: OnArrivals,
        on_problem: OnProblem,
        wire_log: WireLog | None = None,
        reconnect: bool = True,
        local: tuple[str, int] | None = None,
    ) -> None:
        super().__init__(endpoint_id, url, clock, on_arrivals, on_problem, wire_log)
        self._reconnect = reconnect
        self._local = local
        self._task: asyncio.Task[None] | None = None
        self._wait = _FIRST_WAIT
        self._next_try: float | None = None

    @property
    def retry_in(self) -> float | None:
        return None if self._next_try is None else max(0.0, self._next_try - self._clock.time())

    async def open(self) -> None:
        """Connect. Without `reconnect` raises EndpointError; with it, a failure is shown and tried again."""
        if self.state in (EndpointState.OPEN, EndpointState.OPENING, EndpointState.RETRYING):
            return
        self.state, self.problem, self.remedy = EndpointState.OPENING, "", ""
        self._wait = _FIRST_WAIT
        try:
            await self._connect()
        except EndpointError as error:
            if self.state is not EndpointState.OPENING:
                return
            if not self._reconnect:
                self.state, self.problem, self.remedy = EndpointState.FAILED, error.problem, error.remedy
                raise
            self._try_later(error)
        except BaseException:
            self.state = EndpointState.CLOSED
            raise

    def close(self) -> None:
        """End the connection and try no more; safe to call in any state."""
        self.state, self.problem, self.remedy = EndpointState.CLOSED, "", ""
        self._next_try = None
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._end_connections()

    def on_connected(self, connection: TcpConnection) -> None:
        if self.state is EndpointState.CLOSED:
            connection.end()
            return
        super().on_connected(connection)
        self.peer = connection.peer
        self.state, self.problem, self.remedy = EndpointState.OPEN, "", ""
        self._next_try = None
        self._wait = _FIRST_WAIT

    def on_disconnected(self, connection: TcpConnection, reason: str) -> None:
        was_lost = self.state is EndpointState.OPEN and connection.peer in self._connections
        super().on_disconnected(connection, reason or ("the other side closed it" if was_lost else ""))
        if not was_lost:
            return
        self.peer = None
        error = EndpointError(f"{self.url.host}:{self.url.port} has closed the connection.")
        if self._reconnect:
            self._try_later(error)
        else:
            self.state, self.problem = EndpointState.FAILED, error.problem

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        family, address = await resolve(loop, self.url)
        where = Peer(*address)
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                await loop.create_connection(
                    self._make_connection, *address, family=socket.AddressFamily(family), local_addr=self._local
                )
        except TimeoutError:
            raise EndpointError(
                f"{where} does not answer.", "Check the address, and whether it can be reached."
            ) from None
        except ConnectionRefusedError:
            raise EndpointError(f"{where} refused the connection: nothing listens there.") from None
        except OSError as error:
            raise EndpointError(f"{where} cannot be reached: {error.strerror or error}.") from None

    def _try_later(self, error: EndpointError) -> None:
        self.state, self.problem, self.remedy = EndpointState.RETRYING, error.problem, error.remedy
        self._next_try = self._clock.time() + self._wait
        self._task = spawn(self._keep_trying(), f"reconnect {self.url}")

    async def _keep_trying(self) -> None:
        while self.state is EndpointState.RETRYING:
            await asyncio.sleep(self._wait)
            self._wait = min(2 * self._wait, _LONGEST_WAIT)
            try:
                await self._connect()
            except EndpointError as error:
                self.problem, self.remedy = error.problem, error.remedy
                self._next_try = self._clock.time() + self._wait
