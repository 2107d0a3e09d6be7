"""Matching rows, kept up to date in small steps: newest first, in order, folded, with rows going and all cleared."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.pieces import Pieces, smallest
from osc_workbench.traffic.query import parse_query
from tests.doubles.queried_log import LINKS, QueriedLog, packets_of_every_kind
from tests.doubles.query_texts import queries
from tests.doubles.shown import ShownList
from tests.doubles.slow_query import slow_fold
from tests.doubles.traffic import numbered

CHUNK = 8
_PACKETS = packets_of_every_kind(60)


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", CHUNK)
        patch.setattr("osc_workbench.traffic.indexer.DATAGRAMS_OF_CALL", 1)
        yield


def never() -> bool:
    return False


def at_once() -> bool:
    return True


def after(pieces: int) -> Callable[[], bool]:
    """Return what is late when it has been asked so often."""
    answers = chain(repeat(False, pieces), repeat(True))
    return lambda: next(answers)


_steps = st.lists(
    st.one_of(
        st.tuples(st.lists(st.sampled_from(_PACKETS), max_size=12), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("clear"), st.just(0), st.integers(0, 3)),
    ),
    max_size=10,
)
_Step = tuple[list[bytes] | str, int, int]


def _walk(log: QueriedLog, rows: MatchedRows, steps: list[_Step], needs_all: bool) -> ShownList:
    """Take the steps one by one; return what a view of the rows shows then."""
    shown = ShownList(rows)
    for packets, link, pieces in steps:
        if isinstance(packets, str):
            log.store.clear()
        elif needs_all:
            # None may go before its turn.
            for packet in packets:
                log.receive(packet, link=link * len(LINKS) // 4, step_ns=200_000_000)
                shown.apply(rows.advance(never))
        else:
            log.receive(*packets, link=link * len(LINKS) // 4, step_ns=200_000_000)
        shown.apply(rows.advance(never if needs_all else after(pieces)))
    shown.apply(rows.advance(never))
    return shown


@given(_steps, queries(), st.booleans())
@settings(max_examples=50, deadline=None)
def test_rows_are_those_that_the_obvious_way_finds_whatever_comes_and_goes(
    steps: list[_Step], text: str, starts_full: bool
) -> None:
    log = QueriedLog(limit_rows=24)
    query = parse_query(text)
    if starts_full and not query.needs_history:
        log.receive(*_PACKETS)
    rows = MatchedRows(log.store, query.bind(log.context))
    shown = _walk(log, rows, steps, query.needs_history)
    matching = {record.row for record in log.slowly_matching(text)}
    assert shown.rows == sorted(matching)
    assert rows.progress == 1.0
    for row in range(log.store.first_row - 2, log.store.end_row + 2):
        assert (row in rows) == (row in matching)
        assert rows.place_of(row) == sum(other < row for other in matching)
        assert rows.index_of(row) == (shown.rows.index(row) if row in matching else None)
    assert [rows.repeats(index) for index in range(len(rows))] == [1] * len(matching)


@given(_steps, queries() | st.just(""))
@settings(max_examples=50, deadline=None)
def test_folded_rows_are_those_that_the_obvious_way_finds_whatever_comes_and_goes(
    steps: list[_Step], text: str
) -> None:
    log = QueriedLog(limit_rows=24)
    # Packets that repeat each other.
    steps = [(sorted(packets[:6] * 2) if packets != "clear" else packets, 0, pieces) for packets, _, pieces in steps]
    rows = MatchedRows(log.store, parse_query(text).bind(log.context), is_folded=True)
    shown = _walk(log, rows, steps, True)
    matching = log.slowly_matching(text)
    folded = slow_fold(matching)
    assert list(zip(shown.rows, shown.repeats, strict=True)) == folded
    stands_for = iter(chain.from_iterable(repeat(place, count) for place, (_, count) in enumerate(folded)))
    places = {record.row: next(stands_for) for record in matching}
    for row in range(log.store.first_row - 2, log.store.end_row + 2):
        assert rows.index_of(row) == places.get(row)
        assert rows.place_of(row) == sum(other < row for other, _ in folded)


def test_nothing_asked_shows_all_rows() -> None:
    log = QueriedLog()
    log.receive(*numbered(3 * CHUNK))
    rows = MatchedRows(log.store, None)
    rows.advance(never)
    assert [rows.row_at(index) for index in range(len(rows))] == list(range(3 * CHUNK))


def test_new_rows_come_first_then_the_older_ones_from_the_newest_back() -> None:
    log = QueriedLog()
    log.receive(*numbered(3 * CHUNK))
    rows = MatchedRows(log.store, parse_query("/n").bind(log.context))
    assert rows.advance(at_once) == (0, 0, 0, range(0))
    log.receive(*numbered(2))
    assert rows.advance(at_once) == (0, 0, 2, range(0))
    assert rows.progress == 2 / (3 * CHUNK + 2)
    assert rows.advance(after(1)) == (0, CHUNK, 0, range(0))
    assert [rows.row_at(index) for index in (0, CHUNK)] == [2 * CHUNK, 3 * CHUNK]
    assert rows.advance(never).prepended == 2 * CHUNK
    assert rows.progress == 1.0
    assert not rows.advance(never).is_any


def test_what_depends_on_earlier_rows_is_looked_at_from_the_first_row_on() -> None:
    log = QueriedLog()
    log.receive(*[OscMessage("/a", "i", (number // 3,)) for number in range(3 * CHUNK)])
    rows = MatchedRows(log.store, parse_query("changed").bind(log.context))
    assert rows.advance(at_once).appended == 3
    assert [rows.row_at(index) for index in range(3)] == [0, 3, 6]
    rows.advance(never)
    assert [rows.row_at(index) for index in range(len(rows))] == list(range(0, 3 * CHUNK, 3))


def test_row_that_does_not_exist_is_no_shown_row() -> None:
    rows = MatchedRows(QueriedLog().store, None)
    rows.advance(never)
    for index in (-1, 0):
        with pytest.raises(IndexError):
            rows.row_at(index)
    assert rows.index_of(0) is None
    assert rows.place_of(5) == 0
    assert list(rows.rows_between(0, 10)) == []
    assert rows.progress == 1.0


def test_rows_between_two_rows_are_given_in_order() -> None:
    log = QueriedLog()
    log.receive(*[OscMessage("/a", "i", (number % 2,)) for number in range(3 * CHUNK)])
    rows = MatchedRows(log.store, parse_query("arg[0]=1").bind(log.context))
    rows.advance(never)
    assert list(rows.rows_between(5, 12)) == [5, 7, 9, 11]
    assert list(rows.rows_between(-5, 100)) == list(range(1, 3 * CHUNK, 2))


# Folding.


def _folded(*packets: OscMessage | OscBundle, text: str = "") -> tuple[QueriedLog, MatchedRows]:
    log = QueriedLog(limit_rows=2 * CHUNK)
    log.receive(*packets)
    rows = MatchedRows(log.store, parse_query(text).bind(log.context), is_folded=True)
    rows.advance(never)
    return log, rows


def _shown(rows: MatchedRows) -> list[tuple[int, int]]:
    return [(rows.row_at(index), rows.repeats(index)) for index in range(len(rows))]


ONE, TWO = OscMessage("/a", "i", (1,)), OscMessage("/a", "i", (2,))


def test_repeats_are_counted_with_the_row_before_across_chunks_and_steps() -> None:
    log, rows = _folded(TWO, *[ONE] * (CHUNK + 2))
    assert _shown(rows) == [(0, 1), (1, CHUNK + 2)]
    log.receive(ONE)
    assert rows.advance(never) == (0, 0, 0, range(1, 2))
    log.receive(TWO, TWO)
    assert rows.advance(never) == (0, 0, 1, range(0))
    assert _shown(rows) == [(0, 1), (1, CHUNK + 3), (CHUNK + 4, 2)]
    assert rows.index_of(CHUNK) == 1


def test_what_is_new_and_repeated_at_once_changes_no_row_that_was_shown() -> None:
    log = QueriedLog()
    rows = MatchedRows(log.store, None, is_folded=True)
    log.receive(*[ONE] * (2 * CHUNK))
    assert rows.advance(never) == (0, 0, 1, range(0))


def test_repeats_of_a_row_that_is_gone_are_shown_as_one_row_in_its_place() -> None:
    log, rows = _folded(*[ONE] * (2 * CHUNK))
    log.receive(*[ONE] * CHUNK)
    assert rows.advance(never) == (1, 1, 0, range(1))
    assert _shown(rows) == [(CHUNK, 2 * CHUNK)]


def test_chunk_without_any_match_is_no_end_of_a_run() -> None:
    other = OscMessage("/b", "i", (1,))
    log, rows = _folded(ONE, *[other] * (2 * CHUNK - 1), ONE, ONE, text="/a")
    assert _shown(rows) == [(0, 3)]
    log.receive(*[ONE] * CHUNK)
    rows.advance(never)
    assert _shown(rows) == [(2 * CHUNK, CHUNK + 2)]


def test_row_that_does_not_match_is_not_counted_with_those_around_it() -> None:
    _, rows = _folded(ONE, OscMessage("/b", "i", (1,)), ONE, text="/a")
    assert _shown(rows) == [(0, 2)]
    assert [rows.index_of(row) for row in range(4)] == [0, None, 0, None]


def test_messages_of_bundles_are_not_folded() -> None:
    _, rows = _folded(OscBundle(TimeTag(1), (ONE, ONE)), ONE, ONE, OscBundle(TimeTag(1), (ONE,)), ONE)
    assert _shown(rows) == [(0, 1), (1, 1), (2, 2), (4, 1), (5, 1)]


def test_same_bytes_of_another_sender_are_no_repeat() -> None:
    log, rows = _folded(ONE)
    log.receive(ONE, link=3)
    rows.advance(never)
    assert _shown(rows) == [(0, 1), (1, 1)]


def test_a_cleared_log_leaves_nothing_to_repeat() -> None:
    log, rows = _folded(ONE, ONE)
    log.store.clear()
    assert rows.advance(never) == (1, 0, 0, range(0))
    log.receive(ONE)
    assert rows.advance(never) == (0, 0, 1, range(0))


# Pieces.


def test_pieces_have_as_many_rows_and_bytes_as_they_may() -> None:
    log = QueriedLog()
    log.receive(*[OscMessage("/a", "i", (1,)), OscMessage("/a", "b", (bytes(96),))] * 6)
    pieces = Pieces(rows=3, size_bytes=104)
    ahead = [(chunk.first_row + first, chunk.first_row + end) for chunk, first, end in pieces.ahead(log.store, 1)]
    assert ahead == [(1, 3), (3, 5), (5, 7), (7, 8), (8, 10), (10, 12)]
    chunk, first, end = pieces.back(log.store, 12)
    assert (chunk.first_row + first, chunk.first_row + end) == (10, 12)
    chunk, first, end = Pieces(size_bytes=100).back(log.store, 11)
    assert (chunk.first_row + first, chunk.first_row + end) == (10, 11)
    _, first, end = Pieces(size_bytes=1).back(log.store, 12)
    assert (first, end) == (3, 4)


def test_queries_that_can_be_slow_are_asked_in_small_pieces() -> None:
    assert parse_query("/a arg[0]>5").pieces == Pieces()
    assert parse_query("arg~/[ab]*a[ab]{90}/").pieces.size_bytes < 100_000
    assert parse_query("/a (type:f or address~/[ab]{90}/)").pieces.rows < 1000
    long = "bytes:" + "2f" * 1000
    assert parse_query(long).pieces.size_bytes < 20_000
    assert smallest((Pieces(5, 100), Pieces(10, 50))) == Pieces(5, 50)


def test_no_step_takes_long_whatever_is_asked_of_whatever_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", 65_536)
    log = QueriedLog()
    source = random.Random(1)
    log.receive(*[OscMessage("/a", "s", ("".join(source.choices("ab", k=1500)),)) for _ in range(200)])
    rows = MatchedRows(log.store, parse_query("any~/[ab]*a[ab]{300}c/").bind(log.context))
    for _ in range(3):
        start = time.process_time()
        rows.advance(after(1))
        assert time.process_time() - start < 0.3
    assert 0 < rows.progress < 0.3


def test_rows_of_many_pieces_are_those_of_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", 65_536)
    monkeypatch.setattr("osc_workbench.traffic.indexer.DATAGRAMS_OF_CALL", 1000)
    log = QueriedLog()
    messages = [OscMessage("/a", "si", (f"text {number % 7}", number % 5)) for number in range(1000)]
    for _ in range(20):
        log.receive(*messages, step_ns=100_000)
    for text in ("arg[1]>3", 'arg~"t 3"', "changed arg[1]=0", "rate<10000 arg[1]=2", "arg~/[ab]{1,90}|t [36]/"):
        rows = MatchedRows(log.store, parse_query(text).bind(log.context))
        rows.advance(never)
        assert [rows.row_at(index) for index in range(0, len(rows), 97)] == log.matching(text)[::97], text
    assert np.array_equal(log.matching("arg[1]>3"), [row for row in range(20_000) if row % 1000 % 5 > 3])
