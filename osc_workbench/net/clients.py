"""OSC clients: send, receive, and ask for an answer, on an event loop or blocking."""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from itertools import compress
from typing import Any, Self, TypeVar

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.endpoint import Endpoint, resolve
from osc_workbench.net.errors import EndpointError, log_problem
from osc_workbench.net.handling import Handling
from osc_workbench.net.runners import LoopRunner
from osc_workbench.net.tcp import TcpClient
from osc_workbench.net.udp import UdpEndpoint
from osc_workbench.net.url import EndpointUrl
from osc_workbench.net.wire_log import WireLog
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.context import Reply, packets_of_reply
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.packet import OscMessage, OscPacket, walk
from osc_workbench.osc.pattern import AddressPattern
from osc_workbench.traffic.record import Direction, EndpointState, Peer

# Packets that wait for `receive`; beyond it the oldest are let go and counted, so that requests see their replies.
_WAITING_LIMIT = 10_000
# Turns of the loop after which a packet that the system had is here: one wakes the reader, over TCP a few more pass.
_ARRIVAL_TURNS = 4
_NOT_OPEN = "Use it in a with block, or call open first."

Result = TypeVar("Result")


class OscClient:
    """Talks to one peer, over UDP or TCP.

        async with OscClient("udp://127.0.0.1:57110") as client:
            await client.send(("/status",))
            reply = await client.request(OscMessage.of("/version"), "/version.reply", timeout=1.0)

    local_port: the port to send from, 0 for any. local_host: the address to send from, None for the system's choice.
    malformed, discarded: packets that came and could not be decoded, or were not taken in time. strangers: datagrams
    of others than the target, which go no further; so do answers of a server that sends them from another address or
    port. To a multicast group or with ?broadcast=yes many may answer, and all are taken.
    """

    def __init__(
        self,
        url: str | EndpointUrl,
        *,
        local_port: int = 0,
        local_host: str | None = None,
        clock: Clock | None = None,
        wire_log: WireLog | None = None,
    ) -> None:
        self.url = EndpointUrl.parse(url) if isinstance(url, str) else url
        self.peer: Peer | None = None
        self._target: Peer | None = None
        self.malformed = 0
        self.discarded = 0
        self.strangers = 0
        self._clock = clock or Clock()
        self._local_port = local_port
        self._local_host = local_host
        self._wire_log = wire_log
        self._endpoint: Endpoint | None = None
        # Numbered, so that several requests at a time know which they have looked at.
        self._waiting: deque[tuple[int, OscPacket, Peer]] = deque()
        self._came = 0
        self._arrived = asyncio.Event()
        self._problems: deque[str] = deque(maxlen=16)
        self._handling: Handling | None = None

    @property
    def local_port(self) -> int:
        """The port that packets leave from; 0 if that is not known yet."""
        if self._endpoint is None or self._endpoint.local is None:
            return self._local_port
        return self._endpoint.local.port

    async def open(self) -> None:
        """Bind or connect. Raises EndpointError. Twice is no error."""
        if self._endpoint is not None:
            return
        loop = asyncio.get_running_loop()
        _, address = await resolve(loop, self.url)
        endpoint: Endpoint
        common = (self._clock, self._on_arrivals, self._on_problem, self._wire_log)
        if self.url.is_tcp:
            source = (self._local_host or _any_host(address[0]), self._local_port)
            chosen = source if self._local_port or self._local_host else None
            endpoint = TcpClient(1, self.url, *common, reconnect=False, source=chosen)
        else:
            host = self._local_host or source_host(address[0])
            local_url = replace(self.url, host=host, port=self._local_port, share=False)
            endpoint = UdpEndpoint(1, local_url, *common)
        self._arrived = asyncio.Event()
        await endpoint.open()
        self._endpoint = endpoint
        self.peer = endpoint.peer or Peer(*address)
        # A connection has one peer only, and of a group or a whole network everybody may answer.
        is_one = not self.url.is_tcp and not self.url.broadcast and not ipaddress.ip_address(address[0]).is_multicast
        self._target = self.peer if is_one else None

    async def close(self) -> None:
        """Give the port back. Twice is no error."""
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            endpoint.close()
            # One turn of the loop, in which a connection ends.
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def send(self, packet: Reply) -> None:
        """Send packets, in any form a reply can have, and wait while the peer takes less than it is sent.

        Raises OscEncodeError or EndpointError.
        """
        endpoint, peer = self._opened()
        for each in packets_of_reply(packet):
            endpoint.send(encode_packet(each), peer)
        await endpoint.drain(peer)

    async def receive(self, timeout: float | None = None) -> OscPacket | None:
        """Return the next packet that came, None if none does within `timeout` seconds. Raises EndpointError."""
        if timeout is not None and not self._waiting:
            await _let_arrive()
        try:
            async with asyncio.timeout(timeout):
                while not self._waiting:
                    await self._wait()
        except TimeoutError:
            return None
        return self._waiting.popleft()[1]

    async def request(self, packet: Reply, reply_pattern: str, timeout: float = 1.0) -> OscMessage:
        """Send a packet and return the first message whose address matches the pattern; others wait for `receive`.

        So does a bundle in which it came with others. Several requests can wait at the same time.

        Raises TimeoutError if none comes in time, EndpointError if the peer refuses.
        """
        pattern = AddressPattern(reply_pattern)
        if pattern.fault:
            raise ValueError(f"{reply_pattern!r:.80} can match no address: {pattern.fault}")
        self._problems.clear()
        seen = self._came
        await self.send(packet)
        try:
            async with asyncio.timeout(timeout):
                while (message := self._take_reply(pattern, seen)) is None:
                    seen = self._came
                    await self._wait()
                return message
        except TimeoutError:
            raise TimeoutError(f"{self.peer} sent no {reply_pattern} within {timeout:g} s.") from None

    async def handle(self, dispatcher: Dispatcher, timeout: float | None = None) -> int:
        """Run a dispatcher's handlers for what comes, replies included, for `timeout` seconds (None: until cancelled).

        Returns how many messages there were. Raises EndpointError if the peer refuses or the connection ends.
        """
        endpoint, _ = self._opened()
        runner = LoopRunner()
        handling = Handling(
            dispatcher, self._clock, lambda _, data, peer: endpoint.send(data, peer), log_problem, runner=runner
        )
        self._handling = handling
        try:
            while self._waiting:
                _, packet, peer = self._waiting.popleft()
                now = self._clock.unix_ns()
                handling.receive(Arrivals.of(1, Direction.IN, encode_packet(packet), now, peer), True)
            await _let_arrive()
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    while True:
                        await self._wait()
        finally:
            self._handling = None
            handling.close()
            await runner.wait_closed()
        return handling.counters.messages

    def _take_reply(self, pattern: AddressPattern, seen: int) -> OscMessage | None:
        """Return the first message that matches among the packets with numbers above `seen`."""
        first = len(self._waiting)
        while first and self._waiting[first - 1][0] > seen:
            first -= 1
        for index in range(first, len(self._waiting)):
            messages = [message for message, _ in walk(self._waiting[index][1])]
            for message in messages:
                if pattern.matches(str(message.address)):
                    if len(messages) == 1:
                        del self._waiting[index]
                    return message
        return None

    def _opened(self) -> tuple[Endpoint, Peer]:
        if self._endpoint is None or self.peer is None:
            raise EndpointError(f"The client of {self.url} is not open.", _NOT_OPEN)
        return self._endpoint, self.peer

    async def _wait(self) -> None:
        """Wait for the next thing to happen. Raises EndpointError if it was a refusal or the end of the connection."""
        endpoint, _ = self._opened()
        if self._problems:
            raise EndpointError(self._problems.popleft())
        if endpoint.state is not EndpointState.OPEN:
            raise EndpointError(endpoint.problem or f"The connection with {self.peer} has ended.")
        self._arrived.clear()
        await self._arrived.wait()

    def _on_arrivals(self, arrivals: Arrivals) -> None:
        if arrivals.direction is not Direction.IN:
            return
        arrivals = self._without_strangers(arrivals)
        if self._handling is not None:
            self._handling.receive(arrivals, True)
            return
        for data, peer in zip(arrivals.datagrams, arrivals.peers, strict=True):
            try:
                packet = decode_packet(data)
            except OscDecodeError:
                self.malformed += 1
                continue
            if len(self._waiting) >= _WAITING_LIMIT:
                self._waiting.popleft()
                self.discarded += 1
            self._came += 1
            self._waiting.append((self._came, packet, peer))
        self._arrived.set()

    def _without_strangers(self, arrivals: Arrivals) -> Arrivals:
        if self._target is None:
            return arrivals
        known = {peer for peer in set(arrivals.peers) if _is_same(self._target, peer)}
        is_known = [peer in known for peer in arrivals.peers]
        self.strangers += is_known.count(False)
        datagrams, peers = list(compress(arrivals.datagrams, is_known)), list(compress(arrivals.peers, is_known))
        return arrivals._replace(datagrams=datagrams, times=arrivals.times[is_known], peers=peers, truncated=())

    def _on_problem(self, text: str) -> None:
        self._problems.append(text)
        self._arrived.set()


