"""Counts of 100 ms windows: bursts, and the rate of the last second.

Strategy. The rows of a slot are divided into runs: rows that follow each other in the same window. Of each slot the
newest run stays open and is made longer by the next rows of that window, so it does not matter how the rows are split
into calls. For the rate each of the last windows has a place in a ring, where all its runs come together: the rows of a
frame are those of one endpoint after the other, so a window that ends within it is left and entered again.
The rows of a frame mostly lie in one window, which is cheaper.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.row_groups import RowGroups, differs, run_ends

Column = npt.NDArray[Any]
WINDOW_NS = 100_000_000
BURST_COUNT = 10
BURST_RATIO = 4
# A rate looks at ten windows and the rest of an eleventh; with a power of two a place in the ring is found faster.
_RATE_WINDOWS = 10
_RING = 16


class _Runs(NamedTuple):
    """New runs, those of one slot next to each other.

    slots, heads, each: by slot; which it is, where its runs begin, how many they are.
    of_slot, windows, counts: by run; which of `slots` has it, its window, its rows.
    so_far: by run; rows of the slot up to the end of the run, since the beginning.
    """

    slots: Column
    heads: Column
    each: Column
    of_slot: Column
    windows: Column
    counts: Column
    so_far: Column


class WindowCounts:
    """What is known of the windows of each slot.

    bursts: windows that held at least BURST_COUNT rows and more than BURST_RATIO times the mean of all windows of the
        slot from its first to this one, silent ones included; so there is none among the first four.
    largest: most rows in one window. Both int64, shape (slots,).
    Where time goes backwards, a window that is entered again counts as another.
    """

    def __init__(self, slots: int) -> None:
        self.bursts: Column = np.zeros(slots, np.int64)
        self.largest: Column = np.zeros(slots, np.int64)
        self._first_window: Column = np.zeros(slots, np.int64)
        self._open_window: Column = np.zeros(slots, np.int64)
        self._open_count: Column = np.zeros(slots, np.int64)
        self._is_open_burst: Column = np.zeros(slots, np.bool_)
        # The place of a window is its number modulo the size of the ring.
        self._ring_windows: Column = np.zeros(slots * _RING, np.int64)
        self._ring_counts: Column = np.zeros(slots * _RING, np.uint32)

    def add(self, groups: RowGroups, windows: Column, counts_before: Column) -> None:
        """Add rows. windows: int64, times // WINDOW_NS of the sorted rows. counts_before: rows so far, by group."""
        runs = _runs_of(groups, windows, counts_before)
        slots = runs.slots
        self._remember(runs)
        goes_on = self._reopen(runs, counts_before == 0)
        if runs.counts.max() >= BURST_COUNT:
            self._count_bursts(runs, goes_on)
        else:
            self._is_open_burst[slots] = False
        np.maximum.at(self.largest, slots[runs.of_slot], runs.counts)
        last = runs.heads + runs.each - 1
        self._open_window[slots], self._open_count[slots] = runs.windows[last], runs.counts[last]

    def _count_bursts(self, runs: _Runs, goes_on: Column) -> None:
        slots = runs.slots
        elapsed = runs.windows - self._first_window[slots][runs.of_slot] + 1
        is_burst = (runs.counts >= BURST_COUNT) & (runs.counts * elapsed > BURST_RATIO * runs.so_far)
        # An open run that was a burst already remains one, however long it gets.
        is_counted = goes_on & self._is_open_burst[slots]
        self.bursts[slots] += np.add.reduceat(is_burst, runs.heads, dtype=np.int64) - is_counted
        self._is_open_burst[slots] = is_burst[runs.heads + runs.each - 1]

    def _reopen(self, runs: _Runs, is_new: Column) -> Column:
        """Add the rows of open runs to the new runs that go on with them; return which slots have one, by slot."""
        slots, windows = runs.slots, runs.windows[runs.heads]
        if is_new.any():
            self._first_window[slots[is_new]] = windows[is_new]
        goes_on: Column = (self._open_window[slots] == windows) & ~is_new
        runs.counts[runs.heads] += self._open_count[slots] * goes_on
        return goes_on

    def _remember(self, runs: _Runs) -> None:
        """Put new runs into the ring, at the places of their windows; of several at one place the last stays."""
        windows, counts = runs.windows, runs.counts
        places = (runs.slots * _RING)[runs.of_slot] + (windows & (_RING - 1))
        is_first = is_last = np.ones(len(places), np.bool_)
        if len(places) > len(runs.slots):
            order = np.argsort(places, kind="stable")
            places, windows = places[order], windows[order]
            starts = np.flatnonzero(differs(places) | differs(windows))
            places, windows, counts = places[starts], windows[starts], np.add.reduceat(counts[order], starts)
            is_first = differs(places)
            is_last = np.append(is_first[1:], True)
        goes_on = is_first & (self._ring_windows[places] == windows)
        counts = counts + self._ring_counts[places] * goes_on
        self._ring_windows[places[is_last]] = windows[is_last]
        self._ring_counts[places[is_last]] = counts[is_last]

    def rates(self, slots: Column, now_ns: int) -> Column:
        """Return rows per second over the last second, float64.

        Of the window in which that second began, as much counts as lies in it, as if its rows were spread evenly.
        """
        now, part_ns = divmod(now_ns, WINDOW_NS)
        places = slots[:, None] * _RING + np.arange(_RING)
        ages = now - self._ring_windows[places]
        is_recent = (ages >= 0) & (ages < _RATE_WINDOWS)
        weights = np.where(ages == _RATE_WINDOWS, 1 - part_ns / WINDOW_NS, is_recent)
        rates: Column = (self._ring_counts[places] * weights).sum(axis=1)
        return rates


def _runs_of(groups: RowGroups, windows: Column, counts_before: Column) -> _Runs:
    slots, starts = groups.owners, groups.firsts
    if windows.min() == windows.max():
        each, one = np.arange(len(slots)), np.ones(len(slots), np.int64)
        counts = groups.counts
        return _Runs(slots, each, one, each, windows[starts], counts, counts_before + counts)
    is_start = differs(windows)
    is_start[starts] = True
    run_starts = np.flatnonzero(is_start)
    heads = np.searchsorted(run_starts, starts)
    each = run_ends(heads, len(run_starts)) - heads
    of_slot = np.repeat(np.arange(len(slots)), each)
    stops = run_ends(run_starts, len(windows))
    so_far = stops + (counts_before - starts)[of_slot]
    return _Runs(slots, heads, each, of_slot, windows[run_starts], stops - run_starts, so_far)
