"""Statistics of some rows of the log, kept up to date: those of a range that a query matches.

It keeps up with the store a piece at a time, oldest first, so that a frame takes as long for a long log as for a short
one. Rows that were looked at stay in the statistics when the store lets go of them.
"""

import enum
from collections.abc import Callable, Sequence
from typing import NamedTuple

from osc_workbench.traffic.query import BoundQuery
from osc_workbench.traffic.row_view import RowView, views_of
from osc_workbench.traffic.statistics import TrafficStatistics
from osc_workbench.traffic.store import TrafficStore

# Rows between two looks at the time: some 10 ms of work.
PIECE_ROWS = 16_384
# The end of a range that stays open; more rows than can ever come.
_OPEN_END = 1 << 62


class CountedRows(enum.Enum):
    """Which rows statistics are about; a filter comes on top."""

    EVERYTHING = "everything"
    FROM_NOW = "from now on"
    SELECTED = "selected rows"


class _Span(NamedTuple):
    """Rows to look at. is_counted: False for those that only the history of a query needs."""

    start: int
    stop: int
    is_counted: bool


class StatisticsFeed:
    """Looks at the rows of a store that it was told to.

    statistics: of the rows so far; another object after each restart. query: what rows must match, None for all.
    looked_at: rows of the ranges so far, whether they match or not. missed: rows that were gone before their turn.
    """

    def __init__(self, store: TrafficStore) -> None:
        self._store = store
        self.restart(None, 0, None)

    def restart(self, query: BoundQuery | None, first_row: int, end_row: int | None) -> None:
        """Count the rows of a range from scratch. end_row: None if it stays open for rows that are to come.

        query: for this feed alone, because it may remember what it has seen.
        """
        self.restart_with(query, (range(first_row, _OPEN_END if end_row is None else end_row),))

    def restart_with(self, query: BoundQuery | None, ranges: Sequence[range]) -> None:
        """Count the rows of several ranges, which ascend and do not overlap, from scratch."""
        self.query = query
        self.statistics = TrafficStatistics(self._store)
        self.looked_at = self.missed = 0
        self._next = self._store.first_row
        needs_history = query is not None and query.query.needs_history
        # The next one to be done is the last, which can be taken off at once.
        self._spans = _spans(ranges, self._next, needs_history)[::-1]
        self._done = 0

    @property
    def is_complete(self) -> bool:
        """Whether all rows that are there have been looked at."""
        return not self._left()

    @property
    def progress(self) -> float:
        """How much of what is there has been looked at, 0 to 1."""
        left = self._left()
        return self._done / (self._done + left) if left else 1.0

    def _left(self) -> int:
        first, end = max(self._next, self._store.first_row), self._store.end_row
        return sum(max(0, min(span.stop, end) - max(span.start, first)) for span in self._spans)

    def advance(self, is_late: Callable[[], bool]) -> bool:
        """Look at one piece of rows, and at more until it is late; return whether there were any."""
        before = self._done, self.missed
        is_first = True
        while (is_first or not is_late()) and self._look_at_piece():
            is_first = False
        return (self._done, self.missed) != before

    def _look_at_piece(self) -> bool:
        """Look at the rows of one chunk that come next, at most PIECE_ROWS; False if there are none."""
        while self._spans:
            span = self._spans[-1]
            start = min(max(self._next, span.start), span.stop)
            kept = min(max(start, self._store.first_row), span.stop)
            self.missed += (kept - start) * span.is_counted
            self._next = kept
            view = next(views_of(self._store, kept, min(kept + self._rows_of_piece(kept), span.stop)), None)
            if view is not None:
                self._look(view, span.is_counted)
                return True
            if kept < span.stop:
                return False
            self._spans.pop()
        return False

    def _rows_of_piece(self, first_row: int) -> int:
        """Return how many rows can be looked at from this one on without taking long."""
        if self.query is None:
            return PIECE_ROWS
        piece = next(self.query.query.pieces.ahead(self._store, first_row), None)
        return PIECE_ROWS if piece is None else min(PIECE_ROWS, piece[2] - piece[1])

    def _look(self, view: RowView, is_counted: bool) -> None:
        mask = None if self.query is None else self.query.mask(view)
        if is_counted:
            self.statistics.take(view if mask is None or mask.all() else view.take(mask))
            self.looked_at += len(view)
        self._next += len(view)
        self._done += len(view)


def _spans(ranges: Sequence[range], first_row: int, needs_history: bool) -> list[_Span]:
    """Return what to look at, in order; a query with history must see the rows before and between, too."""
    spans: list[_Span] = []
    for counted in ranges:
        if needs_history and counted.start > first_row:
            spans.append(_Span(first_row, counted.start, False))
        if counted:
            spans.append(_Span(counted.start, counted.stop, True))
            first_row = counted.stop
    return spans
