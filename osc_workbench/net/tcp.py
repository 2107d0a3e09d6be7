"""TCP endpoints: a server with its connections, and a client that comes back when its connection is lost."""

import asyncio
import errno
import socket
from dataclasses import replace

from osc_workbench.net.binding import BACKLOG, bind_tcp, granted_buffer
from osc_workbench.net.clock import Clock
from osc_workbench.net.endpoint import OnArrivals, OnProblem, resolve
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tasks import spawn
from osc_workbench.net.tcp_connection import TcpConnection
from osc_workbench.net.tcp_endpoint import TcpEndpoint
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.traffic.record import EndpointState, Peer, Role

# A peer costs some 10 kB and a descriptor; beyond this new ones are refused and counted.
CONNECTIONS_LIMIT = 1000
# A connection that has been silent for this long gives way to a new one when there are too many.
_SILENCE = 60.0
# Seconds until the next attempt to connect: doubled each time.
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_CONNECT_TIMEOUT = 10.0
# Seconds until connections are accepted again after the system had no descriptor for one.
_ACCEPT_PAUSE = 1.0


class TcpServer(TcpEndpoint):
    """Listens for connections.

    It accepts them itself: asyncio's server leaves a connection open and unowned that it accepted in the same turn of
    the loop in which it is closed (Python 3.11), and reports a lack of descriptors as an exception.
    """

    _socket: socket.socket | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _pause: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Listen. Raises EndpointError; then nothing is left open and it can be tried again."""
        if self.state in (EndpointState.OPEN, EndpointState.OPENING):
            return
        self.state, self.problem, self.remedy = EndpointState.OPENING, "", ""
        self._loop = asyncio.get_running_loop()
        try:
            family, address = await resolve(self._loop, self.url)
            if self.state is not EndpointState.OPENING:
                # Closed while the name was being resolved.
                return
            self._socket = bind_tcp(self.url, family, address)
        except EndpointError as error:
            self.state, self.problem, self.remedy = EndpointState.FAILED, error.problem, error.remedy
            raise
        except BaseException:
            self.state = EndpointState.CLOSED
            raise
        bound = self._socket.getsockname()
        self.url = replace(self.url, port=bound[1])
        self.local = Peer(bound[0], bound[1])
        self.buffer_granted = granted_buffer(self._socket)
        self.state = EndpointState.OPEN
        self._go_on()

    def close(self) -> None:
        """Stop listening and end all connections; safe to call in any state."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        sock, self._socket = self._socket, None
        if sock is not None and self._loop is not None:
            self._loop.remove_reader(sock.fileno())
            sock.close()
        self._end_connections()
        self.state, self.problem, self.remedy = EndpointState.CLOSED, "", ""

    def on_connected(self, connection: TcpConnection) -> None:
        if self.state is not EndpointState.OPEN:
            connection.end()
            return
        if len(self._connections) >= CONNECTIONS_LIMIT and not self._end_silent():
            self.refused += 1
            connection.end(f"{self.url} has {CONNECTIONS_LIMIT:,} connections, which is the limit")
            return
        super().on_connected(connection)

    def _end_silent(self) -> bool:
        """Make room by ending the connection that has been silent longest; False if none has been for long."""
        silent = min(self._connections.values(), key=lambda connection: connection.heard)
        if self._clock.time() - silent.heard < _SILENCE:
            return False
        # Its place is free at once, before the loop has come round to its end.
        del self._connections[silent.peer]
        self._bad_before += silent.bad
        silent.end(f"it was silent longest when {CONNECTIONS_LIMIT:,} others wanted its place")
        return True

    def _go_on(self) -> None:
        assert self._socket is not None
        assert self._loop is not None
        self._pause = None
        self._loop.add_reader(self._socket.fileno(), self._accept)

    def _accept(self) -> None:
        assert self._socket is not None
        assert self._loop is not None
        for _ in range(BACKLOG):
            try:
                accepted, _ = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                # The connections that wait stay with the system meanwhile.
                self._on_problem(f"{self.url} cannot accept a connection: {error.strerror}.")
                self._loop.remove_reader(self._socket.fileno())
                self._pause = self._loop.call_later(_ACCEPT_PAUSE, self._go_on)
                return
            accepted.setblocking(False)
            spawn(self._welcome(accepted), f"accept at {self.url}")

    async def _welcome(self, accepted: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._make_connection, accepted)
        except OSError as error:
            accepted.close()
            self._on_problem(f"A connection to {self.url} ended at once: {error.strerror}.")


