"""Queries over a full log against python-osc: `python tests/benchmarks/bench_query.py [rows [rounds]]`.

1,000 addresses in random order, of which every fourth sends a text. The peer is a list comprehension over messages that
python-osc has decoded beforehand; its list ends at a million messages, and its times are taken in proportion. What is
timed of ours begins with the text of the query. The goals are for ten million rows: 80 ms, 1 s and 3 s for an address,
a number and a text, 20 times the peer, and no step longer than its budget by much.
"""

import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from pythonosc.osc_message import OscMessage as PeerMessage
from rounds import compare, print_table

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.osc.pattern import AddressPattern
from osc_workbench.traffic.indexer import index_datagrams
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.query import Query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.store import TrafficStore

_BLOCK = 65_536
_ADDRESSES = 1_000
_PEER_ROWS = 1_000_000
_FRAME = 833
_FRAMES = 60
_SIZES = (100_000, 1_000_000, 10_000_000)
_BUDGET = 0.01
_GAP_NS = 20_000
_START_NS = 1_704_067_200 * 1_000_000_000
_TEXTS = ["hello world", "hello", "the whole wide World", "note", "goodbye", "a text of some length without it"]
_SEEN_BEFORE = 0.3
_PeerQuestion = Callable[[list[Any]], list[Any]]


def datagrams(count: int) -> list[bytes]:
    """Return messages of which some are the same as the one before at their address."""
    source = random.Random(1)
    last: dict[int, bytes] = {}
    found = []
    for _ in range(count):
        number = source.randrange(_ADDRESSES)
        if number not in last or source.random() > _SEEN_BEFORE:
            last[number] = encode_packet(_message(number, source))
        found.append(last[number])
    return found


def _address(number: int) -> str:
    return f"/synth/{number}/{'freq' if number % 2 else 'amp'}"


def _message(number: int, source: random.Random) -> OscMessage:
    address = _address(number)
    match number % 4:
        case 0:
            return OscMessage(address, "sif", (source.choice(_TEXTS), number, source.random()))
        case 1:
            return OscMessage(address, "ii", (source.randrange(10), source.randrange(100)))
        case _:
            return OscMessage(address, "f", (source.random() * 10,))


class Feed:
    """Puts the same messages into a store again and again, each at its own time."""

    def __init__(self, block: list[bytes], store: TrafficStore) -> None:
        self._block = block
        self._store = store
        self._link = store.links.number_of(1, Peer("127.0.0.1", 9_000), Direction.IN)

    def put(self, count: int) -> None:
        end = self._store.end_row + count
        while self._store.end_row < end:
            first = self._store.end_row % len(self._block)
            part = self._block[first : first + end - self._store.end_row]
            times = _START_NS + (self._store.end_row + np.arange(len(part), dtype=np.int64)) * _GAP_NS
            links = np.full(len(part), self._link, np.uint32)
            index = 0
            while index < len(part):
                rows, index, _ = index_datagrams(part, index, times, links, self._store.headers)
                self._store.append(rows)


def filled(block: list[bytes], rows: int) -> tuple[TrafficStore, Feed]:
    store = TrafficStore(limit_rows=2 * rows, limit_bytes=8 << 30)
    feed = Feed(block, store)
    feed.put(rows)
    return store, feed


# The same questions, asked of a list.


def _changed(messages: list[Any]) -> list[Any]:
    last: dict[str, Any] = {}
    found = []
    for message in messages:
        if last.get(message.address) != message.params:
            last[message.address] = message.params
            found.append(message)
    return found


