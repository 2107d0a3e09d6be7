"""The whole program without a window: endpoints, the inbox, the store, and what leaves.

What arrives waits in the inbox until `flush` is called, once a frame; nothing is decoded before that.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from osc_workbench.net.arrivals import Arrivals, join_arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.recorder import Recorder
from osc_workbench.net.udp import BUFFER_ASKED, UdpEndpoint, resolve
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.traffic.chunk import TRUNCATED
from osc_workbench.traffic.indexer import DATAGRAMS_OF_CALL, index_datagrams
from osc_workbench.traffic.record import Batch, Direction, EndpointState, EndpointStatus, Peer
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tally import Tally

logger = logging.getLogger(__name__)

# What may wait for the next frames: five seconds at 100,000 a second. Beyond that new arrivals are counted and let go.
INBOX_DATAGRAMS_LIMIT = 500_000
INBOX_BYTES_LIMIT = 256 << 20
# Reads bring some forty datagrams each under load; storing more of them at a time takes half the time.
_JOINED_BYTES = 1 << 20


def _nobody() -> None:
    return None


def _log_problem(text: str) -> None:
    logger.warning("%s", text)


class Session:
    """Endpoints and what came through them.

    on_arrival: called when something came into the inbox, so that a frame can be asked for; replace it at will.
    on_problem: called with one sentence about what failed in the background.
    """

    def __init__(self, clock: Clock | None = None, store: TrafficStore | None = None) -> None:
        self.clock = clock or Clock()
        # An empty store counts as false.
        self.store = TrafficStore() if store is None else store
        self.on_arrival: Callable[[], None] = _nobody
        self.on_problem: Callable[[str], None] = _log_problem
        self.recorder: Recorder | None = None
        self._endpoints: dict[int, UdpEndpoint] = {}
        self._tallies: dict[int, Tally] = {}
        self._next_id = 1
        self._inbox: deque[tuple[Arrivals, int]] = deque()
        self._backlog = 0
        self._backlog_bytes = 0

    # Endpoints.

    def add_endpoint(self, url: EndpointUrl) -> int:
        """Add a closed endpoint and return its number."""
        endpoint_id = self._next_id
        self._next_id += 1
        self._endpoints[endpoint_id] = UdpEndpoint(
            endpoint_id, url, self.clock, self._take, lambda text: self.on_problem(text)
        )
        self._tallies[endpoint_id] = Tally()
        return endpoint_id

    async def open_endpoint(self, endpoint_id: int) -> None:
        """Bind an endpoint and start to receive. Raises EndpointError."""
        await self._endpoints[endpoint_id].open()

    def close_endpoint(self, endpoint_id: int) -> None:
        self._endpoints[endpoint_id].close()

    def remove_endpoint(self, endpoint_id: int) -> None:
        """Close an endpoint and forget it; its rows stay."""
        self._endpoints[endpoint_id].close()
        self.flush(None)
        del self._endpoints[endpoint_id]
        del self._tallies[endpoint_id]

    def endpoint_url(self, endpoint_id: int) -> EndpointUrl:
        """Return the URL with the port that is really bound. Raises KeyError if it was removed."""
        return self._endpoints[endpoint_id].url

    def statuses(self) -> tuple[EndpointStatus, ...]:
        now = self.clock.time()
        return tuple(self._status(endpoint, now) for endpoint in self._endpoints.values())

    def _status(self, endpoint: UdpEndpoint, now: float) -> EndpointStatus:
        tally = self._tallies[endpoint.endpoint_id]
        packets_per_second, octets_per_second = tally.rates(now)
        return EndpointStatus(
            endpoint_id=endpoint.endpoint_id,
            url=str(endpoint.url),
            state=endpoint.state,
            problem=endpoint.problem,
            remedy=endpoint.remedy,
            packets=tally.packets,
            octets=tally.octets,
            sent=tally.sent,
            malformed=tally.malformed,
            dropped=endpoint.dropped,
            discarded=tally.discarded,
            packets_per_second=packets_per_second,
            octets_per_second=octets_per_second,
            buffer_granted=endpoint.buffer_granted,
            buffer_asked=BUFFER_ASKED,
        )

    def close(self) -> None:
        """Close all endpoints and end the recording."""
        for endpoint in self._endpoints.values():
            endpoint.close()
        if self.recorder is not None:
            self.flush(None)
            self.stop_recording()

    # Recording.

    def start_recording(self, path: Path) -> None:
        """Record everything that comes and goes from now on. Raises EndpointError if the file cannot be made."""
        self.flush(None)
        self.recorder = Recorder(
            path, lambda endpoint_id: self._endpoints[endpoint_id].url, self.clock, lambda text: self.on_problem(text)
        )

    def stop_recording(self) -> None:
        """End the recording, if there is one."""
        recorder, self.recorder = self.recorder, None
        if recorder is not None:
            lost = {status.endpoint_id: (status.dropped or 0) + status.discarded for status in self.statuses()}
            recorder.close(lost)

    # Receiving.

    def _take(self, arrivals: Arrivals) -> None:
        count = len(arrivals.datagrams)
        size = sum(map(len, arrivals.datagrams))
        tally = self._tallies[arrivals.endpoint_id]
        if arrivals.direction is Direction.OUT:
            tally.sent += count
        if self._backlog + count > INBOX_DATAGRAMS_LIMIT or self._backlog_bytes + size > INBOX_BYTES_LIMIT:
            tally.discarded += count
            return
        if arrivals.direction is Direction.IN:
            tally.packets += count
            tally.octets += size
        self._inbox.append((arrivals, size))
        self._backlog += count
        self._backlog_bytes += size
        self.on_arrival()

    @property
    def backlog(self) -> int:
        """Datagrams that wait in the inbox."""
        return self._backlog

    def flush(self, budget: float | None) -> Batch:
        """Move what waits in the inbox to the store, for about `budget` seconds (None: all of it)."""
        deadline = None if budget is None else self.clock.time() + budget
        first_row = self.store.end_row
        while self._inbox and (deadline is None or self.clock.time() < deadline or self.store.end_row == first_row):
            arrivals, size = self._next_arrivals()
            taken = self._store(arrivals, deadline)
            self._backlog -= taken
            if taken < len(arrivals.datagrams):
                rest = _rest_of(arrivals, taken)
                rest_size = sum(map(len, rest.datagrams))
                self._inbox.appendleft((rest, rest_size))
                self._backlog_bytes -= size - rest_size
                break
            self._backlog_bytes -= size
        if self.recorder is not None:
            self.recorder.flush_if_due()
        return Batch(first_row, self.store.end_row, self.store.first_row, self.statuses(), self._backlog)

    def _next_arrivals(self) -> tuple[Arrivals, int]:
        """Take the next arrivals from the inbox, joined with those of the same endpoint and direction behind them."""
        arrivals, size = self._inbox.popleft()
        found, count = [arrivals], len(arrivals.datagrams)
        while self._inbox and size < _JOINED_BYTES and count < DATAGRAMS_OF_CALL:
            following, following_size = self._inbox[0]
            if following[:2] != arrivals[:2] or count + len(following.datagrams) > DATAGRAMS_OF_CALL:
                break
            self._inbox.popleft()
            found.append(following)
            count += len(following.datagrams)
            size += following_size
        return join_arrivals(found), size

    def _store(self, arrivals: Arrivals, deadline: float | None) -> int:
        """Store datagrams until the deadline; return how many were taken, at least one."""
        links = self._link_numbers(arrivals)
        tally = self._tallies.get(arrivals.endpoint_id)
        index, end = 0, len(arrivals.datagrams)
        while index < end:
            first = index
            rows, index, malformed = index_datagrams(
                arrivals.datagrams, index, arrivals.times, links, self.store.headers
            )
            for number in arrivals.truncated:
                if first <= number < index:
                    rows.flags[rows.of_packet(number - first)] |= TRUNCATED
            self.store.append(rows)
            if tally is not None and arrivals.direction is Direction.IN:
                tally.malformed += malformed
            if self.recorder is not None:
                self.recorder.write(arrivals, first, index)
            if deadline is not None and self.clock.time() >= deadline:
                break
        return index

    def _link_numbers(self, arrivals: Arrivals) -> npt.NDArray[np.uint32]:
        number_of = self.store.links.number_of
        peers = arrivals.peers
        distinct = set(peers)
        numbers = {peer: number_of(arrivals.endpoint_id, peer, arrivals.direction) for peer in distinct}
        if len(distinct) == 1:
            return np.full(len(peers), numbers[peers[0]], np.uint32)
        return np.array([numbers[peer] for peer in peers], np.uint32)

    # Sending.

    async def send(self, packet: OscMessage | OscBundle | bytes, target: EndpointUrl, endpoint_id: int) -> None:
        """Send a packet from an endpoint's port; it appears in the log like any other.

        Raises OscEncodeError for a packet that cannot be written, EndpointError if it could not leave.
        """
        data = packet if isinstance(packet, bytes) else encode_packet(packet)
        endpoint = self._endpoints.get(endpoint_id)
        if endpoint is None or endpoint.state is not EndpointState.OPEN:
            raise EndpointError("There is no open endpoint to send from.", "Start one first.")
        _, address = await resolve(asyncio.get_running_loop(), target)
        endpoint.send(data, Peer(*address))


def _rest_of(arrivals: Arrivals, taken: int) -> Arrivals:
    return arrivals._replace(
        datagrams=arrivals.datagrams[taken:],
        times=arrivals.times[taken:],
        peers=arrivals.peers[taken:],
        truncated=tuple(number - taken for number in arrivals.truncated if number >= taken),
    )
