"""Counts of 100 ms windows: bursts, and the rate of the last second.

Strategy. The rows of a slot are divided into runs: rows that follow each other in the same window. Of each slot the
last few runs are kept in a ring. Its newest run stays open and is made longer by the next rows of that window, so it
does not matter how the rows are split into calls. The rows of a frame mostly lie in one window, which is cheaper.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.row_groups import RowGroups, run_ends

Column = npt.NDArray[Any]
WINDOW_NS = 100_000_000
BURST_COUNT = 10
BURST_RATIO = 4
# A rate looks at ten windows and the rest of an eleventh; a ring of a power of two is faster.
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
        # How many runs there were; the number of a run modulo the size of the ring is its place there.
        self._runs: Column = np.zeros(slots, np.int64)
        self._is_open_burst: Column = np.zeros(slots, np.bool_)
        self._ring_windows: Column = np.zeros(slots * _RING, np.int64)
        self._ring_counts: Column = np.zeros(slots * _RING, np.uint32)

    def add(self, groups: RowGroups, windows: Column, counts_before: Column) -> None:
        """Add rows. windows: int64, times // WINDOW_NS of the sorted rows. counts_before: rows so far, by group."""
        runs = _runs_of(groups, windows, counts_before)
        slots = runs.slots
        goes_on = self._reopen(runs)
        if runs.counts.max() >= BURST_COUNT:
            self._count_bursts(runs, goes_on)
        else:
            self._is_open_burst[slots] = False
        np.maximum.at(self.largest, slots[runs.of_slot], runs.counts)
        self._remember(runs, self._runs[slots] - goes_on)

    def _count_bursts(self, runs: _Runs, goes_on: Column) -> None:
        slots = runs.slots
        elapsed = runs.windows - self._first_window[slots][runs.of_slot] + 1
        is_burst = (runs.counts >= BURST_COUNT) & (runs.counts * elapsed > BURST_RATIO * runs.so_far)
        # An open run that was a burst already remains one, however long it gets.
        is_counted = goes_on & self._is_open_burst[slots]
        self.bursts[slots] += np.add.reduceat(is_burst, runs.heads, dtype=np.int64) - is_counted
        self._is_open_burst[slots] = is_burst[runs.heads + runs.each - 1]

    def _reopen(self, runs: _Runs) -> Column:
        """Add the rows of open runs to the new runs that go on with them; return which slots have one, by slot."""
        slots, windows = runs.slots, runs.windows[runs.heads]
        number = self._runs[slots]
        is_new = number == 0
        if is_new.any():
            self._first_window[slots[is_new]] = windows[is_new]
        newest = slots * _RING + ((number - 1) & (_RING - 1))
        goes_on: Column = (self._ring_windows[newest] == windows) & ~is_new
        runs.counts[runs.heads] += self._ring_counts[newest] * goes_on
        return goes_on

    def _remember(self, runs: _Runs, numbers: Column) -> None:
        """Put the last runs of each slot into its ring. numbers: those of the first runs, by slot."""
        slots = runs.slots
        self._runs[slots] = ends = numbers + runs.each
        of_run = (numbers - runs.heads)[runs.of_slot] + np.arange(len(runs.windows))
        places = (slots * _RING)[runs.of_slot] + (of_run & (_RING - 1))
        windows, counts = runs.windows, runs.counts
        if runs.each.max() > _RING:
            kept = of_run >= (ends - _RING)[runs.of_slot]
            places, windows, counts = places[kept], windows[kept], counts[kept]
        self._ring_windows[places] = windows
        self._ring_counts[places] = counts

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
    slots, starts, ends = groups.slots, groups.starts, groups.ends
    if windows.min() == windows.max():
        each, one = np.arange(len(slots)), np.ones(len(slots), np.int64)
        counts = ends - starts
        return _Runs(slots, each, one, each, windows[starts], counts, counts_before + counts)
    is_start = np.empty(len(windows), np.bool_)
    np.not_equal(windows[1:], windows[:-1], out=is_start[1:])
    is_start[starts] = True
    run_starts = np.flatnonzero(is_start)
    heads = np.searchsorted(run_starts, starts)
    each = run_ends(heads, len(run_starts)) - heads
    of_slot = np.repeat(np.arange(len(slots)), each)
    stops = run_ends(run_starts, len(windows))
    so_far = stops + (counts_before - starts)[of_slot]
    return _Runs(slots, heads, each, of_slot, windows[run_starts], stops - run_starts, so_far)
