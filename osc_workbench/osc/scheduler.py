"""When the messages of a bundle take effect: bundles due in the future wait, the others run at once.

Without clock and without thread: whoever owns a scheduler hands in the time and asks for the next deadline. It delays
handlers only; the log shows a bundle when it arrives.

Strategy: time tags are turned, on arrival, into the time of a steady clock, which is the wall clock without its steps.
In it they are exact integers, so bundles keep the order of their time tags; it is held against the monotonic clock anew
with each packet, so a clock that is slowed or hastened a little is followed. A step changes only what arrives after it.
"""

import enum
import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import NANOSECONDS, TimeTag

Origin = TypeVar("Origin")

PENDING_LIMIT = 10_000
# In bytes of the packets; decoded they take seven times as much at most.
PENDING_BYTES_LIMIT = 16 << 20
# A wall clock that has moved this far against the monotonic one was set; less is drift, or an inexact reading.
_STEP_NS = 100_000_000


class SchedulePolicy(enum.Enum):
    """What time tags do to handlers. SCHEDULE runs late bundles at once, DISCARD_LATE drops and counts them."""

    SCHEDULE = "schedule"
    IMMEDIATELY = "immediately"
    DISCARD_LATE = "discard late"


class Moment(NamedTuple):
    """One instant on both clocks: monotonic seconds, and nanoseconds since the Unix epoch."""

    time: float
    unix_ns: int


class _Arrival(NamedTuple):
    """What the bundles of one packet share: its number, when it came on both clocks, and its size."""

    number: int
    unix_ns: int
    steady_ns: int
    size: int


class DueMessage(NamedTuple, Generic[Origin]):
    """A message whose time has come.

    time_tag: that of the bundle around it, IMMEDIATELY without one. origin: what was handed in with the packet.
    late_by: seconds between the time tag and the arrival, 0.0 if it was in time.
    """

    message: OscMessage
    time_tag: TimeTag
    origin: Origin
    late_by: float = 0.0


@dataclass(frozen=True, slots=True)
class PendingBundle(Generic[Origin]):
    """A bundle that waits.

    number: for `cancel`. due: monotonic seconds.
    """

    number: int
    due: float
    bundle: OscBundle
    origin: Origin


class _Waiting(NamedTuple, Generic[Origin]):
    """A bundle that waits for `at` on the steady clock."""

    at: int
    bundle: OscBundle
    origin: Origin
    arrival: _Arrival


