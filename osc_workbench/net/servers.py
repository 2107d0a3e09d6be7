"""OSC servers: one on an event loop, and faces of it that block, for programs that have no loop."""

import asyncio
import math
from collections.abc import Callable
from typing import Any, Self

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread
from osc_workbench.net.endpoint import Endpoint, with_numeric_host
from osc_workbench.net.errors import EndpointError, log_problem
from osc_workbench.net.fork_runner import FORK_TIMEOUT, ForkRunner, refuse_forking
from osc_workbench.net.handling import Accept, Handling, HandlingCounters, Origin
from osc_workbench.net.runners import HandlerRunner, LoopRunner, ThreadRunner
from osc_workbench.net.tcp import TcpServer
from osc_workbench.net.udp import UdpEndpoint
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.context import Reply, packets_of_reply
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.reply_guard import REPLIES_PER_SECOND
from osc_workbench.osc.scheduler import PendingBundle, SchedulePolicy
from osc_workbench.traffic.record import ConnectionStatus, Direction, Peer

# How often the endpoint is looked after, and how often it is looked whether handlers have ended.
_CHECK_INTERVAL, _POLL_INTERVAL = 1.0, 0.001


class OscServer:
    """Serves a dispatcher's handlers on one endpoint, UDP or TCP.

        async with OscServer("udp://127.0.0.1:9000", dispatcher) as server:
            await server.serve_forever()

    policy: what time tags do. accept: called with (data, peer) before decoding; what it refuses is counted.
    replies_per_second: messages of one peer that are answered in the long run, twice as many at once; what is more is
    held back, against loops, until that peer has been quiet for a second. float("inf") switches this off, not the guard
    against echoes. timeout: seconds a handler may run, None for no limit; a `runner` that is given has its own.
    on_problem: called with one sentence about what went wrong in the background.
    """

    def __init__(
        self,
        url: str | EndpointUrl,
        dispatcher: Dispatcher,
        *,
        policy: SchedulePolicy = SchedulePolicy.SCHEDULE,
        accept: Accept | None = None,
        replies_per_second: float = REPLIES_PER_SECOND,
        timeout: float | None = None,
        runner: HandlerRunner | None = None,
        on_problem: Callable[[str], None] = log_problem,
        clock: Clock | None = None,
        wire_log: WireLog | None = None,
    ) -> None:
        self._clock = clock or Clock()
        wanted = EndpointUrl.parse(url) if isinstance(url, str) else url
        make = TcpServer if wanted.is_tcp else UdpEndpoint
        self.endpoint: Endpoint = make(1, wanted, self._clock, self._on_arrivals, on_problem, wire_log)
        self.on_packets: Callable[[int], None] | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._runner = runner or LoopRunner(timeout, timeout)
        self._deadlines = DeadlineThread(self._clock) if self._runner.has_threads else None
        self._handling = Handling(
            dispatcher,
            self._clock,
            self._send,
            on_problem,
            policy=policy,
            accept=accept,
            replies_per_second=replies_per_second,
            runner=self._runner,
            deadlines=self._deadlines,
        )

    @property
    def url(self) -> EndpointUrl:
        """Where it listens, with the port that is really bound."""
        return self.endpoint.url

    @property
    def dispatcher(self) -> Dispatcher:
        return self._handling.dispatcher

    @property
    def counters(self) -> HandlingCounters:
        return self._handling.counters

    async def start(self) -> None:
        """Begin to listen; returns once it does. Raises EndpointError."""
        await self.endpoint.open()
        if self._looking is None:
            self._look_later()

    async def serve_forever(self) -> None:
        """Serve until cancelled, and close then."""
        try:
            await self.start()
            await asyncio.get_running_loop().create_future()
        finally:
            await self.close()

    async def close(self) -> tuple[PendingBundle[Origin], ...]:
        """Stop listening and stop handlers; return the bundles that were waiting and will not run."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        self.endpoint.close()
        left = self._handling.close()
        if self._deadlines is not None:
            self._deadlines.close()
        if isinstance(self._runner, LoopRunner):
            await self._runner.wait_closed()
        # One turn of the loop, in which connections end.
        await asyncio.sleep(0)
        return left

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def send(self, reply: Reply, peer: tuple[str, int]) -> None:
        """Send from the server's own port. Raises OscEncodeError or EndpointError."""
        for packet in packets_of_reply(reply):
            self.endpoint.send(encode_packet(packet), Peer(*peer))

    def connections(self) -> tuple[ConnectionStatus, ...]:
        """Return the TCP connections that are open."""
        return self.endpoint.connections()

    def close_connection(self, peer: tuple[str, int]) -> None:
        self.endpoint.close_connection(Peer(*peer))

    def pending(self) -> tuple[PendingBundle[Origin], ...]:
        """Return the bundles that wait for their time."""
        return self._handling.pending()

    def cancel(self, number: int) -> bool:
        """Take back a bundle that waits."""
        return self._handling.cancel(number)

    def running(self) -> int:
        """Return how many handlers have begun and not ended."""
        return self._runner.running()

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(_CHECK_INTERVAL, self._look_after)

    def _look_after(self) -> None:
        self.endpoint.check()
        self._look_later()

    def _on_arrivals(self, arrivals: Arrivals) -> None:
        before = self.counters.rejected
        self._handling.receive(arrivals, self.endpoint.answers)
        if self.on_packets is not None and arrivals.direction is Direction.IN:
            self.on_packets(len(arrivals.datagrams) - (self.counters.rejected - before))

    def _send(self, _endpoint_id: int, data: bytes, peer: Peer) -> None:
        self.endpoint.send(data, peer)


