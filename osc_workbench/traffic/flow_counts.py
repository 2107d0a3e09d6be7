"""What is counted of every flow alike, whether it is an address or a peer.

Addresses and peers are in one table, because for the few rows of a frame a call of numpy costs more than its work.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.lateness import LatenessStatistics, LatenessSums, TimedRows, timed_rows
from osc_workbench.traffic.log_histogram import (
    GAP_EDGES,
    LATENESS_EDGES,
    Histogram,
    gap_bins,
    quantiles,
    values_or_none,
)
from osc_workbench.traffic.row_groups import RowGroups, group_rows
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.window_counts import WINDOW_NS, WindowCounts

Column = npt.NDArray[Any]
_SECOND_NS = 1e9
# Histograms of so many slots are looked at together: 8 MB of running sums.
_SLOTS_OF_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class FlowStatistics:
    """What came, how often and how regularly.

    count, malformed: messages. size_bytes: of the messages; heads of bundles do not count.
    share: of all messages, 0 to 1. rate_hz: over the last second. mean_rate_hz: from the first to the last.
    first_ns, last_ns: ns since the Unix epoch. median_gap, gap_percentile_99: seconds between successive messages, less
    than 9.1 % off between 1 us and 1,000 s; None if there is only one message.
    bursts, largest_window: see WindowCounts. lateness: None if there are no time tags.
    """

    count: int
    malformed: int
    size_bytes: int
    share: float
    rate_hz: float
    mean_rate_hz: float
    first_ns: int
    last_ns: int
    median_gap: float | None
    gap_percentile_99: float | None
    bursts: int
    largest_window: int
    lateness: LatenessStatistics | None


class FlowHistograms(NamedTuple):
    """gaps: time between successive messages. lateness: after time tags, negative if early."""

    gaps: Histogram
    lateness: Histogram


class FlowRows(NamedTuple):
    """What is looked at of some rows; all of them come twice, because each counts for two flows.

    times, sizes: int64. malformed: bool. windows: int64, times // WINDOW_NS. All of shape (2 * rows,).
    timed: those with a time tag, twice as well; None if there are none.
    """

    times: Column
    sizes: Column
    malformed: Column
    windows: Column
    timed: TimedRows | None


def flow_rows(view: RowView) -> FlowRows:
    """Return what is looked at, the rows one time after the other."""
    timed = timed_rows(view)
    if timed is not None:
        places = np.concatenate((timed.places, timed.places + len(view)))
        timed = TimedRows(places, _twice(timed.times), _twice(timed.late_ns), _twice(timed.bins))
    windows = view.times // WINDOW_NS
    return FlowRows(_twice(view.times), _twice(view.message_sizes), _twice(view.malformed), _twice(windows), timed)


def _twice(column: Column) -> Column:
    return np.concatenate((column, column))


class FlowCounts:
    """Counters of a number of slots that is fixed, because pages of slots that are not used cost no memory.

    counts: int64, shape (slots,), rows so far.
    """

    def __init__(self, slots: int) -> None:
        self.counts: Column = np.zeros(slots, np.int64)
        self._malformed: Column = np.zeros(slots, np.int64)
        self._bytes: Column = np.zeros(slots, np.int64)
        self._first_ns: Column = np.zeros(slots, np.int64)
        self._last_ns: Column = np.zeros(slots, np.int64)
        # 32 bits are enough for a whole day of 50,000 messages a second whose gaps are all in one bin.
        self._gaps: Column = np.zeros((slots, len(GAP_EDGES) - 1), np.uint32)
        self._windows = WindowCounts(slots)
        self._lateness = LatenessSums(slots)

    def add(self, row_slots: Column, rows: FlowRows) -> None:
        """Add rows, oldest first. row_slots: uint16, shape (2 * rows,), the slots that they count for."""
        groups = group_rows(row_slots)
        before = self.counts[groups.owners]
        self._windows.add(groups, rows.windows[groups.order], before)
        self._add_times(groups, rows.times[groups.order], before == 0)
        self.counts[groups.owners] = before + groups.counts
        slots = row_slots.astype(np.int64)
        np.add.at(self._bytes, slots, rows.sizes)
        if rows.malformed.any():
            np.add.at(self._malformed, slots[rows.malformed], 1)
        if rows.timed is not None:
            self._lateness.add(slots[rows.timed.places], rows.timed)

    def _add_times(self, groups: RowGroups, times: Column, is_new: Column) -> None:
        """Add the gaps before the rows. times: of the sorted rows. is_new: by group, whether it had none so far."""
        slots, starts = groups.owners, groups.firsts
        gaps = np.empty(len(times), np.int64)
        np.subtract(times[1:], times[:-1], out=gaps[1:])
        gaps[starts] = times[starts] - self._last_ns[slots]
        places = groups.keys.astype(np.int64) * self._gaps.shape[1] + gap_bins(gaps)
        if is_new.any():
            self._first_ns[slots[is_new]] = times[starts[is_new]]
            places = np.delete(places, starts[is_new])
        np.add.at(self._gaps.reshape(-1), places, np.uint32(1))
        groups.keep(times, self._last_ns)

    def totals(self, slot: int) -> tuple[int, int]:
        """Return rows and bytes of a slot."""
        return int(self.counts[slot]), int(self._bytes[slot])

    def histograms(self, slot: int) -> FlowHistograms:
        """Return copies of the histograms of a slot."""
        gaps, late = self._gaps[slot].astype(np.int64), self._lateness.bins[slot].astype(np.int64)
        return FlowHistograms(Histogram(GAP_EDGES, gaps), Histogram(LATENESS_EDGES, late))

    def statistics(self, slots: Column, now_ns: int, total: int) -> list[FlowStatistics]:
        """Return the statistics of these slots, none of which is empty. total: rows that the share is one of."""
        found: list[FlowStatistics] = []
        for start in range(0, len(slots), _SLOTS_OF_BLOCK):
            found += self._block(slots[start : start + _SLOTS_OF_BLOCK], now_ns, total)
        return found

    def _block(self, slots: Column, now_ns: int, total: int) -> list[FlowStatistics]:
        counts, first, last = self.counts[slots], self._first_ns[slots], self._last_ns[slots]
        spans = (last - first) / _SECOND_NS
        histograms = self._gaps[slots]
        columns = (
            counts,
            self._malformed[slots],
            self._bytes[slots],
            counts / total,
            self._windows.rates(slots, now_ns),
            np.where(spans > 0, (counts - 1) / np.where(spans > 0, spans, 1), 0),
            first,
            last,
            quantiles(histograms, GAP_EDGES, 0.5),
            quantiles(histograms, GAP_EDGES, 0.99),
            self._windows.bursts[slots],
            self._windows.largest[slots],
        )
        lateness = self._lateness.statistics(slots)
        parts = zip(*(values_or_none(column) for column in columns), lateness, strict=True)
        return [FlowStatistics(*values) for values in parts]
