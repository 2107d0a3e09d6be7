"""Three minutes of an imagined rehearsal, with something to find for every question of docs/finding-things.md.

The times are of 2024-05-04, UTC. This program listens at port 9000; it, too, sends to SuperCollider at port 57120.
"""

from typing import NamedTuple

from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.lint_rules import rules_in
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.record_lines import text_line
from osc_workbench.traffic.row_view import views_of
from tests.doubles.linted_store import Fed, LintedStore

URL = "udp://192.168.1.10:9000"
DESK, TABLET = Peer("192.168.1.20", 8000), Peer("192.168.1.30", 50112)
TRACKER, STRANGER = Peer("192.168.1.40", 7400), Peer("192.168.1.77", 3333)
SYNTH = Peer("127.0.0.1", 57120)
# 14:00.
_HOUR_NS = 1_714_831_200 * 10**9
_TICKS = (*range(1, 11), 14)


class Sent(NamedTuple):
    """seconds: after 14:00."""

    seconds: float
    peer: Peer
    packet: Fed
    direction: Direction = Direction.IN


def unix_ns(seconds: float) -> int:
    return _HOUR_NS + round(seconds * 1_000_000) * 1000


def cue(number: int, seconds: float) -> OscBundle:
    return OscBundle(TimeTag.from_unix_ns(unix_ns(seconds)), [OscMessage("/cue/go", "i", (number,))])


def fader(number: int, value: float) -> OscMessage:
    return OscMessage.of(f"/fader/{number}", value)


_TICKING = [Sent(290 + index, DESK, OscMessage.of("/clock/tick", tick)) for index, tick in enumerate(_TICKS)]
_FLOOD = [
    Sent(340 + index * 0.0005, TRACKER, OscMessage.of("/tracking", index * 0.001, 0.2, 1.75)) for index in range(1200)
]
_BIG = OscBundle(TimeTag.IMMEDIATELY, [OscMessage.of(f"/dmx/{universe}", bytes(512)) for universe in (1, 2, 3)])
_REST = [
    Sent(305, DESK, OscMessage.of("/lamp/1", 0)),
    Sent(305.1, DESK, OscMessage.of("/lamp/2", 0)),
    Sent(310, TABLET, fader(1, 0.25)),
    Sent(310.5, TABLET, fader(1, 0.5)),
    Sent(311, TABLET, fader(1, 1)),
    Sent(311.5, TABLET, fader(1, 0.75)),
    Sent(320, DESK, cue(7, 319.96)),
    Sent(325, DESK, cue(8, 325.05)),
    Sent(330, TABLET, OscMessage.of("/button", 1)),
    Sent(330.2, DESK, OscMessage.of("/lamp/1", 1)),
    Sent(330.4, DESK, OscMessage.of("/lamp/2", 0)),
    Sent(345, TRACKER, OscMessage.of("/tracking", float("nan"), 0.2, 1.75)),
    Sent(350, TABLET, OscMessage.of("/say", "Scene 3: Storm")),
    Sent(355, SYNTH, OscMessage.of("/freq", 1000, 440.0), Direction.OUT),
    Sent(356, DESK, OscMessage.of("/meter", 0.5), Direction.OUT),
    Sent(370, TABLET, fader(2, 1.25)),
    Sent(375, STRANGER, b"GET / HTTP/1.1\r\n\r\n"),
    Sent(380, DESK, _BIG),
    Sent(390, TABLET, OscMessage.of("/toggle", 1)),
    Sent(390.0004, TABLET, OscMessage.of("/toggle", 1)),
    Sent(430, TABLET, fader(1, 0.0)),
]
ALL = sorted(_TICKING + _FLOOD + _REST, key=lambda sent: sent.seconds)


class Rehearsal:
    """The log of it, looked at by lint."""

    def __init__(self) -> None:
        self.store = LintedStore()
        self.store.now_ns = _HOUR_NS
        for sent in ALL:
            step_ns = unix_ns(sent.seconds) - self.store.now_ns
            self.store.feed([sent.packet], [step_ns], [sent.peer], sent.direction)
        self.store.lint.take(0, self.store.end_row)

    def find(self, query: str) -> list[Sent]:
        """Return the packets with a message that matches, in order."""
        return [ALL[number] for number in self._packets(query)]

    def lines(self, query: str) -> list[str]:
        """Return what `listen --lint --filter QUERY` would have printed."""
        return [self._line(row) for row in self._packets(query).values()]

    def _packets(self, query: str) -> dict[int, int]:
        """Return the first matching row of each packet, by its number."""
        test = parse_query(query).bind(QueryContext(self.store, lambda _endpoint_id: URL))
        found: dict[int, int] = {}
        for view in views_of(self.store, 0, self.store.end_row):
            for row in view.rows[test.mask(view)].tolist():
                found.setdefault(self.store.record(row).packet_number, row)
        return found

    def _line(self, row: int) -> str:
        record = self.store.record(row)
        first = row - record.position
        rows = range(first, first + record.count)
        mask = 0
        for chunk, start, end in self.store.chunks(rows.start, rows.stop):
            for bits in chunk.findings[start:end].tolist():
                mask |= bits
        return text_line(record, URL, [rule.id for rule in rules_in(mask)])