class BlockingServer:
    """A server for programs without an event loop: handlers run one after the other on the calling thread.

        with BlockingServer("tcp://127.0.0.1:9000", dispatcher) as server:
            server.serve_forever()

    Takes what OscServer takes. `shutdown` may be called from any thread or signal handler.
    """

    def __init__(self, url: str | EndpointUrl, dispatcher: Dispatcher, **options: Any) -> None:
        self._url = EndpointUrl.parse(url) if isinstance(url, str) else url
        self._dispatcher = dispatcher
        self._options = options
        self._loop_runner: asyncio.Runner | None = None
        self._server: OscServer | None = None
        self._stopping: asyncio.Event | None = None
        self._is_stopped = False

    @property
    def server(self) -> OscServer:
        """The server behind this face. Raises EndpointError if it is not open."""
        if self._server is None:
            raise EndpointError(
                f"The server at {self._url} is not open.", "Use it in a with block, or call open first."
            )
        return self._server

    @property
    def url(self) -> EndpointUrl:
        return self._server.url if self._server is not None else self._url

    def open(self) -> None:
        """Begin to listen. Raises EndpointError. Twice is no error."""
        if self._server is not None:
            return
        options = dict(self._options)
        runner = self._make_runner()
        if runner is not None:
            options["runner"] = runner
        # A look-up on the loop would start a thread, beside which a server must not fork.
        url = with_numeric_host(self._url)
        self._loop_runner = asyncio.Runner()
        try:
            server = OscServer(url, self._dispatcher, **options)
            self._loop_runner.run(server.start())
        except BaseException:
            self._loop_runner.close()
            self._loop_runner = None
            raise
        self._server = server

    def close(self) -> tuple[PendingBundle[Origin], ...]:
        """Stop; return the bundles that will not run. Twice is no error."""
        server, self._server = self._server, None
        runner, self._loop_runner = self._loop_runner, None
        if server is None or runner is None:
            return ()
        try:
            return runner.run(server.close())
        finally:
            runner.close()

    def serve_forever(self) -> None:
        """Serve until `shutdown` or KeyboardInterrupt."""
        self._run(None)

    def handle_request(self, timeout: float | None = None) -> bool:
        """Serve until a packet has come and its handlers have ended; False if that is not within `timeout` seconds."""
        return self._run(1, timeout)

    def shutdown(self) -> None:
        """Let `serve_forever` or `handle_request` return, or the next call of one of them."""
        self._is_stopped = True
        runner, stopping = self._loop_runner, self._stopping
        if runner is not None and stopping is not None:
            runner.get_loop().call_soon_threadsafe(stopping.set)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make_runner(self) -> HandlerRunner | None:
        return None

    def _run(self, packets: int | None, timeout: float | None = None) -> bool:
        server = self.server
        assert self._loop_runner is not None

        async def serve() -> bool:
            stopping = self._stopping = asyncio.Event()
            left = [packets or 0]

            def on_packets(count: int) -> None:
                left[0] -= count
                if packets is not None and left[0] <= 0:
                    stopping.set()

            server.on_packets = on_packets
            try:
                async with asyncio.timeout(timeout):
                    # A `shutdown` that came before this found nobody to stop.
                    if not self._is_stopped:
                        await stopping.wait()
                    while packets is not None and server.running() and not self._is_stopped:
                        await asyncio.sleep(_POLL_INTERVAL)
            except TimeoutError:
                return False
            finally:
                server.on_packets = None
                self._stopping = None
                self._is_stopped = False
            return left[0] <= 0

        return self._loop_runner.run(serve())


class ThreadingServer(BlockingServer):
    """Runs handlers on at most `workers` threads; their order is not certain.

    Raises ValueError for a timeout: a thread cannot be stopped.
    """

    def __init__(self, url: str | EndpointUrl, dispatcher: Dispatcher, *, workers: int = 8, **options: Any) -> None:
        if options.get("timeout") is not None:
            raise ValueError("A ThreadingServer takes no timeout: a thread cannot be stopped. A ForkingServer does.")
        super().__init__(url, dispatcher, **options)
        self._workers = workers

    def _make_runner(self) -> HandlerRunner:
        return ThreadRunner(self._workers)


class ForkingServer(BlockingServer):
    """Runs the handlers of each message in a process of their own; what they change does not reach this one.

    children: how many at the same time. timeout: seconds after which one is killed, None for no limit.
    Raises EndpointError beside other threads or a Qt application, and where the system cannot fork.
    """

    def __init__(
        self,
        url: str | EndpointUrl,
        dispatcher: Dispatcher,
        *,
        children: int = 40,
        timeout: float | None = FORK_TIMEOUT,
        **options: Any,
    ) -> None:
        refuse_forking()
        super().__init__(url, dispatcher, **options)
        self._children = children
        self._timeout = math.inf if timeout is None else timeout

    def _make_runner(self) -> HandlerRunner:
        return ForkRunner(self._children, self._timeout)
