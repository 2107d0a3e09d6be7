"""Statistics keep up with the log a piece at a time, and count each row of their range once."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic import chunk
from osc_workbench.traffic.query import BoundQuery, parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.row_view import views_of
from osc_workbench.traffic.statistics import TrafficStatistics
from osc_workbench.traffic.statistics_feed import PIECE_ROWS, StatisticsFeed
from osc_workbench.traffic.store import TrafficStore
from tests.doubles.stored import put
from tests.doubles.traffic import HandFedStore, numbered

SMALL_CHUNK = 100


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> HandFedStore:
    monkeypatch.setattr(chunk, "ROWS_OF_CHUNK", SMALL_CHUNK)
    return HandFedStore()


def mixed(count: int, first: int = 0) -> list[OscMessage]:
    """Return messages of two addresses in turn, of which each value comes twice."""
    return [OscMessage(f"/{'ab'[n % 2]}", "i", (n // 4,)) for n in range(first, first + count)]


def fill(store: HandFedStore, count: int) -> None:
    """Receive messages in frames that share chunks."""
    for first in range(0, count, 50):
        store.receive(*mixed(min(50, count - first), first))


def bound(store: TrafficStore, text: str) -> BoundQuery:
    return parse_query(text).bind(QueryContext(store))


def never() -> bool:
    return False


def always() -> bool:
    return True


def late_after(calls: int) -> Callable[[], bool]:
    """Return a time that is up when it has been looked at so often."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


def counts(feed: StatisticsFeed) -> dict[str | int | None, int]:
    return {found.address: found.flow.count for found in feed.statistics.addresses(0)}


def assert_same(feed: StatisticsFeed, rows: Sequence[int], store: TrafficStore) -> None:
    """Compare with statistics that were given these rows one by one."""
    expected = TrafficStatistics(store)
    for row in rows:
        for view in views_of(store, row, row + 1):
            expected.take(view)
    now_ns = store.time_at(store.end_row - 1)
    assert feed.statistics.addresses(now_ns) == expected.addresses(now_ns)
    assert feed.statistics.peers(now_ns) == expected.peers(now_ns)


def test_everything_is_counted_and_what_comes_later_too(store: HandFedStore) -> None:
    fill(store, 150)
    feed = StatisticsFeed(store)
    assert (feed.progress, feed.is_complete) == (0.0, False)
    assert feed.advance(never)
    assert counts(feed) == {"/a": 75, "/b": 75}
    assert (feed.progress, feed.is_complete) == (1.0, True)
    assert not feed.advance(never)
    store.receive(*mixed(70))
    assert not feed.is_complete
    assert feed.advance(never)
    assert_same(feed, range(220), store)


def test_an_empty_log_is_complete(store: HandFedStore) -> None:
    feed = StatisticsFeed(store)
    assert not feed.advance(never)
    assert (feed.progress, feed.is_complete, feed.statistics.count) == (1.0, True, 0)


def test_without_time_one_piece_is_looked_at(store: HandFedStore) -> None:
    fill(store, 350)
    feed = StatisticsFeed(store)
    progress = []
    while feed.advance(always):
        progress.append(feed.progress)
    assert progress == [100 / 350, 200 / 350, 300 / 350, 1.0]


def test_the_time_is_looked_at_between_pieces(store: HandFedStore) -> None:
    fill(store, 350)
    feed = StatisticsFeed(store)
    feed.advance(late_after(2))
    assert feed.looked_at == 300


def test_a_piece_of_a_large_chunk_is_bounded() -> None:
    store = TrafficStore()
    put(store, [b"/a\0\0,\0\0\0"] * (PIECE_ROWS + 5))
    feed = StatisticsFeed(store)
    feed.advance(always)
    assert feed.looked_at == PIECE_ROWS
    feed.advance(always)
    assert feed.looked_at == PIECE_ROWS + 5


@pytest.mark.parametrize("text", ["/a", "-/a", "arg[0]>20", "/c", "changed", "rate>20 /b"])
@pytest.mark.parametrize("step", [5, 37, 400])
def test_only_what_matches_is_counted(store: HandFedStore, text: str, step: int) -> None:
    feed = StatisticsFeed(store)
    feed.restart(bound(store, text), 0, None)
    for first in range(0, 200, step):
        store.receive(*mixed(min(step, 200 - first), first))
        feed.advance(always)
    feed.advance(never)
    assert_same(feed, matching(store, text), store)
    assert feed.looked_at == 200


def matching(store: TrafficStore, text: str) -> list[int]:
    query = bound(store, text)
    return [int(row) for view in views_of(store, 0, store.end_row) for row in view.rows[query.mask(view)]]


def test_from_now_on_earlier_rows_do_not_count(store: HandFedStore) -> None:
    fill(store, 150)
    feed = StatisticsFeed(store)
    feed.restart(None, store.end_row, None)
    assert (feed.is_complete, feed.advance(never)) == (True, False)
    store.receive(*mixed(30))
    feed.advance(never)
    assert_same(feed, range(150, 180), store)
    assert feed.looked_at == 30


