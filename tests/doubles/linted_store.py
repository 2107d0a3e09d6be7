"""A store that lint looks at as it is fed, and the same findings worked out slowly, row by row, in plain Python."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.dissection import dissect_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic import lint_rules
from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.lint import Lint
from osc_workbench.traffic.lint_rules import rules_in
from osc_workbench.traffic.record import Direction, PacketRecord, Peer
from osc_workbench.traffic.time_tags import message_time_tags
from tests.doubles.traffic import MILLISECOND, PEER, HandFedStore

Fed = bytes | OscMessage | OscBundle
_ISSUES = {
    "missing-type-tags": "missing-type-tags",
    "padding": "bad-padding",
    "short-padding": "bad-padding",
    "excess-bytes": "excess-bytes",
    "unknown-type-tag": "unknown-type-tag",
}


class LintedStore(HandFedStore):
    """Packets come two milliseconds apart unless told otherwise, so that none is a duplicate by accident."""

    def __init__(self, limit_rows: int = 5_000_000) -> None:
        super().__init__(limit_rows)
        self.lint = Lint(self)

    def look(
        self,
        *packets: Fed,
        step_ns: int = 2 * MILLISECOND,
        peer: Peer | None = PEER,
        direction: Direction = Direction.IN,
    ) -> list[set[str]]:
        """Take packets in, look at their rows, and return what is found in each."""
        first_row = self.end_row
        self.feed(packets, [step_ns] * len(packets), [peer] * len(packets), direction)
        self.lint.take(first_row, self.end_row)
        return self.found(first_row)

    def feed(
        self,
        packets: Iterable[Fed],
        steps_ns: list[int],
        peers: list[Peer | None],
        direction: Direction = Direction.IN,
    ) -> None:
        """Take packets in, each so much later than the one before; nobody looks at them yet."""
        datagrams = [packet if isinstance(packet, bytes) else encode_packet(packet) for packet in packets]
        times = self.now_ns + np.cumsum(np.array(steps_ns, np.int64))
        links = np.array([self.links.number_of(1, peer, direction) for peer in peers], np.uint32)
        if len(times):
            self.now_ns = int(times[-1])
        index = 0
        while index < len(datagrams):
            rows, index, _ = index_datagrams(datagrams, index, times, links, self.headers)
            self.append(rows)

    def found(self, first_row: int) -> list[set[str]]:
        """Return the rules that each row from this one on breaks."""
        return [
            {rule.id for rule in rules_in(mask)}
            for chunk, first, end in self.chunks(first_row, self.end_row)
            for mask in chunk.findings[first:end].tolist()
        ]

    def forget_findings(self) -> None:
        """Start lint anew on the same rows."""
        self.lint = Lint(self)
        for chunk, first, end in self.chunks(self.first_row, self.end_row):
            chunk.findings[first:end] = 0

    def records(self) -> list[PacketRecord]:
        return [self.record(row) for row in range(self.first_row, self.end_row)]


def slow_findings(records: Iterable[PacketRecord]) -> Iterator[set[str]]:
    """Yield what lint should find in each record; all but `value-in-address`."""
    history = _SlowHistory()
    for record in records:
        found = _of_packet(record) | _of_time(record)
        if record.is_malformed:
            found.add("malformed")
        elif record.address is not None:
            found |= _of_message(record) | history.of_message(record)
        if record.position == 0:
            found |= history.of_packet(record, _late_ns(record))
        yield found


def _of_packet(record: PacketRecord) -> set[str]:
    found: set[str] = set()
    if record.position:
        return found
    size = len(record.packet)
    limits = (lint_rules.DATAGRAM_BYTES, lint_rules.BUFFER_BYTES, lint_rules.FRAGMENT_BYTES)
    names = ("oversize-65507", "oversize-8192", "oversize-1240")
    found.update([name for limit, name in zip(limits, names, strict=True) if size > limit][:1])
    if any(issue.code == "time-tag-order" for issue in dissect_packet(record.packet).issues):
        found.add("bundle-order")
    return found


def _time_tag(record: PacketRecord) -> int:
    if not record.is_bundle:
        return 1
    tags = message_time_tags(record.packet)
    outer = int.from_bytes(record.packet[8:16], "big")
    return tags[record.position] if record.position < len(tags) else outer


def _late_ns(record: PacketRecord) -> int | None:
    tag = _time_tag(record)
    return None if tag < 2 else record.unix_ns - TimeTag(tag).to_unix_ns(record.unix_ns)


def _of_time(record: PacketRecord) -> set[str]:
    late = _late_ns(record)
    is_late = _time_tag(record) == 0 if late is None else late > lint_rules.LATE_NS
    return {"late"} if is_late else set()


def _of_message(record: PacketRecord) -> set[str]:
    found = {_ISSUES[issue.code] for issue in dissect_packet(record.message).issues if issue.code in _ISSUES}
    address = record.address
    if isinstance(address, str):
        plain = address.startswith("/") and address.isascii() and address.isprintable()
        if not plain or set(address) & set(" #,"):
            found.add("forbidden-character")
    for tag, value in _arguments(record):
        if tag in "fd":
            smallest = 2.0**-126 if tag == "f" else 2.0**-1022
            if math.isnan(value):
                found.add("nan")
            elif math.isinf(value):
                found.add("infinity")
            elif 0 < abs(value) < smallest:
                found.add("denormal")
    return found


def _arguments(record: PacketRecord) -> list[tuple[str, object]]:
    message = decode_packet(record.message)
    assert isinstance(message, OscMessage)
    flat: list[object] = []
    open_values = list(reversed(message.arguments))
    while open_values:
        value = open_values.pop()
        if type(value) is tuple:
            open_values += reversed(value)
        else:
            flat.append(value)
    tags = [tag for tag in message.type_tags or "" if tag not in "[]"]
    return list(zip(tags, flat, strict=False))


class _SlowHistory:
    """What was last seen of each address and of each sender."""

    def __init__(self) -> None:
        self._tags: dict[str | int, str | None] = {}
        self._floods: dict[str | int, tuple[int, int]] = {}
        self._counters: dict[str | int, tuple[int, int, bool]] = {}
        self._packets: dict[object, tuple[int, bytes]] = {}
        self._skews: dict[object, tuple[int, int]] = {}

    def of_message(self, record: PacketRecord) -> set[str]:
        assert record.address is not None
        return self._types(record) | self._flood(record) | self._gap(record)

    def _types(self, record: PacketRecord) -> set[str]:
        new = record.type_tags if record.type_tags is None else record.type_tags.replace("F", "T")
        old = self._tags.get(record.address)
        self._tags[record.address] = new
        if new is None or old is None or new == old:
            return set()
        kinds = {"i": "whole", "h": "whole", "f": "float", "d": "float"}
        pairs = {(kinds.get(a), kinds.get(b)) for a, b in zip(old, new, strict=False)}
        is_flip = len(old) == len(new) and not pairs.isdisjoint({("whole", "float"), ("float", "whole")})
        return {"type-flip"} if is_flip else {"type-change"}

    def _flood(self, record: PacketRecord) -> set[str]:
        second = record.unix_ns // 10**9
        before, count = self._floods.get(record.address, (second, 0))
        count = count + 1 if before == second else 1
        self._floods[record.address] = second, count
        return {"flood"} if count == lint_rules.FLOOD_LIMIT + 1 else set()

    def _gap(self, record: PacketRecord) -> set[str]:
        new = next((value for tag, value in _arguments(record) if tag in "ih"), None)
        if not isinstance(new, int):
            return set()
        if record.address not in self._counters:
            self._counters[record.address] = new, 0, False
            return set()
        old, steps, counts = self._counters[record.address]
        step = (new - old + 2**63) % 2**64 - 2**63
        is_jump = 1 < step <= lint_rules.GAP_LIMIT and steps > 0
        found = {"sequence-gap"} if is_jump and counts else set()
        steps = steps + 1 if step == 1 else 0
        if steps >= lint_rules.COUNTER_STEPS:
            counts = True
        elif step != 1 and not is_jump:
            counts = False
        self._counters[record.address] = new, steps, counts
        return found

    def of_packet(self, record: PacketRecord, late_ns: int | None) -> set[str]:
        found: set[str] = set()
        if record.peer is None:
            return found
        link = record.endpoint_id, record.peer, record.direction
        time, packet = self._packets.get(link, (-(10**18), b""))
        self._packets[link] = record.unix_ns, record.packet
        if packet == record.packet and abs(record.unix_ns - time) <= lint_rules.DUPLICATE_NS:
            found.add("duplicate")
        if late_ns is not None and record.direction is Direction.IN:
            skew = (late_ns > lint_rules.SKEW_NS) - (late_ns < -lint_rules.SKEW_NS)
            before, count = self._skews.get(link, (0, 0))
            count = count + 1 if skew == before else 1
            self._skews[link] = skew, count
            if skew and count >= lint_rules.SKEWED_BUNDLES:
                found.add("clock-skew")
        return found
