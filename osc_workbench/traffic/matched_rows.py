"""The rows that a query matches, kept up to date; with repeats folded if that is wished."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.chunk import Chunk
from osc_workbench.traffic.matched_segment import Segment
from osc_workbench.traffic.pieces import Pieces
from osc_workbench.traffic.query import BoundQuery
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.same_bytes import message_at, same_messages
from osc_workbench.traffic.shown_rows import Change
from osc_workbench.traffic.store import TrafficStore

Column = npt.NDArray[Any]


class MatchedRows:
    """query: None for all rows. is_folded: rows that are the same as the matching one before them are counted with it.

    Rows of bundles are never folded: their bracket would be torn.
    """

    def __init__(self, store: TrafficStore, query: BoundQuery | None, is_folded: bool = False) -> None:
        self._store = store
        self._query = query
        self._is_folded = is_folded
        self._goes_forward = is_folded or (query is not None and query.query.needs_history)
        self._pieces = Pieces() if query is None else query.query.pieces
        # What has been looked at; without history it grows to both sides, from the newest row.
        self._first = self._end = store.first_row if self._goes_forward else store.end_row
        self._segments: list[Segment] = []
        self._bases: list[int] = []
        self._starts: list[int] = [0]
        # The matching row that the next one may repeat: its link and bytes.
        self._last: tuple[int, bytes] | None = None

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
        trimmed, prepended = self._trim()
        before = len(self)
        appended, has_repeats = self._look_ahead(is_late)
        while self._first > self._store.first_row and not is_late():
            prepended += self._look_back()
        if trimmed or prepended or appended or len(self._starts) <= len(self._segments):
            self._count()
        # Only the row that was the last one can have got more repeats.
        return Change(trimmed, prepended, appended, range(before - 1, before) if has_repeats else range(0))

    def _trim(self) -> tuple[int, int]:
        """Forget what is no longer kept; return how many shown rows went, and how many take their place."""
        first_row = self._store.first_row
        self._first, self._end = max(self._first, first_row), max(self._end, first_row)
        gone = bisect_left(self._bases, first_row)
        if not gone:
            return 0, 0
        trimmed, shown = self._starts[gone], len(self)
        del self._segments[:gone], self._bases[:gone]
        first = next((segment for segment in self._segments if len(segment.rows)), None)
        if first is None:
            # What is gone cannot be repeated.
            self._last = None
        elif first.leading:
            first.show_first()
        self._count()
        return trimmed, len(self) - (shown - trimmed)

    def _count(self) -> None:
        self._starts = list(accumulate((segment.shown_count for segment in self._segments), initial=0))

    # Looking at rows.

    def _look_ahead(self, is_late: Callable[[], bool]) -> tuple[int, bool]:
        """Return how many more rows are shown, and whether the last one before has got repeats."""
        appended = 0
        has_repeats = False
        for number, (chunk, first, end) in enumerate(self._pieces.ahead(self._store, self._end)):
            # Something new is always looked at, so that this never falls behind for good.
            if number and is_late():
                break
            view = RowView(self._store.headers, chunk, slice(first, end))
            places = self._matching(view)
            heads = self._heads(view, places) if self._is_folded else None
            if heads is not None and len(places) and not appended:
                has_repeats |= not len(heads) or int(heads[0]) > 0
            self._segment_at_end(chunk).append(places + first, heads)
            appended += len(places if heads is None else heads)
            self._end = chunk.first_row + end
        return appended, has_repeats

    def _look_back(self) -> int:
        """Look at a piece before what has been looked at; return how many of its rows match."""
        chunk, first, end = self._pieces.back(self._store, self._first)
        rows = self._matching(RowView(self._store.headers, chunk, slice(first, end)))
        if not self._segments or self._segments[0].base != chunk.first_row:
            self._segments.insert(0, Segment(chunk, False))
            self._bases.insert(0, chunk.first_row)
        self._segments[0].prepend(rows + first)
        self._first = chunk.first_row + first
        return len(rows)

    def _matching(self, view: RowView) -> Column:
        if self._query is None:
            return np.arange(len(view))
        return np.flatnonzero(self._query.mask(view))

    def _segment_at_end(self, chunk: Chunk) -> Segment:
        if not self._segments or self._segments[-1].base != chunk.first_row:
            if self._segments:
                self._segments[-1].seal()
            self._segments.append(Segment(chunk, self._is_folded))
            self._bases.append(chunk.first_row)
        return self._segments[-1]

    def _heads(self, view: RowView, places: Column) -> Column:
        """Return which of the matching rows, counted among these, are not the same as the one before."""
        if not len(places):
            return places
        same = np.zeros(len(places), np.bool_)
        same[1:] = (
            same_messages(view, places[1:], places[:-1])
            & (view.links[places[1:]] == view.links[places[:-1]])
            & ~view.in_bundle[places[1:]]
            & ~view.in_bundle[places[:-1]]
        )
        first, last = int(places[0]), int(places[-1])
        same[0] = self._last == (int(view.links[first]), message_at(view, first)) and not view.in_bundle[first]
        # A message of a bundle repeats nothing, and nothing repeats it.
        self._last = None if view.in_bundle[last] else (int(view.links[last]), message_at(view, last))
        return np.flatnonzero(~same)

    # Asking.

    def row_at(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise IndexError(f"there is no shown row {index}")
        number = bisect_right(self._starts, index) - 1
        return self._segments[number].row_at(index - self._starts[number])

    def index_of(self, row: int) -> int | None:
        number = bisect_right(self._bases, row) - 1
        place = self._segments[number].find(row) if number >= 0 else None
        return None if place is None else self._starts[number] + place

    def place_of(self, row: int) -> int:
        number = bisect_right(self._bases, row) - 1
        return self._starts[number] + self._segments[number].place_of(row) if number >= 0 else 0

    def __contains__(self, row: int) -> bool:
        """Tell whether a row is known to match; False for one that has not been looked at yet."""
        number = bisect_right(self._bases, row) - 1
        return number >= 0 and self._segments[number].holds(row)

    def repeats(self, index: int) -> int:
        number = bisect_right(self._starts, index) - 1
        segment, place = self._segments[number], index - self._starts[number]
        count = segment.repeats(place)
        if self._is_folded and place + 1 == segment.shown_count:
            for later in self._segments[number + 1 :]:
                count += later.leading
                if later.shown_count:
                    break
        return count

    def rows_between(self, first_row: int, end_row: int) -> Iterator[int]:
        # Places move while rows come and go, which they may do between two of these.
        while (place := self.place_of(first_row)) < len(self) and (row := self.row_at(place)) < end_row:
            yield row
            first_row = row + 1