class BlockingClient:
    """The same for programs without an event loop; see OscClient for what the methods do.

    Packets that come between two calls wait in the system and are there at the next one.
    """

    def __init__(self, url: str | EndpointUrl, **options: Any) -> None:
        self._runner: asyncio.Runner | None = None
        self.client = OscClient(url, **options)

    def open(self) -> None:
        if self._runner is not None:
            return
        runner = asyncio.Runner()
        try:
            runner.run(self.client.open())
        except BaseException:
            runner.close()
            raise
        self._runner = runner

    def close(self) -> None:
        runner, self._runner = self._runner, None
        if runner is None:
            return
        try:
            runner.run(self.client.close())
        finally:
            runner.close()

    def send(self, packet: Reply) -> None:
        self._run(self.client.send(packet))

    def receive(self, timeout: float | None = None) -> OscPacket | None:
        return self._run(self.client.receive(timeout))

    def request(self, packet: Reply, reply_pattern: str, timeout: float = 1.0) -> OscMessage:
        return self._run(self.client.request(packet, reply_pattern, timeout))

    def handle(self, dispatcher: Dispatcher, timeout: float) -> int:
        return self._run(self.client.handle(dispatcher, timeout))

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        if self._runner is None:
            coroutine.close()
            raise EndpointError(f"The client of {self.client.url} is not open.", _NOT_OPEN)
        return self._runner.run(coroutine)


async def _let_arrive() -> None:
    """Take what waits in the system, before a time-out that may be 0 begins."""
    for _ in range(_ARRIVAL_TURNS):
        await asyncio.sleep(0)


def source_host(target: str) -> str:
    """Return the address to send from: a socket bound to this machine alone cannot send to another."""
    if target == "::1":
        return target
    return "127.0.0.1" if target.startswith("127.") else _any_host(target)


def _any_host(target: str) -> str:
    return "::" if ":" in target else "0.0.0.0"


def _is_same(target: Peer, peer: Peer) -> bool:
    """Compare hosts, their interfaces where both tell them, and ports."""
    (host, _, scope), (other, _, other_scope) = target.host.partition("%"), peer.host.partition("%")
    # What is sent to no address in particular goes to this machine, and is answered from there.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return (host, target.port) == (other, peer.port) and (not scope or not other_scope or scope == other_scope)
