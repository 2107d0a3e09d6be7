"""The rows that a query matches, kept up to date; with repeats folded if that is wished."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.chunk import Chunk
from osc_workbench.traffic.query import BoundQuery
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.same_bytes import message_at, same_messages
from osc_workbench.traffic.shown_rows import Change
from osc_workbench.traffic.store import TrafficStore

Column = npt.NDArray[Any]
_SMALLEST = 64


class _Segment:
    """The shown rows of one chunk. rows: places in the chunk, ascending. counts: how many rows each stands for."""

    __slots__ = ("_counts", "_rows", "base", "count")

    def __init__(self, chunk: Chunk, is_folded: bool) -> None:
        self.base = chunk.first_row
        self.count = 0
        # Two bytes a row instead of four: of ten million rows all may be shown.
        self._rows: Column = np.empty(_SMALLEST, np.uint16 if len(chunk.times) <= 1 << 16 else np.uint32)
        self._counts: Column | None = np.empty(_SMALLEST, np.uint32) if is_folded else None

    @property
    def rows(self) -> Column:
        return self._rows[: self.count]

    @property
    def counts(self) -> Column | None:
        return None if self._counts is None else self._counts[: self.count]

    def append(self, rows: Column, counts: Column | None) -> None:
        end = self.count + len(rows)
        if end > len(self._rows):
            size = max(end, 2 * len(self._rows))
            self._rows = np.resize(self._rows, size)
            self._counts = None if self._counts is None else np.resize(self._counts, size)
        self._rows[self.count : end] = rows
        if self._counts is not None:
            self._counts[self.count : end] = counts
        self.count = end

    def prepend(self, rows: Column) -> None:
        self._rows = np.concatenate((rows.astype(self._rows.dtype), self.rows))
        self.count = len(self._rows)

    def seal(self) -> None:
        """Give back the room that was kept for more."""
        self._rows = self.rows.copy()
        self._counts = None if self._counts is None else self._counts[: self.count].copy()


class MatchedRows:
    """query: None for all rows. is_folded: rows that are the same as the shown one before them are counted with it.

    Rows of bundles are never folded: their bracket would be torn.
    """

    def __init__(self, store: TrafficStore, query: BoundQuery | None, is_folded: bool = False) -> None:
        self._store = store
        self._query = query
        self._is_folded = is_folded
        self._goes_forward = is_folded or (query is not None and query.query.needs_history)
        # What has been looked at; without history it grows to both sides, from the newest row.
        self._first = self._end = store.first_row if self._goes_forward else store.end_row
        self._segments: list[_Segment] = []
        self._bases: list[int] = []
        self._starts: list[int] = [0]
        # The shown row that the next one may repeat: its link and bytes.
        self._last: tuple[int, bytes] | None = None
        self._repeated = False

    def __len__(self) -> int:
        return self._starts[-1]

    @property
    def is_folded(self) -> bool:
        return self._is_folded

    @property
    def progress(self) -> float:
        kept = len(self._store)
        return 1.0 if not kept else max(0, self._end - max(self._first, self._store.first_row)) / kept

    def advance(self, is_late: Callable[[], bool]) -> Change:
        trimmed = self._trim()
        before = len(self)
        self._repeated = False
        appended = self._look_ahead(is_late)
        prepended = 0
        while self._first > self._store.first_row and not is_late():
            prepended += self._look_back()
        self._count()
        # Only the row that was the last one can have got more repeats.
        return Change(trimmed, prepended, appended, range(before - 1, before) if self._repeated else range(0))

    def _trim(self) -> int:
        first_row = self._store.first_row
        gone = bisect_left(self._bases, first_row)
        trimmed = self._starts[gone]
        if gone:
            del self._segments[:gone], self._bases[:gone]
            self._count()
        self._first, self._end = max(self._first, first_row), max(self._end, first_row)
        if not len(self):
            # What is gone cannot be repeated.
            self._last = None
        return trimmed

    def _count(self) -> None:
        self._starts = list(accumulate((segment.count for segment in self._segments), initial=0))

    # Looking at rows.

    def _look_ahead(self, is_late: Callable[[], bool]) -> int:
        appended = 0
        is_first = True
        for chunk, first, end in self._store.chunks(self._end, self._store.end_row):
            # What has just arrived is always looked at, so that this never falls behind for good.
            if not is_first and is_late():
                break
            is_first = False
            view = RowView(self._store.headers, chunk, slice(first, end))
            places = self._matching(view)
            counts = None
            if self._is_folded:
                places, counts = self._fold(view, places)
            self._segment_at_end(chunk).append(places + first, counts)
            appended += len(places)
            self._end = chunk.first_row + end
        return appended

    def _look_back(self) -> int:
        """Look at the rows before those looked at, as far as they stand in one chunk."""
        chunk, local = self._store.chunk_at(self._first - 1)
        rows = self._matching(RowView(self._store.headers, chunk, slice(0, local + 1)))
        if not self._segments or self._segments[0].base != chunk.first_row:
            self._segments.insert(0, _Segment(chunk, False))
            self._bases.insert(0, chunk.first_row)
        self._segments[0].prepend(rows)
        self._first = chunk.first_row
        return len(rows)

    def _matching(self, view: RowView) -> Column:
        if self._query is None:
            return np.arange(len(view))
        return np.flatnonzero(self._query.mask(view))

    def _segment_at_end(self, chunk: Chunk) -> _Segment:
        if not self._segments or self._segments[-1].base != chunk.first_row:
            if self._segments:
                self._segments[-1].seal()
            self._segments.append(_Segment(chunk, self._is_folded))
            self._bases.append(chunk.first_row)
        return self._segments[-1]

    def _fold(self, view: RowView, places: Column) -> tuple[Column, Column]:
        """Return those of the matching rows that are not the same as the one before, and how many each stands for."""
        if not len(places):
            return places, places
        same = np.zeros(len(places), np.bool_)
        same[1:] = (
            same_messages(view, places[1:], places[:-1])
            & (view.links[places[1:]] == view.links[places[:-1]])
            & ~view.in_bundle[places[1:]]
            & ~view.in_bundle[places[:-1]]
        )
        first = int(places[0])
        same[0] = self._last == (int(view.links[first]), message_at(view, first)) and not view.in_bundle[first]
        starts = np.flatnonzero(~same)
        counts = np.diff(np.append(starts, len(places)))
        leading = int(starts[0]) if len(starts) else len(places)
        if leading:
            self._add_repeats(leading)
        last = int(places[-1])
        # A message of a bundle repeats nothing, and nothing repeats it.
        self._last = None if view.in_bundle[last] else (int(view.links[last]), message_at(view, last))
        return places[starts], counts

    def _add_repeats(self, count: int) -> None:
        """Count rows with the shown row before them."""
        for segment in reversed(self._segments):
            if segment.count:
                assert segment.counts is not None
                segment.counts[-1] += count
                self._repeated = True
                return

    # Asking.

    def row_at(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise IndexError(f"there is no shown row {index}")
        number = bisect_right(self._starts, index) - 1
        segment = self._segments[number]
        return segment.base + int(segment.rows[index - self._starts[number]])

    def index_of(self, row: int) -> int | None:
        place = self.place_of(row)
        if place < len(self) and self.row_at(place) == row:
            return place
        return place - 1 if self._is_folded and place and self.repeats(place - 1) > 1 else None

    def place_of(self, row: int) -> int:
        number = bisect_right(self._bases, row) - 1
        if number < 0:
            return 0
        segment = self._segments[number]
        local = row - segment.base
        if segment.count and local > int(segment.rows[-1]):
            return self._starts[number + 1]
        return self._starts[number] + int(np.searchsorted(segment.rows, local))

    def __contains__(self, row: int) -> bool:
        """Tell whether a row is known to match; False for one that has not been looked at yet."""
        place = self.place_of(row)
        return place < len(self) and self.row_at(place) == row

    def repeats(self, index: int) -> int:
        if not self._is_folded:
            return 1
        number = bisect_right(self._starts, index) - 1
        counts = self._segments[number].counts
        assert counts is not None
        return int(counts[index - self._starts[number]])

    def rows_between(self, first_row: int, end_row: int) -> Iterator[int]:
        # Places move while rows come and go, which they may do between two of these.
        while (place := self.place_of(first_row)) < len(self) and (row := self.row_at(place)) < end_row:
            yield row
            first_row = row + 1