class TcpClient(TcpEndpoint):
    """Connects to one peer, and again when the connection is lost.

    reconnect: without it `open` raises when the peer does not answer, and a lost connection stays lost.
    source: the address to connect from, None for the system's choice.
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
        source: tuple[str, int] | None = None,
    ) -> None:
        super().__init__(endpoint_id, url, clock, on_arrivals, on_problem, wire_log)
        self._reconnect = reconnect
        self._source = source
        self._task: asyncio.Task[None] | None = None
        self._failure: EndpointError | None = None
        self._wait = _FIRST_WAIT
        self._next_try: float | None = None
        self._connected = 0.0

    @property
    def retry_in(self) -> float | None:
        return None if self._next_try is None else max(0.0, self._next_try - self._clock.time())

    async def open(self) -> None:
        """Connect. Without `reconnect` raises EndpointError; with it, a failure is shown and tried again."""
        if self.state in (EndpointState.OPEN, EndpointState.OPENING, EndpointState.RETRYING):
            return
        self.state, self.problem, self.remedy = EndpointState.OPENING, "", ""
        self._wait = _FIRST_WAIT
        # A task, so that `close` can end the attempt, too.
        attempt = self._task = spawn(self._try_once(), f"connect {self.url}")
        try:
            await asyncio.wait((attempt,))
        except asyncio.CancelledError:
            self.close()
            raise
        error = self._failure
        if self._task is not attempt or error is None:
            # Connected, or closed meanwhile.
            return
        if self._reconnect:
            self._try_later(error)
        else:
            self.state, self.problem, self.remedy = EndpointState.FAILED, error.problem, error.remedy
            raise error

    def close(self) -> None:
        """End the connection and try no more; safe to call in any state."""
        self.state, self.problem, self.remedy = EndpointState.CLOSED, "", ""
        self.peer = None
        self._next_try = None
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._end_connections()

    def close_connection(self, peer: Peer) -> None:
        """Close the endpoint: it has only this connection, and would make it again."""
        if peer in self._connections:
            self.close()

    def on_connected(self, connection: TcpConnection) -> None:
        # A connection to the port it comes from reaches nobody; TCP allows it, and on one machine it happens.
        if self.state is EndpointState.CLOSED or connection.peer == connection.local:
            connection.end()
            return
        super().on_connected(connection)
        self.peer, self.local = connection.peer, connection.local
        self.state, self.problem, self.remedy = EndpointState.OPEN, "", ""
        self._next_try = None
        self._connected = self._clock.time()

    def on_disconnected(self, connection: TcpConnection, reason: str) -> None:
        was_lost = self.state is EndpointState.OPEN and connection.peer in self._connections
        super().on_disconnected(connection, reason or ("the other side closed it" if was_lost else ""))
        if not was_lost:
            return
        self.peer = None
        error = EndpointError(f"{self.url.host}:{self.url.port} has closed the connection.")
        if not self._reconnect:
            self.state, self.problem = EndpointState.FAILED, error.problem
            return
        # One that accepts and closes at once is not asked more and more often.
        if self._clock.time() - self._connected >= self._wait:
            self._wait = _FIRST_WAIT
        self._try_later(error)

    async def _try_once(self) -> None:
        self._failure = None
        try:
            await self._connect()
        except EndpointError as error:
            self._failure = error

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        family, address = await resolve(loop, self.url)
        where = Peer(*address)
        nothing_listens = EndpointError(f"{where} refused the connection: nothing listens there.")
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                _, connection = await loop.create_connection(
                    self._make_connection, *address, family=socket.AddressFamily(family), local_addr=self._source
                )
        except TimeoutError:
            raise EndpointError(
                f"{where} does not answer.", "Check the address, and whether it can be reached."
            ) from None
        except ConnectionRefusedError:
            raise nothing_listens from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE and self._source is not None:
                raise EndpointError(
                    f"Port {self._source[1]}, to connect from, is in use.", "Choose another port, or wait a minute."
                ) from None
            raise EndpointError(f"{where} cannot be reached: {error.strerror or error}.") from None
        if connection.peer == connection.local:
            raise nothing_listens

    def _try_later(self, error: EndpointError) -> None:
        self.state, self.problem, self.remedy = EndpointState.RETRYING, error.problem, error.remedy
        self._next_try = self._clock.time() + self._wait
        self._task = spawn(self._keep_trying(), f"reconnect {self.url}")

    async def _keep_trying(self) -> None:
        while self.state is EndpointState.RETRYING:
            await asyncio.sleep(self._wait)
            self._wait = min(2 * self._wait, _LONGEST_WAIT)
            await self._try_once()
            if self._failure is not None:
                self.problem, self.remedy = self._failure.problem, self._failure.remedy
                self._next_try = self._clock.time() + self._wait
