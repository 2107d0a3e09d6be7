from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.models.selected_rows import SelectedRows

numbers = st.integers(0, 30)
steps = st.lists(st.tuples(st.sampled_from(["add", "remove", "trim"]), numbers, numbers), max_size=12)


@settings(max_examples=60)
@given(steps)
def test_it_is_a_set_of_numbers(steps: list[tuple[str, int, int]]) -> None:
    selected, expected = SelectedRows(), set[int]()
    for what, first, end in steps:
        if what == "add":
            selected.add(first, end)
            expected |= set(range(first, end))
        elif what == "remove":
            selected.remove(first, end)
            expected -= set(range(first, end))
        else:
            assert selected.trim(first) is any(row < first for row in expected)
            expected -= set(range(first))
        assert {row for row in range(32) if row in selected} == expected
        assert [row for rows in selected.ranges for row in rows] == sorted(expected)


@settings(max_examples=60)
@given(steps)
def test_ranges_neither_overlap_nor_touch(steps: list[tuple[str, int, int]]) -> None:
    selected = SelectedRows()
    for what, first, end in steps:
        (selected.add if what == "add" else selected.remove)(first, end)
    ranges = selected.ranges
    assert all(rows for rows in ranges)
    assert all(rows.stop < later.start for rows, later in pairwise(ranges))


def test_ten_million_rows_are_one_range() -> None:
    selected = SelectedRows()
    selected.add(0, 10_000_000)
    selected.remove(5_000_000, 5_000_001)
    assert selected.ranges == (range(5_000_000), range(5_000_001, 10_000_000))
    selected.clear()
    assert selected.ranges == ()
