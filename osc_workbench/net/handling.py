"""What arrives runs handlers, and what they reply goes back: servers and the workbench's session share this.

It stands beside the log: the same datagrams become rows at the next frame, while handlers are served at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.deadlines import DeadlineThread, LoopAlarm, LoopTimer
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.look_up import LookUp
from osc_workbench.net.runners import HandlerRunner, LoopRunner, describe_failure
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, Handler, Outcome
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.packet import OscMessage, OscPacket
from osc_workbench.osc.reply_guard import REPLIES_PER_SECOND, ReplyGuard
from osc_workbench.osc.scheduler import BundleScheduler, DueMessage, PendingBundle, SchedulePolicy
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Direction, Peer

Accept = Callable[[bytes, Peer], bool]
# One handler's failures are reported once in this time, with how many there were.
_REPORT_INTERVAL = 1.0
_REPORTED_LIMIT = 1000
_REASONS = {
    "echo": "its answers come back as questions",
    "rate": "more answers than may go to one peer; this is a loop or a flood",
}


_IMMEDIATELY = TimeTag.IMMEDIATELY
# A named tuple's own constructor takes twice as long, which is a tenth of serving a message.
_new_context: Callable[[tuple[Any, ...]], Context] = partial(tuple.__new__, Context)


class Origin(NamedTuple):
    """Where a packet came from: endpoint, peer, when (ns since the Unix epoch), and whether it may be answered."""

    endpoint_id: int
    peer: Peer
    unix_ns: int
    may_answer: bool


@dataclass(slots=True)
class HandlingCounters:
    """messages: those that ran handlers or were offered to them. malformed: packets that could not be decoded.

    rejected: packets the acceptance hook refused. replies: packets sent back. unanswered: packets that did not leave,
    as replies to groups, or held back by a guard against loops. failures: handlers that failed. unmatched: messages
    whose address pattern was not matched, because patterns had taken their share of the time.
    """

    messages: int = 0
    malformed: int = 0
    rejected: int = 0
    replies: int = 0
    unanswered: int = 0
    failures: int = 0
    unmatched: int = 0


class Handling:
    """Decodes, schedules, dispatches and answers.

    send: sends a packet's bytes from an endpoint to a peer, raises EndpointError. accept: looks at a packet first; what
    it refuses is counted and goes no further. on_problem: called with one sentence about what went wrong.
    deadlines: makes bundles run at the exact time; None leaves that to the loop's timers.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        send: Callable[[int, bytes, Peer], None],
        on_problem: Callable[[str], None],
        *,
        policy: SchedulePolicy = SchedulePolicy.SCHEDULE,
        accept: Accept | None = None,
        replies_per_second: float = REPLIES_PER_SECOND,
        runner: HandlerRunner | None = None,
        deadlines: DeadlineThread | None = None,
    ) -> None:
        self.dispatcher = dispatcher
        self.scheduler: BundleScheduler[Origin] = BundleScheduler(policy)
        self.guard = ReplyGuard(replies_per_second)
        self.counters = HandlingCounters()
        self.accept = accept
        self.runner: HandlerRunner = runner or LoopRunner()
        self.runner.on_failure = self._on_failure
        self._clock = clock
        self._send = send
        self._on_problem = on_problem
        self._deadlines = deadlines
        self._alarm: LoopAlarm | LoopTimer | None = None
        self._handlers_for = LookUp(dispatcher, clock, self._on_unmatched)
        self._reported: dict[Handler | Callable[..., object], tuple[float, int]] = {}

    def receive(self, arrivals: Arrivals, may_answer: bool) -> None:
        """Run the handlers for what has arrived."""
        if arrivals.direction is Direction.IN:
            with self.runner.batch():
                self._receive(arrivals, may_answer)
            self._set_alarm()

    def _receive(self, arrivals: Arrivals, may_answer: bool) -> None:
        moment = self._clock.moment()
        endpoint_id, accept, counters = arrivals.endpoint_id, self.accept, self.counters
        handlers_for, run, guarded = self._handlers_for, self.runner.run, self.guard.peers
        for data, unix_ns, sender in zip(arrivals.datagrams, arrivals.times.tolist(), arrivals.peers, strict=True):
            if accept is not None and not self._is_accepted(accept, data, sender):
                counters.rejected += 1
                continue
            if guarded:
                self.guard.hear(sender, data, moment.time)
            try:
                packet = decode_packet(data)
            except OscDecodeError:
                counters.malformed += 1
                continue
            if isinstance(packet, OscMessage):
                counters.messages += 1
                handlers = handlers_for(packet[0])
                if handlers:
                    send = partial(self._reply, endpoint_id, sender, may_answer, counters.messages)
                    run(handlers, _new_context((packet, sender, unix_ns, _IMMEDIATELY, 0.0, send)))
            else:
                origin = Origin(endpoint_id, sender, unix_ns, may_answer)
                for due in self.scheduler.receive(packet, origin, moment, len(data)):
                    self._run_due(due)

    def pending(self, count: int | None = None) -> tuple[PendingBundle[Origin], ...]:
        """Return the bundles that wait, or the first `count`, in the order in which they will run."""
        return self.scheduler.pending(count)

    def cancel(self, number: int) -> bool:
        """Take back a bundle that waits; False if it does not wait any more."""
        cancelled = self.scheduler.cancel(number)
        self._set_alarm()
        return cancelled is not None

    def close(self) -> tuple[PendingBundle[Origin], ...]:
        """Stop handlers that go on and return the bundles that will not run."""
        if self._alarm is not None:
            self._alarm.close()
            self._alarm = None
        self.runner.close()
        left = self.scheduler.close()
        if left:
            self._on_problem(f"{len(left)} bundles that waited for their time were discarded.")
        return left

    def _is_accepted(self, accept: Accept, data: bytes, peer: Peer) -> bool:
        # The hook is the user's code as handlers are; a packet it fails on is refused.
        try:
            return accept(data, peer)
        except Exception as error:
            text = f"The acceptance hook failed on a packet of {peer}: {type(error).__name__}: {error}."
            self._report(accept, lambda: text)
            return False

    def _run_due(self, due: DueMessage[Origin]) -> None:
        message, time_tag, origin, late_by = due
        self.counters.messages += 1
        handlers = self._handlers_for(message.address)
        if handlers:
            send = partial(self._reply, origin.endpoint_id, origin.peer, origin.may_answer, self.counters.messages)
            self.runner.run(handlers, Context(message, origin.peer, origin.unix_ns, time_tag, late_by, send))

    def _set_alarm(self) -> None:
        deadline = self.scheduler.next_deadline()
        if self._alarm is None:
            if deadline is None:
                return
            loop = asyncio.get_running_loop()
            self._alarm = (
                LoopTimer(loop, self._clock, self._on_due)
                if self._deadlines is None
                else LoopAlarm(loop, self._deadlines, self._on_due)
            )
        self._alarm.set(deadline)

    def run_due(self) -> None:
        """Run what is due by now; for whoever keeps the loop busy for long, between two steps."""
        if len(self.scheduler):
            self._on_due()

    def _on_due(self) -> None:
        for due in self.scheduler.pop_due(self._clock.time()):
            self._run_due(due)
        self._set_alarm()

    def _reply(self, endpoint_id: int, peer: Peer, may_answer: bool, question: int, packet: OscPacket) -> None:
        """Send a packet back; question: how many messages there were with the one that it answers."""
        if not may_answer:
            self.counters.unanswered += 1
            return
        data = encode_packet(packet)
        refusal = self.guard.refuse(peer, data, self._clock.time(), question)
        if refusal:
            self.counters.unanswered += 1
            if refusal in _REASONS:
                self._on_problem(f"{peer} is not answered until it is quiet for a second: {_REASONS[refusal]}.")
            return
        self._send(endpoint_id, data, peer)
        self.counters.replies += 1

    def _on_failure(self, outcome: Outcome) -> None:
        self.counters.failures += 1
        error = outcome.error
        # A reply that could not leave says itself what is the matter.
        self._report(
            outcome.handler, lambda: str(error) if isinstance(error, EndpointError) else describe_failure(outcome)
        )

    def _on_unmatched(self) -> None:
        self.counters.unmatched += 1
        self._report(
            self._on_unmatched,
            lambda: "Address patterns take too long: they are matched for a quarter of the time only.",
        )

    def _report(self, source: Handler | Callable[..., object], describe: Callable[[], str]) -> None:
        now = self._clock.time()
        reported, withheld = self._reported.get(source, (now - _REPORT_INTERVAL, 0))
        if now - reported < _REPORT_INTERVAL:
            self._reported[source] = reported, withheld + 1
            return
        if len(self._reported) >= _REPORTED_LIMIT:
            self._reported.clear()
        self._reported[source] = now, 0
        more = f" ({withheld:,} more like it before)" if withheld else ""
        self._on_problem(describe() + more)
