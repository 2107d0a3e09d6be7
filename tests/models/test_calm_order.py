import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.models.calm_order import CALM_TOLERANCE, INTERVAL_NS, RearrangePace, SortKey, arranged


def value(row: SortKey) -> SortKey:
    return row


@pytest.mark.parametrize(
    ("rows", "is_descending", "order"),
    [
        ([3, 1, 2], True, [3, 2, 1]),
        ([3, 1, 2], False, [1, 2, 3]),
        ([None, 1, None, 2], True, [2, 1, None, None]),
        ([None, 1, 2], False, [1, 2, None]),
        (["b", "a", "c"], False, ["a", "b", "c"]),
        ([0.0, -5.0, 5.0, -0.1], True, [5.0, 0.0, -0.1, -5.0]),
        ([], True, []),
    ],
)
@pytest.mark.parametrize("tolerance", [0.0, CALM_TOLERANCE])
def test_rows_are_sorted_and_those_without_a_value_come_last(
    rows: list[SortKey], is_descending: bool, order: list[SortKey], tolerance: float
) -> None:
    assert arranged(rows, value, is_descending, tolerance) == order


def test_equal_rows_stay_as_they_are_in_both_directions() -> None:
    rows = [("a", 1), ("b", 2), ("c", 1)]
    assert arranged(rows, lambda row: row[1], True) == [("b", 2), ("a", 1), ("c", 1)]
    assert arranged(rows, lambda row: row[1], False) == [("a", 1), ("c", 1), ("b", 2)]


def test_rows_that_count_equally_fast_keep_their_places() -> None:
    rows = [("a", 1000), ("b", 1001), ("c", 1003), ("d", 2000)]
    assert arranged(rows, lambda row: row[1], True, CALM_TOLERANCE) == [rows[3], rows[0], rows[1], rows[2]]


@given(st.lists(st.floats(allow_nan=False), max_size=30), st.booleans())
def test_what_differs_by_more_than_the_tolerance_is_in_order(values: list[float], is_descending: bool) -> None:
    rows = arranged(values, value, is_descending, CALM_TOLERANCE)
    assert sorted(rows) == sorted(values)
    for before, after in pairwise(rows):
        low, high = (after, before) if is_descending else (before, after)
        assert low <= high or low - high <= 1.01 * CALM_TOLERANCE * min(abs(low), abs(high))


def test_a_table_is_rearranged_once_a_second() -> None:
    pace = RearrangePace()
    times = [0, INTERVAL_NS // 2, INTERVAL_NS - 1, INTERVAL_NS, INTERVAL_NS + 1, 2 * INTERVAL_NS]
    assert [pace.is_due(time) for time in times] == [True, False, False, True, False, True]


def test_a_table_that_is_touched_stays_as_it_is_for_a_second() -> None:
    pace = RearrangePace()
    pace.touch()
    assert not pace.is_due(0)
    pace.touch()
    assert not pace.is_due(INTERVAL_NS // 2)
    assert not pace.is_due(INTERVAL_NS)
    assert pace.is_due(INTERVAL_NS * 3 // 2)


def test_a_clock_that_is_set_back_does_not_stop_it() -> None:
    pace = RearrangePace()
    assert pace.is_due(10 * INTERVAL_NS)
    assert pace.is_due(0)


def test_a_long_table_is_sorted_quickly() -> None:
    rows = [random.Random(1).random() for _ in range(500)]
    assert arranged(rows, value, True) == sorted(rows, reverse=True)
