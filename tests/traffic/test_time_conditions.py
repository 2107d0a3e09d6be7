"""Times in queries: seconds from the start, and times of day that stand for as long as their digits leave open."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.row_view import views_of
from osc_workbench.traffic.time_conditions import parse_instant
from tests.doubles.traffic import HandFedStore

_SECOND = 1_000_000_000


@pytest.fixture(autouse=True, scope="module")
def _far_from_utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "NPT-5:45")
        time.tzset()
        yield
    time.tzset()


def _ns(text: str, utc: bool = False) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment.replace(tzinfo=UTC) if utc else moment).timestamp()) * _SECOND + moment.microsecond * 1000


def _matching(query: str, times: list[int], start_ns: int | None = None) -> list[int]:
    """Return which of these times match, by their places."""
    store = HandFedStore()
    for now_ns in times:
        store.now_ns = now_ns
        store.receive(OscMessage("/a"))
    bound = parse_query(query).bind(QueryContext(store, start_ns=start_ns))
    (view,) = views_of(store, 0, store.end_row)
    return view.rows[bound.mask(view)].tolist()


_TIMES = [
    "2024-05-04T14:04:59.999999", "2024-05-04T14:05:00", "2024-05-04T14:05:29", "2024-05-04T14:05:30.250000",
    "2024-05-04T14:05:59.999999", "2024-05-04T14:06:00", "2024-05-05T01:00:00",
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "matching"),
    [
        ("t:14:05", [1, 2, 3, 4]),
        ("t:14:05:29", [2]),
        ("t:14:05:30.2", [3]),
        ("t:14:05:30.25", [3]),
        ("t:14:05:30.3", []),
        ("t:14:05..14:06", [1, 2, 3, 4, 5]),
        ("t:14:05:30..", [3, 4, 5, 6]),
        ("t:..14:05:29", [0, 1, 2]),
        ("t>14:05", [2, 3, 4, 5, 6]),
        ("t>=14:05", [1, 2, 3, 4, 5, 6]),
        ("t<14:05", [0]),
        ("t<=14:05", [0, 1, 2, 3, 4]),
        ("t:1:00", [6]),
        ("t:2024-05-04T14:05", [1, 2, 3, 4]),
        ("t:2024-05-05_01:00", [6]),
        ("t>2024-05-05T00:00", [6]),
        ("t<2199-12-31T23:59:59.999999999", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_times_of_day_are_those_of_the_local_clock(query: str, matching: list[int]) -> None:
    assert _matching(query, [_ns(text) for text in _TIMES]) == matching


def test_times_of_day_can_be_those_of_utc() -> None:
    times = [_ns(text, utc=True) for text in _TIMES]
    assert _matching("t:14:05Z", times) == [1, 2, 3, 4]
    assert _matching("t:2024-05-05T01:00Z", times) == [6]


def test_log_that_runs_past_midnight_has_the_early_hours_on_its_second_day() -> None:
    times = [_ns(text) for text in ("2024-05-04T23:30:00", "2024-05-05T00:15:00", "2024-05-05T23:30:00")]
    assert _matching("t:0:15", times) == [1]
    assert _matching("t:23:30", times) == [0]
    assert _matching("t:2024-05-05T23:30", times) == [2]


@pytest.mark.parametrize(
    ("query", "matching"),
    [
        ("t:0", [0, 1]),
        ("t:0.0", [0]),
        ("t:1..2", [2, 3]),
        ("t:1.000000000", [2]),
        ("t>1", [3, 4]),
        ("t>=1", [2, 3, 4]),
        ("t<1", [0, 1]),
        ("t<=1", [0, 1, 2]),
        ("t:-5..0.4", [0]),
    ],
)
def test_seconds_count_from_the_first_row(query: str, matching: list[int]) -> None:
    start = _ns("2024-05-04T12:00:00")
    times = [start, start + _SECOND // 2, start + _SECOND, start + 2 * _SECOND, start + 3 * _SECOND]
    assert _matching(query, times) == matching


def test_seconds_count_from_the_reference_if_there_is_one() -> None:
    start = _ns("2024-05-04T12:00:00")
    assert _matching("t:0", [start, start + _SECOND], start_ns=start + _SECOND) == [1]
    assert _matching("t<0", [start, start + _SECOND], start_ns=start + _SECOND) == [0]


def test_start_stays_when_the_first_rows_have_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", 2)
    store = HandFedStore(limit_rows=4)
    bound = parse_query("t:0.002..0.003").bind(QueryContext(store))
    found: list[int] = []
    for _ in range(8):
        store.receive(OscMessage("/a"))
        for view in views_of(store, store.end_row - 1, store.end_row):
            found += view.rows[bound.mask(view)].tolist()
    assert store.first_row > 0
    assert found == [2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1.",
        ".5",
        "1e5",
        "12:60",
        "24:00",
        "1:2",
        "12:30:61",
        "2024-13-01T00:00",
        "1234567890",
        "1970-01-01T00:00",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_instant(text) is None


@given(st.integers(0, 200 * 365 * 86_400), st.integers(0, _SECOND - 1))
def test_a_time_written_in_full_is_itself(seconds: int, part: int) -> None:
    moment = datetime.fromtimestamp(366 * 86_400 + seconds, UTC)
    instant = parse_instant(f"{moment:%Y-%m-%dT%H:%M:%S}.{part:09d}Z")
    assert instant is not None
    assert instant.unix_ns(0) == (366 * 86_400 + seconds) * _SECOND + part
    assert instant.step_ns == 1
    assert replace(instant, step_ns=5).step_ns == 5
