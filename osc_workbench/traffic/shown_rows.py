"""Which rows of the store are shown, in what order: all, those a query matches, folded, or the latest of each address.

They keep up with the store a step at a time, so that no step takes long: rows that have arrived come first, then the
older ones, from the newest back. Where an answer depends on what came before, it goes from the oldest to the newest.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy.typing as npt

from osc_workbench.traffic.store import TrafficStore

Column = npt.NDArray[Any]


class Change(NamedTuple):
    """What a step did to the shown rows, in this order: some went at the top, came at the top, came at the end.

    changed: shown rows, counted after all that, which may look different; empty if none.
    """

    trimmed: int = 0
    prepended: int = 0
    appended: int = 0
    changed: range = range(0)

    @property
    def is_any(self) -> bool:
        return bool(self.trimmed or self.prepended or self.appended or self.changed)


class ShownRows(Protocol):
    """Shown rows are counted from 0 at the top; rows are those of the store."""

    def __len__(self) -> int: ...

    @property
    def progress(self) -> float:
        """How much of the store has been looked at, 0 to 1."""

    def advance(self, is_late: Callable[[], bool]) -> Change:
        """Look at what is new, and at some of what is old until it is late; to be called after each append or clear."""

    def row_at(self, index: int) -> int:
        """Return the row of a shown row. Raises IndexError."""

    def index_of(self, row: int) -> int | None:
        """Return where a row is shown, also if it is folded into another; None if it is not."""

    def place_of(self, row: int) -> int:
        """Return the first shown row at or after a row, len() if there is none; where it is shown, if it is."""

    def repeats(self, index: int) -> int:
        """Return how many rows a shown row stands for."""

    def rows_between(self, first_row: int, end_row: int) -> Iterator[int]:
        """Yield the shown rows of a range of the store, in the order in which they are shown."""


class AllRows:
    """Every row that is kept."""

    def __init__(self, store: TrafficStore) -> None:
        self._store = store
        self._first_row = self._end_row = store.first_row

    progress = 1.0

    def __len__(self) -> int:
        return self._end_row - self._first_row

    def advance(self, is_late: Callable[[], bool]) -> Change:
        first_row, end_row = self._store.first_row, self._store.end_row
        trimmed = min(first_row, self._end_row) - self._first_row
        appended = end_row - max(self._end_row, first_row)
        self._first_row, self._end_row = first_row, end_row
        return Change(trimmed=trimmed, appended=appended)

    def row_at(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise IndexError(f"there is no shown row {index}")
        return self._first_row + index

    def index_of(self, row: int) -> int | None:
        return row - self._first_row if self._first_row <= row < self._end_row else None

    def place_of(self, row: int) -> int:
        return min(max(row, self._first_row), self._end_row) - self._first_row

    def repeats(self, index: int) -> int:
        return 1

    def rows_between(self, first_row: int, end_row: int) -> Iterator[int]:
        yield from range(max(first_row, self._first_row), min(end_row, self._end_row))