_is_freq = AddressPattern("/synth/*/freq").matches
_FREQS = {address for number in range(_ADDRESSES) if _is_freq(address := _address(number))}
_NUMBERS = (int, float)
QUESTIONS: list[tuple[str, _PeerQuestion]] = [
    ("address:/synth/5/freq", lambda messages: [one for one in messages if one.address == "/synth/5/freq"]),
    # Patterns cost the peer nothing here: the addresses that match are known beforehand.
    ("/synth/*/freq", lambda messages: [one for one in messages if one.address in _FREQS]),
    (
        "arg[0]>5",
        lambda messages: [
            one for one in messages if one.params and isinstance(one.params[0], _NUMBERS) and one.params[0] > 5
        ],
    ),
    (
        "any>90",
        lambda messages: [
            one for one in messages if any(isinstance(value, _NUMBERS) and value > 90 for value in one.params)
        ],
    ),
    (
        "arg~world",
        lambda messages: [
            one for one in messages if any(isinstance(value, str) and "world" in value.lower() for value in one.params)
        ],
    ),
    (
        "/synth/*/freq arg[0]>5 -type:f",
        lambda messages: [
            one for one in messages if one.address in _FREQS and isinstance(one.params[0], int) and one.params[0] > 5
        ],
    ),
    ("changed", _changed),
]
# Asked only of ours: a list of messages knows neither when they came nor their bytes.
_STEPPED = [*(text for text, _ in QUESTIONS), "arg~/^h.*world$/", 'bytes:"2c 66 00 00 41"', "rate>100"]


def ask(text: str, store: TrafficStore) -> MatchedRows:
    matched = MatchedRows(store, Query(text).bind(QueryContext(store)))
    matched.advance(lambda: False)
    return matched


def print_whole_logs(block: list[bytes], rows: int, rounds: int) -> None:
    store, _ = filled(block, rows)
    count = min(rows, _PEER_ROWS)
    peer = [PeerMessage(data) for data in itertools.islice(itertools.cycle(block), count)]
    cells = []
    for text, question in QUESTIONS:
        result = compare(
            {
                "python-osc": (question, lambda: [peer]),
                "ours": (lambda _, text=text: ask(text, store), lambda: [None]),
            },
            rounds,
            0,
        )
        theirs = result["python-osc"].nanoseconds * rows / count
        ratio = result["ours"].ratio * rows / count
        matching = len(ask(text, store))
        cells.append(
            (text, f"{matching:,}", f"{theirs / 1e6:,.0f}", f"{result['ours'].nanoseconds / 1e6:,.0f}", f"{ratio:,.1f}")
        )
    print_table(f"{rows:,} rows, ms", cells, ("query", "matching", "python-osc", "ours", "times faster"))


def steps(text: str, store: TrafficStore) -> Iterator[float]:
    """Yield how long each step takes that is asked to stop in time."""
    matched = MatchedRows(store, Query(text).bind(QueryContext(store)))
    while matched.progress < 1:
        start = time.perf_counter()
        matched.advance(lambda start=start: time.perf_counter() - start > _BUDGET)
        yield time.perf_counter() - start


def frames(text: str, store: TrafficStore, feed: Feed) -> Sequence[float]:
    """Return how long the rows of each frame take when all before them have been looked at."""
    matched = ask(text, store)
    times = []
    for _ in range(_FRAMES):
        feed.put(_FRAME)
        start = time.perf_counter()
        matched.advance(lambda: True)
        times.append(time.perf_counter() - start)
    return sorted(times)


def print_steps(block: list[bytes], limit: int) -> None:
    cells = []
    for size in [size for size in _SIZES if size <= limit]:
        store, feed = filled(block, size)
        for text in _STEPPED:
            longest = max(steps(text, store))
            of_frames = frames(text, store, feed)
            figures = (of_frames[len(of_frames) // 2], of_frames[-1], longest)
            cells.append((f"{size:,}", text, *(f"{figure * 1e3:,.2f}" for figure in figures)))
    title = f"{_FRAME} new rows, and the longest step with a budget of {_BUDGET * 1e3:.0f} ms, ms"
    print_table(title, cells, ("rows", "query", "new rows", "worst of 60", "longest step"))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    block = datagrams(_BLOCK)
    print_whole_logs(block, rows, rounds)
    print_steps(block, rows)


if __name__ == "__main__":
    main()
