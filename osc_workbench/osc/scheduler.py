"""When the messages of a bundle take effect: bundles due in the future wait, the others run at once.

Without clock and without thread: whoever owns a scheduler hands in the time and asks for the next deadline. It delays
handlers only; the log shows a bundle when it arrives. A time tag is turned into monotonic time once, on arrival, so a
step of the wall clock neither loses nor floods what waits.
"""

import enum
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import NANOSECONDS, TimeTag

Origin = TypeVar("Origin")

PENDING_LIMIT = 10_000
PENDING_BYTES_LIMIT = 64 << 20
# Two readings of the wall clock that agree this well belong to the same setting of it. Within one setting all time tags
# are turned with one offset, so that bundles keep the order of their time tags exactly.
_SAME_CLOCK_NS = 20_000


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
    """What the bundles of one packet share: its number, the wall clock as it was set then, and the packet's size."""

    number: int
    offset_ns: int
    unix_ns: int
    size: int

    def due(self, time_tag: TimeTag) -> float:
        """Return the monotonic time of a time tag."""
        return (time_tag.to_unix_ns(self.unix_ns) - self.offset_ns) / NANOSECONDS


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
    arrival: _Arrival


class BundleScheduler(Generic[Origin]):
    """Bundles by their time tags; equal ones in the order of their arrival.

    An inner bundle never runs before its outer one: it is looked at when the outer one runs, and then waits for its own
    time if that is later.
    limit, limit_bytes: what may wait; beyond it a new bundle is refused and counted, those that wait are kept.
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
        # (due, arrival, number): of equal time tags the first to arrive runs first, also if it came in an outer bundle.
        self._heap: list[tuple[float, int, int]] = []
        self._waiting: dict[int, PendingBundle[Origin]] = {}
        self._arrivals = 0
        self._numbers = 0
        self._bytes = 0
        self._offset_ns: int | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def receive(self, packet: OscPacket, origin: Origin, now: Moment, size: int = 0) -> list[DueMessage[Origin]]:
        """Take in a packet that has arrived and return what of it is due at once, in order.

        size: bytes of the packet, for the limit.
        """
        if isinstance(packet, OscMessage):
            return [DueMessage(packet, TimeTag.IMMEDIATELY, origin)]
        arrival = self._arrival(now, size)
        if self.policy is SchedulePolicy.IMMEDIATELY or packet.time_tag.is_immediate:
            return list(self._run(packet, origin, now.time, 0.0, arrival))
        due = arrival.due(packet.time_tag)
        if due > now.time:
            self._push(due, packet, origin, arrival)
            return []
        self.late += 1
        if self.policy is SchedulePolicy.DISCARD_LATE:
            self.discarded += 1
            return []
        return list(self._run(packet, origin, now.time, now.time - due, arrival))

    def pop_due(self, time: float) -> list[DueMessage[Origin]]:
        """Return the messages of all bundles that are due by now, in order."""
        messages: list[DueMessage[Origin]] = []
        while self._heap and self._heap[0][0] <= time:
            pending = self._take(heapq.heappop(self._heap)[2])
            if pending is not None:
                messages += self._run(pending.bundle, pending.origin, time, 0.0, pending.arrival)
        return messages

    def next_deadline(self) -> float | None:
        """Return when `pop_due` is worth the next call, None if nothing waits."""
        while self._heap and self._heap[0][2] not in self._waiting:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pending(self) -> tuple[PendingBundle[Origin], ...]:
        """Return what waits, in the order in which it will run."""
        return tuple(self._waiting[number] for _, _, number in sorted(self._heap) if number in self._waiting)

    def cancel(self, number: int) -> PendingBundle[Origin] | None:
        """Take back a bundle that waits; None if it does not wait any more."""
        pending = self._take(number)
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
        self._bytes = 0
        return left

    def _arrival(self, now: Moment, size: int) -> _Arrival:
        self._arrivals += 1
        offset = now.unix_ns - round(now.time * NANOSECONDS)
        if self._offset_ns is None or abs(offset - self._offset_ns) > _SAME_CLOCK_NS:
            self._offset_ns = offset
        return _Arrival(self._arrivals, self._offset_ns, now.unix_ns, size)

    def _run(
        self, bundle: OscBundle, origin: Origin, time: float, late_by: float, arrival: _Arrival
    ) -> Iterator[DueMessage[Origin]]:
        for element in bundle.elements:
            if isinstance(element, OscMessage):
                yield DueMessage(element, bundle.time_tag, origin, late_by)
            elif self._waits(element, time, arrival):
                self._push(arrival.due(element.time_tag), element, origin, arrival)
            else:
                yield from self._run(element, origin, time, late_by, arrival)

    def _waits(self, inner: OscBundle, time: float, arrival: _Arrival) -> bool:
        if self.policy is SchedulePolicy.IMMEDIATELY or inner.time_tag.is_immediate:
            return False
        return arrival.due(inner.time_tag) > time

    def _push(self, due: float, bundle: OscBundle, origin: Origin, arrival: _Arrival) -> None:
        if len(self._waiting) >= self.limit or self._bytes + arrival.size > self.limit_bytes:
            self.refused += 1
            return
        self._numbers += 1
        self._bytes += arrival.size
        self._waiting[self._numbers] = PendingBundle(self._numbers, due, bundle, origin, arrival)
        heapq.heappush(self._heap, (due, arrival.number, self._numbers))

    def _take(self, number: int) -> PendingBundle[Origin] | None:
        pending = self._waiting.pop(number, None)
        if pending is not None:
            self._bytes -= pending.arrival.size
        return pending