class BundleScheduler(Generic[Origin]):
    """Bundles by their time tags; equal ones in the order of their arrival.

    An inner bundle never runs before its outer one: it is looked at when the outer one runs, and then waits for its own
    time if that is later.
    limit: bundles that may wait. limit_bytes: of the packets of which any bundle waits, each packet once. Beyond them a
    new bundle is refused and counted, those that wait are kept.
    late: bundles that came after their time. discarded: late ones dropped by the policy. refused: over the limit.
    """

    def __init__(
        self,
        policy: SchedulePolicy = SchedulePolicy.SCHEDULE,
        limit: int = PENDING_LIMIT,
        limit_bytes: int = PENDING_BYTES_LIMIT,
    ) -> None:
        self.policy = policy
        self.limit = limit
        self.limit_bytes = limit_bytes
        self.late = 0
        self.discarded = 0
        self.refused = 0
        # (at, arrival, number): of equal time tags the first to arrive runs first, also if it came in an outer bundle.
        self._heap: list[tuple[int, int, int]] = []
        self._waiting: dict[int, _Waiting[Origin]] = {}
        self._arrivals = 0
        self._numbers = 0
        self._bytes = 0
        # How many bundles of each packet wait, by its arrival: its bytes are there once, however many these are.
        self._shares: Counter[int] = Counter()
        # The wall clock is ahead of the steady clock by the steps, the steady clock of the monotonic one by the offset.
        self._steps_ns = 0
        self._offset_ns: int | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def receive(self, packet: OscPacket, origin: Origin, now: Moment, size: int = 0) -> list[DueMessage[Origin]]:
        """Take in a packet that has arrived and return what is due at once, in order.

        That can be messages of packets before, if a late bundle comes while others are due and were not popped yet.
        size: bytes of the packet, for the limit.
        """
        if isinstance(packet, OscMessage):
            return [DueMessage(packet, TimeTag.IMMEDIATELY, origin)]
        arrival = self._arrival(now, size)
        at = self._at(packet, arrival)
        if at is None:
            return list(self._run(_Waiting(arrival.steady_ns, packet, origin, arrival), 0.0))
        self._push(_Waiting(at, packet, origin, arrival))
        return self.pop_due(now.time) if at <= arrival.steady_ns else []

    def pop_due(self, time: float) -> list[DueMessage[Origin]]:
        """Return the messages of all bundles that are due by now, in order."""
        messages: list[DueMessage[Origin]] = []
        while self._heap and self._due(self._heap[0][0]) <= time:
            waiting = self._take(heapq.heappop(self._heap)[2])
            if waiting is not None:
                messages += self._run(waiting, _late_by(waiting.at, waiting.arrival))
        return messages

    def next_deadline(self) -> float | None:
        """Return when `pop_due` is worth the next call, None if nothing waits."""
        while self._heap and self._heap[0][2] not in self._waiting:
            heapq.heappop(self._heap)
        return self._due(self._heap[0][0]) if self._heap else None

    def pending(self, count: int | None = None) -> tuple[PendingBundle[Origin], ...]:
        """Return what waits, or the first `count` of it, in the order in which it will run."""
        waiting = sorted(entry for entry in self._heap if entry[2] in self._waiting)
        return tuple(self._pending(number) for _, _, number in waiting[:count])

    def cancel(self, number: int) -> PendingBundle[Origin] | None:
        """Take back a bundle that waits; None if it does not wait any more."""
        if number not in self._waiting:
            return None
        pending = self._pending(number)
        self._take(number)
        # Cancelled entries stay in the heap until their time; they must not be what fills it.
        if len(self._heap) > 2 * len(self._waiting) + 64:
            self._heap = [entry for entry in self._heap if entry[2] in self._waiting]
            heapq.heapify(self._heap)
        return pending

    def close(self) -> tuple[PendingBundle[Origin], ...]:
        """Forget everything and return what will not run."""
        left = self.pending()
        self._heap.clear()
        self._waiting.clear()
        self._shares.clear()
        self._bytes = 0
        return left

    def _arrival(self, now: Moment, size: int) -> _Arrival:
        offset = now.unix_ns - self._steps_ns - round(now.time * NANOSECONDS)
        if self._offset_ns is not None and abs(offset - self._offset_ns) > _STEP_NS:
            self._steps_ns += offset - self._offset_ns
        else:
            self._offset_ns = offset
        self._arrivals += 1
        return _Arrival(self._arrivals, now.unix_ns, now.unix_ns - self._steps_ns, size)

    def _at(self, bundle: OscBundle, arrival: _Arrival) -> int | None:
        """Return the bundle's time on the steady clock, None if it has none that counts."""
        # Zero is not a time either; there are senders that mean "immediately" by it.
        if self.policy is SchedulePolicy.IMMEDIATELY or bundle.time_tag.value <= TimeTag.IMMEDIATELY.value:
            return None
        return bundle.time_tag.to_unix_ns(arrival.unix_ns) - arrival.unix_ns + arrival.steady_ns

    def _due(self, at: int) -> float:
        """Return the monotonic time of a time on the steady clock."""
        return (at - (self._offset_ns or 0)) / NANOSECONDS

    def _pending(self, number: int) -> PendingBundle[Origin]:
        waiting = self._waiting[number]
        return PendingBundle(number, self._due(waiting.at), waiting.bundle, waiting.origin)

    def _run(self, outer: _Waiting[Origin], late_by: float) -> Iterator[DueMessage[Origin]]:
        """Yield the messages of a bundle whose time has come; inner bundles whose time is later are put in the heap."""
        for element in outer.bundle.elements:
            if isinstance(element, OscMessage):
                yield DueMessage(element, outer.bundle.time_tag, outer.origin, late_by)
                continue
            at = self._at(element, outer.arrival)
            inner = outer._replace(bundle=element)
            if at is None:
                yield from self._run(inner, late_by)
            elif at > outer.at:
                self._push(inner._replace(at=at))
            elif not self._is_dropped(at, outer.arrival):
                yield from self._run(inner, _late_by(at, outer.arrival))

    def _push(self, waiting: _Waiting[Origin]) -> None:
        at, _, _, arrival = waiting
        if self._is_dropped(at, arrival):
            return
        # What is late does not wait, so there is always room for it.
        size = 0 if arrival.number in self._shares else arrival.size
        is_full = len(self._waiting) >= self.limit or self._bytes + size > self.limit_bytes
        if is_full and at > arrival.steady_ns:
            self.refused += 1
            return
        self._numbers += 1
        self._bytes += size
        self._shares[arrival.number] += 1
        self._waiting[self._numbers] = waiting
        heapq.heappush(self._heap, (at, arrival.number, self._numbers))

    def _is_dropped(self, at: int, arrival: _Arrival) -> bool:
        """Count a bundle if it came after its time, and tell whether the policy drops it."""
        if at >= arrival.steady_ns:
            return False
        self.late += 1
        if self.policy is not SchedulePolicy.DISCARD_LATE:
            return False
        self.discarded += 1
        return True

    def _take(self, number: int) -> _Waiting[Origin] | None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            arrival = waiting.arrival
            self._shares[arrival.number] -= 1
            if not self._shares[arrival.number]:
                del self._shares[arrival.number]
                self._bytes -= arrival.size
        return waiting


def _late_by(at: int, arrival: _Arrival) -> float:
    return max(0, arrival.steady_ns - at) / NANOSECONDS
