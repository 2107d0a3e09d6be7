"""Bursts and rates against counting by hand."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.traffic.row_groups import group_rows
from osc_workbench.traffic.window_counts import WINDOW_NS, WindowCounts
from tests.doubles.slow_statistics import Windows

_SLOTS = 4
# Of each step: which slot, how many windows later, how many rows.
_steps = st.lists(
    st.tuples(st.integers(0, _SLOTS - 1), st.sampled_from([0, 0, 1, 1, 5, -1]), st.sampled_from([1, 3, 12, 90])),
    min_size=1,
    max_size=60,
)


def _added(slots: list[int], windows: list[int], splits: list[int]) -> WindowCounts:
    counts = WindowCounts(_SLOTS)
    before = np.zeros(_SLOTS, np.int64)
    bounds = sorted({0, *(split for split in splits if split < len(slots)), len(slots)})
    for first, end in pairwise(bounds):
        groups = group_rows(np.array(slots[first:end], np.uint16))
        sorted_windows = np.array(windows[first:end])[groups.order]
        counts.add(groups, sorted_windows, before[groups.owners])
        before += np.bincount(slots[first:end], minlength=_SLOTS)
    return counts


@given(_steps, st.lists(st.integers(1, 2000), max_size=8))
@settings(max_examples=40, deadline=None)
def test_bursts_and_largest_windows_are_those_counted_by_hand(
    steps: list[tuple[int, int, int]], splits: list[int]
) -> None:
    slots: list[int] = []
    windows: list[int] = []
    window = 1000
    for slot, later, rows in steps:
        window += later
        slots += [slot] * rows
        windows += [window] * rows
    counts = _added(slots, windows, splits)
    for slot in range(_SLOTS):
        own = [window for row_slot, window in zip(slots, windows, strict=True) if row_slot == slot]
        if own:
            wanted = Windows.of(own)
            assert (counts.bursts[slot], counts.largest[slot]) == (wanted.bursts, wanted.largest)


def test_a_steady_stream_has_no_bursts() -> None:
    windows = [100] * 3 + [number for number in range(101, 140) for _ in range(40)]
    assert _added([1] * len(windows), windows, [200]).bursts[1] == 0


def test_a_burst_after_silence_is_one_burst_however_it_is_split() -> None:
    windows = list(range(50)) + [60] * 30
    for splits in ([], [55], [65, 70, 71]):
        counts = _added([2] * len(windows), windows, splits)
        assert (counts.bursts[2], counts.largest[2]) == (1, 30)


def test_a_call_of_more_runs_than_are_kept_keeps_the_last() -> None:
    windows = [number for number in range(1000) for _ in range(number % 7 + 1)]
    now_ns = 1000 * WINDOW_NS
    wanted = sum(window >= 990 for window in windows)
    for splits in ([], [500], [len(windows) - 3]):
        assert _added([0] * len(windows), windows, splits).rates(np.array([0]), now_ns).tolist() == [wanted]


def test_windows_that_two_endpoints_enter_in_turn_count_whole_for_the_rate() -> None:
    # Within a frame the rows of one endpoint come after those of the other, so each window that ends is entered twice.
    windows = [100] * 4 + [
        window for ending in range(100, 111) for window in [ending, ending + 1] * 2 + [ending + 1] * 6
    ]
    for splits in ([], [3, 8, 9, 50, 51], list(range(1, len(windows)))):
        counts = _added([2] * len(windows), windows, splits)
        assert counts.rates(np.array([2]), 111 * WINDOW_NS)[0] == sum(101 <= window <= 111 for window in windows)


@given(st.lists(st.integers(1000, 1040), min_size=1, max_size=80), st.lists(st.integers(1, 80), max_size=8))
@settings(max_examples=40, deadline=None)
def test_rates_do_not_depend_on_how_rows_are_split(windows: list[int], splits: list[int]) -> None:
    slots = [window % _SLOTS for window in windows]
    whole, parts = _added(slots, windows, []), _added(slots, windows, splits)
    for now in (1010, 1039, 1045):
        for slot in set(slots):
            rates = [counts.rates(np.array([slot]), now * WINDOW_NS)[0] for counts in (whole, parts)]
            assert rates[0] == rates[1]
