"""The whole program without a window: endpoints, the inbox, the store, and what leaves.

What arrives waits in the inbox until `flush` is called, once a frame; nothing is decoded before that.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread
from osc_workbench.net.endpoint import Endpoint
from osc_workbench.net.endpoint_kinds import make_endpoint
from osc_workbench.net.errors import log_problem
from osc_workbench.net.handling import Handling
from osc_workbench.net.inbox import Inbox
from osc_workbench.net.problem_limit import ProblemLimit
from osc_workbench.net.recorder import Recorder
from osc_workbench.net.responders import GuardedSend, Responders
from osc_workbench.net.runners import LoopRunner
from osc_workbench.net.script import Script
from osc_workbench.net.sending import Sending
from osc_workbench.net.status import status_of, status_of_pending
from osc_workbench.net.storing import store_arrivals
from osc_workbench.net.tasks import spawn
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.lint import Lint
from osc_workbench.traffic.record import Batch, Direction, EndpointStatus, Peer, PendingStatus, Role
from osc_workbench.traffic.responder import Responder
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tally import Tally

# From this share of the inbox on, streams are left waiting in the network, which loses nothing.
_HOLD_SHARE = 0.5
# A handler of a script that does not end is stopped, a coroutine is given time to wait for something.
HANDLER_TIMEOUT, TASK_TIMEOUT = 2.0, 60.0
# Lint looks at this many rows at once: few enough that none can be trimmed unseen and that its time counts for the
# budget, many enough that what each look costs does not.
_LINTED_ROWS = 4096
# How often endpoints are looked after, and how many of the bundles that wait are described.
_CHECK_INTERVAL = 1.0
_PENDING_SHOWN = 200


def _ignore(_text: str) -> None:
    return None


class Session:
    """Endpoints and what came through them.

    on_arrival: called when something came into the inbox, so that a frame can be asked for; replace it at will.
    on_problem: called with one sentence about what failed in the background. on_news: about what went well there.
    """

    def __init__(self, clock: Clock | None = None, store: TrafficStore | None = None) -> None:
        self.clock = clock or Clock()
        # An empty store counts as false.
        self.store = TrafficStore() if store is None else store
        self.lint = Lint(self.store)
        self.on_arrival: Callable[[], None] = lambda: None
        self.on_problem: Callable[[str], None] = log_problem
        self.on_news: Callable[[str], None] = _ignore
        self._report = ProblemLimit(self.clock, lambda problem: self.on_problem(problem))
        self.recorder: Recorder | None = None
        self.script: Script | None = None
        self.dispatcher = Dispatcher()
        self.deadlines = DeadlineThread(self.clock)
        self._endpoints: dict[int, Endpoint] = {}
        self._sending = Sending(self._endpoints, self.deadlines)
        self.handling = Handling(
            self.dispatcher,
            self.clock,
            self._sending.send_reply,
            self._report,
            runner=LoopRunner(HANDLER_TIMEOUT, TASK_TIMEOUT),
            deadlines=self.deadlines,
        )
        self._send_to = GuardedSend(self.send_anywhere, self.clock, self.handling.counters, self._report)
        self.responders = Responders(self.dispatcher, self._send_to)
        self._tallies: dict[int, Tally] = {}
        self._next_id = 1
        self._inbox = Inbox()
        self._is_holding = False
        self._is_storing = True
        # Datagrams that came or went while nothing was stored.
        self.not_stored = 0
        self._checked = self.clock.time()

    # Endpoints.

    def add_endpoint(self, url: EndpointUrl, role: Role = Role.LISTEN, reconnect: bool = True) -> int:
        """Add a closed endpoint and return its number. Raises EndpointError for a role the URL does not have.

        reconnect: whether one that connects tries again when it has failed.
        """
        endpoint_id = self._next_id
        endpoint = make_endpoint(endpoint_id, url, role, self.clock, self._take, self._report, reconnect)
        self._next_id += 1
        endpoint.hold(self._is_holding)
        self._endpoints[endpoint_id] = endpoint
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

    def close_connection(self, endpoint_id: int, peer: Peer) -> None:
        """End one TCP connection; one that has gone is no error."""
        self._endpoints[endpoint_id].close_connection(peer)

    def statuses(self) -> tuple[EndpointStatus, ...]:
        """Return how the endpoints fare, with their connections."""
        return tuple(
            replace(status, connections=self._endpoints[status.endpoint_id].connections())
            for status in self._statuses()
        )

    def _statuses(self) -> tuple[EndpointStatus, ...]:
        now = self.clock.time()
        return tuple(status_of(endpoint, self._tallies[number], now) for number, endpoint in self._endpoints.items())

    def pending(self) -> tuple[PendingStatus, ...]:
        """Return the bundles whose handlers wait for their time, those that are due first."""
        now = self.clock.time()
        return tuple(status_of_pending(pending, now) for pending in self.handling.pending(_PENDING_SHOWN))

    @property
    def pending_count(self) -> int:
        """How many bundles wait."""
        return len(self.handling.scheduler)

    def cancel_pending(self, number: int) -> None:
        """Do not run a bundle that waits; one that has run is no error."""
        self.handling.cancel(number)

    def close(self) -> None:
        """Close all endpoints, stop handlers and end the recording."""
        for endpoint in self._endpoints.values():
            endpoint.close()
        self.handling.close()
        self.deadlines.close()
        self.stop_recording()

    # Rules that answer.

    def set_responders(self, rules: Sequence[Responder]) -> None:
        """Answer by these rules from now on, instead of those before; counts of equal rules go on."""
        self.responders.set_rules(rules)

    def start_script(self, path: Path) -> asyncio.Task[None]:
        """Load a file of handlers and load it again whenever it changes, until the task is cancelled.

        Raises EndpointError if it cannot be loaded.
        """
        names = {"OscMessage": OscMessage, "OscBundle": OscBundle, "TimeTag": TimeTag, "send": self._send_to}
        script = self.script = Script(path, self.dispatcher, names, self._report, lambda news: self.on_news(news))
        script.load()
        return spawn(script.watch(), f"watch {path.name}")

    # Recording.

    def start_recording(self, path: Path) -> None:
        """Record everything that comes and goes from now on. Raises EndpointError if the file cannot be made."""
        self.flush(None)
        endpoints = self._endpoints
        self.recorder = Recorder(path, self.endpoint_url, lambda key: endpoints[key].local, self.clock, self._report)

    def stop_recording(self) -> None:
        """End the recording, if there is one; what has come so far is in it."""
        if self.recorder is not None:
            self.flush(None)
        recorder, self.recorder = self.recorder, None
        if recorder is not None:
            lost = {status.endpoint_id: (status.dropped or 0) + status.discarded for status in self.statuses()}
            recorder.close(lost)

    # Receiving.

    @property
    def is_storing(self) -> bool:
        return self._is_storing

    def set_storing(self, is_storing: bool) -> None:
        """Keep what comes and goes from now on in the store, or only count it; a recording to a file goes on."""
        self.flush(None)
        self._is_storing = is_storing

    def _take(self, arrivals: Arrivals) -> None:
        count = len(arrivals.datagrams)
        tally = self._tallies.get(arrivals.endpoint_id)
        if tally is None:
            # It was to leave at a certain time, and did while its endpoint was being removed.
            return
        if arrivals.direction is Direction.OUT:
            tally.sent += count
        size = self._inbox.add(arrivals)
        if size is None:
            tally.discarded += count
            return
        if not self._is_holding and self._inbox.is_filled(_HOLD_SHARE):
            self._hold(True)
        if arrivals.direction is Direction.IN:
            tally.packets += count
            tally.octets += size
        self.on_arrival()
        if self.dispatcher.has_handlers:
            endpoint = self._endpoints.get(arrivals.endpoint_id)
            self.handling.receive(arrivals, endpoint is not None and endpoint.answers)

    def _hold(self, is_held: bool) -> None:
        self._is_holding = is_held
        for endpoint in self._endpoints.values():
            endpoint.hold(is_held)

    @property
    def backlog(self) -> int:
        """Datagrams that wait in the inbox."""
        return self._inbox.count

    def flush(self, budget: float | None) -> Batch:
        """Move what waits in the inbox to the store, for about `budget` seconds (None: all of it)."""
        deadline = None if budget is None else self.clock.time() + budget
        first_row = looked_at = self.store.end_row
        inbox = self._inbox
        is_first = True
        while inbox.count and (deadline is None or self.clock.time() < deadline or is_first):
            is_first = False
            arrivals = inbox.take()
            taken = self._store(arrivals, deadline)
            if self.store.end_row - looked_at >= _LINTED_ROWS:
                looked_at = self._lint(looked_at)
            if taken < len(arrivals.datagrams):
                inbox.put_back(arrivals, taken)
                break
        self._lint(looked_at)
        if self.recorder is not None:
            self.recorder.flush_if_due()
        if self._is_holding and not self._inbox.is_filled(_HOLD_SHARE / 2):
            self._hold(False)
        self._check()
        return Batch(first_row, self.store.end_row, self.store.first_row, self._statuses(), inbox.count)

    def _lint(self, first_row: int) -> int:
        """Look at the rows from here on for what is wrong with them, and return where they end."""
        self.lint.take(first_row, self.store.end_row)
        return self.store.end_row

    def clear(self) -> None:
        """Forget all rows and what was found in them."""
        self.store.clear()
        self.lint.clear()

    def _check(self) -> None:
        now = self.clock.time()
        if now - self._checked >= _CHECK_INTERVAL:
            self._checked = now
            self._report.check()
            for endpoint in self._endpoints.values():
                endpoint.check()

    def _store(self, arrivals: Arrivals, deadline: float | None) -> int:
        """Store and record datagrams until the deadline; return how many were taken, at least one."""
        time = self.clock.time
        if self._is_storing:
            taken, malformed = store_arrivals(arrivals, self.store, lambda: deadline is not None and time() >= deadline)
        else:
            taken, malformed = len(arrivals.datagrams), 0
            self.not_stored += taken
        tally = self._tallies.get(arrivals.endpoint_id)
        if tally is not None and arrivals.direction is Direction.IN:
            tally.malformed += malformed
        if self.recorder is not None:
            self.recorder.write(arrivals, 0, taken)
        return taken

    # Sending.

    async def send(self, packet: OscPacket | bytes, target: EndpointUrl, endpoint_id: int) -> None:
        """Send a packet from an endpoint's port; it appears in the log like any other.

        Raises OscEncodeError for a packet that cannot be written, EndpointError if it could not leave.
        """
        await self._sending.send(packet, target, endpoint_id)

    async def send_at(self, due: float, packet: OscPacket | bytes, target: EndpointUrl, endpoint_id: int) -> None:
        """Send a packet at an exact time, monotonic seconds of the session's clock; returns at once.

        Raises as `send` does for what could never leave.
        """
        await self._sending.send_at(due, packet, target, endpoint_id)

    async def send_anywhere(self, packet: OscPacket | bytes, target: EndpointUrl) -> None:
        """Send a packet from an open endpoint that can: a connection to the target, or any UDP endpoint.

        Raises OscEncodeError or EndpointError.
        """
        await self._sending.send_anywhere(packet, target)