@pytest.mark.parametrize("text", ["", "/b", "changed"])
def test_a_range_ends_where_it_was_told_to(store: HandFedStore, text: str) -> None:
    fill(store, 250)
    feed = StatisticsFeed(store)
    feed.restart(bound(store, text), 90, 130)
    feed.advance(never)
    store.receive(*mixed(50))
    assert (feed.is_complete, feed.advance(never), feed.looked_at) == (True, False, 40)
    assert_same(feed, [row for row in matching(store, text) if 90 <= row < 130], store)


@pytest.mark.parametrize("text", ["", "/b", "changed"])
def test_several_ranges_are_counted_together(store: HandFedStore, text: str) -> None:
    fill(store, 350)
    ranges = (range(5, 8), range(20, 20), range(95, 210), range(349, 350))
    feed = StatisticsFeed(store)
    feed.restart_with(bound(store, text), ranges)
    while feed.advance(always):
        pass
    assert_same(feed, [row for row in matching(store, text) if any(row in part for part in ranges)], store)
    assert (feed.progress, feed.looked_at) == (1.0, 119)


def test_no_rows_at_all_are_complete(store: HandFedStore) -> None:
    store.receive(*mixed(10))
    feed = StatisticsFeed(store)
    for ranges in ((), (range(5, 5),), (range(5, 3),)):
        feed.restart_with(None, ranges)
        assert (feed.is_complete, feed.progress, feed.advance(never), feed.statistics.count) == (True, 1.0, False, 0)


def test_a_restart_counts_from_scratch(store: HandFedStore) -> None:
    store.receive(*mixed(50))
    feed = StatisticsFeed(store)
    feed.advance(never)
    before = feed.statistics
    query = bound(store, "/a")
    feed.restart(query, 0, None)
    assert feed.statistics is not before
    assert (feed.query, feed.statistics.count, feed.looked_at) == (query, 0, 0)
    feed.advance(never)
    assert counts(feed) == {"/a": 25}


def trimmed(store: HandFedStore) -> Iterator[None]:
    """Fill a store of 250 rows until the first ones have gone, a bit at a time."""
    store.limit_rows = 250
    for first in range(0, 600, 20):
        store.receive(*mixed(20, first))
        yield


def test_rows_that_were_counted_stay_counted_when_they_go(store: HandFedStore) -> None:
    feed = StatisticsFeed(store)
    for _ in trimmed(store):
        feed.advance(never)
    assert store.first_row > 0
    assert (counts(feed), feed.missed, feed.progress) == ({"/a": 300, "/b": 300}, 0, 1.0)


def test_rows_that_went_before_their_turn_are_missed_and_said_so(store: HandFedStore) -> None:
    feed = StatisticsFeed(store)
    for _ in trimmed(store):
        pass
    assert feed.advance(never)
    assert (feed.missed, feed.looked_at) == (store.first_row, 600 - store.first_row)
    assert feed.progress == 1.0
    feed.restart(None, 0, None)
    feed.advance(never)
    assert feed.missed == 0


def test_rows_of_a_range_that_has_gone_are_missed(store: HandFedStore) -> None:
    fill(store, 200)
    feed = StatisticsFeed(store)
    feed.restart_with(None, (range(10, 20), range(90, 120), range(130, 140)))
    store.limit_rows = 100
    fill(store, 10)
    assert store.first_row == 100
    feed.advance(never)
    assert (feed.missed, feed.looked_at, feed.is_complete) == (20, 30, True)


def test_after_clearing_it_goes_on(store: HandFedStore) -> None:
    fill(store, 150)
    feed = StatisticsFeed(store)
    feed.advance(always)
    store.clear()
    assert (feed.is_complete, feed.progress) == (True, 1.0)
    feed.advance(never)
    assert (feed.looked_at, feed.missed) == (100, 50)
    store.receive(*numbered(5))
    feed.advance(never)
    assert counts(feed) == {"/a": 50, "/b": 50, "/n": 5}


def test_after_clearing_a_query_still_knows_addresses(store: HandFedStore) -> None:
    store.receive(*mixed(10))
    feed = StatisticsFeed(store)
    feed.restart(bound(store, "/b"), 0, None)
    feed.advance(never)
    store.clear()
    # The numbers of the headers are given out anew, in another order.
    store.receive(*numbered(3), *mixed(9, 1))
    feed.advance(never)
    assert counts(feed) == {"/b": 10}


def test_a_long_log_costs_a_frame_no_more_than_a_short_one(store: HandFedStore) -> None:
    feed = StatisticsFeed(store)
    fill(store, 1000)
    feed.advance(never)
    asked: list[int] = []
    query = bound(store, "/a")
    mask = query.mask
    query.mask = lambda view: (asked.append(len(view)), mask(view))[1]  # type: ignore[method-assign]  # to listen in
    feed.restart(query, store.end_row, None)
    store.receive(*mixed(10))
    feed.advance(never)
    assert asked == [10]
