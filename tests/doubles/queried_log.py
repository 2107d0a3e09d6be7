"""A log that queries are asked of, both the program's way and the slow one."""

import random
from collections.abc import Sequence

import numpy as np

from osc_workbench.osc.arguments import INFINITUM, MidiMessage, Rgba
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.marks import Marks
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import Direction, PacketRecord, Peer
from osc_workbench.traffic.row_view import views_of
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import HEADERS_LIMIT, HeaderTable
from tests.doubles.slow_query import slow_matches
from tests.doubles.slow_terms import SlowLog
from tests.doubles.traffic import START_NS, TRUNCATED_FLOAT

URLS = {1: "udp://127.0.0.1:9000", 2: "tcp://[::1]:57120?framing=slip"}
PEERS = [Peer("127.0.0.1", 50_000), Peer("192.168.1.20", 9000), Peer("fe80::1", 57120), None]
# Who talks to whom, and which way.
LINKS = [
    (endpoint, peer, direction)
    for endpoint in URLS
    for peer in PEERS
    for direction in (Direction.IN, Direction.OUT)
]  # fmt: skip


def names_of(address: str | int) -> tuple[str, ...]:
    """Return the texts of an address; of command numbers the tests know one name."""
    return ("9", "/s_new") if address == 9 else (str(address),)


class QueriedLog:
    """Keeps a record of all that ever came, even of what the store has let go."""

    def __init__(self, limit_rows: int = 1 << 20, headers: int = HEADERS_LIMIT) -> None:
        self.store = TrafficStore(limit_rows=limit_rows)
        self.store.headers = HeaderTable(headers)
        self.records: list[PacketRecord] = []
        self.now_ns = START_NS
        self.findings: dict[int, int] = {}
        self.marks = Marks()
        self._strangers: set[int] = set()

    @property
    def context(self) -> QueryContext:
        return QueryContext(self.store, URLS.__getitem__, names_of, self.marks, START_NS)

    def receive(self, *packets: bytes | OscPacket, link: int = 0, step_ns: int = 1_000_000) -> None:
        """Take in packets, the first of them at `now_ns`."""
        datagrams = [packet if isinstance(packet, bytes) else encode_packet(packet) for packet in packets]
        times = self.now_ns + np.arange(len(datagrams), dtype=np.int64) * step_ns
        self.now_ns += len(datagrams) * step_ns
        links = np.full(len(datagrams), self.store.links.number_of(*LINKS[link]), np.uint32)
        index = 0
        while index < len(datagrams):
            rows, index, _ = index_datagrams(datagrams, index, times, links, self.store.headers)
            first_row = self.store.end_row
            self.store.append(rows)
            self._note(first_row)

    def _note(self, first_row: int) -> None:
        for view in views_of(self.store, first_row, self.store.end_row):
            self._strangers.update(view.rows[view.without_header].tolist())
            self._find_faults(view.chunk.first_row, view.rows.tolist())
        self.records += [self.store.record(row) for row in range(first_row, self.store.end_row)]

    def _find_faults(self, base: int, rows: list[int]) -> None:
        """Give some rows a finding of lint, whatever they hold."""
        chunk, _ = self.store.chunk_at(base)
        for row in rows:
            if row % 3 == 0:
                self.findings[row] = 1 << row // 3 % 21
                chunk.findings[row - base] = self.findings[row]

    @property
    def kept(self) -> list[PacketRecord]:
        return self.records[self.store.first_row :]

    def matching(self, text: str) -> list[int]:
        """Return the kept rows that match, asked of whole chunks."""
        bound = parse_query(text).bind(self.context)
        views = views_of(self.store, self.store.first_row, self.store.end_row)
        return [row for view in views for row in view.rows[bound.mask(view)].tolist()]

    def slowly_matching(self, text: str, kept_only: bool = True) -> list[PacketRecord]:
        """Return the records that match, asked one by one."""
        marks = {row: self.marks.comment(row) for row in self.marks}
        log = SlowLog(
            self.records, START_NS, URLS.__getitem__, names_of, marks, self.findings, frozenset(self._strangers)
        )
        first_row = self.store.first_row if kept_only else 0
        matches = slow_matches(text, log)
        return [record for record, match in zip(self.records[first_row:], matches[first_row:], strict=True) if match]


# Packets of every kind.

_ADDRESSES: list[str | int] = [
    "/a",
    "/b/freq",
    "/b/amp",
    "/synth/1/freq",
    "/synth/2/freq",
    "/B/Freq",
    "/\u00e9",
    "/a\udcff",
    9,
    15,
    "odd",
]
_VALUES: dict[str, Sequence[object]] = {
    "i": (0, 1, 5, 7, -(2**31)),
    "h": (5, 2**53 + 1, -(2**63), 2**63 - 1),
    "f": (0.1, 0.5, 5.0, 7.25, float("nan"), float("inf"), 1e-40),
    "d": (0.1, 5.0, 2.0**53, float("-inf"), float("nan"), 1e300, 5e-324),
    "s": ("", "world", "Hello World", "say \"x\"", "caf\u00e9", "a\udcffb", "5"),
    "S": ("world", "sym"),
    "b": (b"", b"world", b"\0\1\2/f"),
    "t": (TimeTag(1), TimeTag(1 << 63)),
    "c": (97,),
    "r": (Rgba(1, 2, 3, 4),),
    "m": (MidiMessage(0, 144, 60, 100),),
    "T": (True,), "F": (False,), "N": (None,), "I": (INFINITUM,),
}  # fmt: skip
_TAGS = [
    "",
    "i",
    "f",
    "s",
    "f",
    "ii",
    "sif",
    "h",
    "d",
    "b",
    "tcrm",
    "TFNI",
    "T",
    "N",
    "S",
    "[if]s",
    "i[s[f]]d",
    "ss",
    "bi",
    "if",
]
_MALFORMED = [
    TRUNCATED_FLOAT, b"", b"\0", b"/a\0", b"#bundle\0", b"#bundle\0\0\0\0\0\0\0\0\1\0\0\1\0/a", b"nonsense!",
    b"/b/freq\0,s\0\0open", b"/a\0\0,b\0\0\0\0\0\x09abc",
]  # fmt: skip
_ODD = [
    b"/odd\0\0\0\0,s\0\0x\0", b"/odd\0\0\0\0,si\0world\0\0\0\0\0\0\5", b"/old\0\0\0\0\0\0\0\5", b"/old\0\0\0\0",
    b"/a\0\0,i\0\0\0\0\0\5rest", b"/a\0\0,iXf\0\0\0\0\0\0\0\5\x40\xa0\0\0", b"/a\0\0,f\0\0\x7f\x80\0\1",
    b"/a\0\0,\xff\0\0",
    b"/a\0\0,f\0\1\x40\xa0\0\0", b"/b/freq\0,sbf\0\0\0\0a\0\0\0\0\0\0\1x\0\0\0\x40\xa0\0\0",
]  # fmt: skip


def packets_of_every_kind(count: int = 160) -> list[bytes]:
    """Return packets that are the same in each run: messages, bundles in bundles, and what is neither."""
    source = random.Random(5)
    packets = [*_MALFORMED, *_ODD]
    while len(packets) < count:
        packet = encode_packet(_message(source) if source.random() < 0.6 else _bundle(source, 3))
        packets.append(packet)
        if source.random() < 0.1:
            packets.append(packet[: source.randrange(len(packet))])
    return packets


def _message(source: random.Random) -> OscMessage:
    tags = source.choice(_TAGS)
    values, _ = _arguments(source, tags)
    return OscMessage(source.choice(_ADDRESSES), tags, values)


def _arguments(source: random.Random, tags: str) -> tuple[list[object], str]:
    values: list[object] = []
    while tags and tags[0] != "]":
        tag, tags = tags[0], tags[1:]
        if tag == "[":
            inner, tags = _arguments(source, tags)
            values.append(inner)
        else:
            values.append(source.choice(_VALUES[tag]))
    return values, tags[1:]


def _bundle(source: random.Random, depth: int) -> OscBundle:
    elements = [
        _bundle(source, depth - 1) if depth and source.random() < 0.3 else _message(source)
        for _ in range(source.randrange(4))
    ]
    offset_ns = source.choice([-(10**10), -7_000_000, 0, 1_000_000, 2 * 10**9, 1 << 62])
    time_tag = source.choice([TimeTag(0), TimeTag(1), TimeTag.from_unix_ns(START_NS + offset_ns)])
    return OscBundle(source.choice([time_tag, TimeTag.from_unix_ns(START_NS + offset_ns)]), elements)
