"""The rows of one chunk that match, and which of them are shown when repeats are folded."""

from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.chunk import Chunk

Column = npt.NDArray[Any]
_SMALLEST = 64


class Segment:
    """rows: places of matching rows in the chunk, ascending. base: the chunk's first row.

    heads: those that are shown, as places in `rows`; each stands for the others up to the next. None where all are.
    """

    __slots__ = ("_heads", "_rows", "base")

    def __init__(self, chunk: Chunk, is_folded: bool) -> None:
        self.base = chunk.first_row
        # Two bytes a row instead of four: of ten million rows all may be shown.
        dtype = np.uint16 if len(chunk.times) <= 1 << 16 else np.uint32
        self._rows = _Numbers(dtype)
        self._heads = _Numbers(dtype) if is_folded else None

    @property
    def rows(self) -> Column:
        return self._rows.numbers

    @property
    def heads(self) -> Column | None:
        return None if self._heads is None else self._heads.numbers

    @property
    def shown_count(self) -> int:
        return len(self.rows if self.heads is None else self.heads)

    @property
    def leading(self) -> int:
        """How many rows repeat one that is shown in a chunk before."""
        if self.heads is None:
            return 0
        return int(self.heads[0]) if len(self.heads) else len(self.rows)

    def append(self, rows: Column, heads: Column | None) -> None:
        """Add rows at the end. heads: those that are shown, as places in these."""
        if self._heads is not None and heads is not None:
            self._heads.append(heads + len(self.rows))
        self._rows.append(rows)

    def prepend(self, rows: Column) -> None:
        """Add rows at the top of one that is not folded."""
        self._rows.prepend(rows)

    def show_first(self) -> None:
        """Show the first row, because the one it repeats is gone."""
        assert self._heads is not None
        self._heads.prepend(np.zeros(1, np.int64))

    def seal(self) -> None:
        """Give back the room that was kept for more."""
        self._rows.seal()
        if self._heads is not None:
            self._heads.seal()

    # Rows are those of the store from here on, and places those of shown rows in this segment.

    def row_at(self, place: int) -> int:
        return self.base + int(self.rows[place if self.heads is None else self.heads[place]])

    def holds(self, row: int) -> bool:
        """Tell whether a row of the store is one of these."""
        local, rows = row - self.base, self.rows
        # Most ask about rows of a segment that has few or none.
        if not len(rows) or local > rows[-1]:
            return False
        # Of another type than the rows, the number would have all of them converted.
        return bool(rows[rows.searchsorted(rows.dtype.type(local))] == local)

    def place_of(self, row: int) -> int:
        """Return the first shown row at or after this one."""
        place = bisect_left(self.rows, row - self.base)
        return place if self.heads is None else bisect_left(self.heads, place)

    def find(self, row: int) -> int | None:
        """Return which shown row stands for this one, -1 for the last one before them; None if it does not match."""
        place = bisect_left(self.rows, row - self.base)
        if place >= len(self.rows) or self.rows[place] != row - self.base:
            return None
        return place if self.heads is None else bisect_right(self.heads, place) - 1

    def repeats(self, place: int) -> int:
        """Return how many rows of this chunk a shown row stands for."""
        if self.heads is None:
            return 1
        end = int(self.heads[place + 1]) if place + 1 < len(self.heads) else len(self.rows)
        return end - int(self.heads[place])


class _Numbers:
    """A column that grows."""

    __slots__ = ("_count", "_numbers")

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._numbers: Column = np.empty(_SMALLEST, dtype)
        self._count = 0

    @property
    def numbers(self) -> Column:
        return self._numbers[: self._count]

    def append(self, numbers: Column) -> None:
        end = self._count + len(numbers)
        if end > len(self._numbers):
            self._numbers = np.resize(self._numbers, max(end, 2 * len(self._numbers)))
        self._numbers[self._count : end] = numbers
        self._count = end

    def prepend(self, numbers: Column) -> None:
        self._numbers = np.concatenate((numbers.astype(self._numbers.dtype), self.numbers))
        self._count = len(self._numbers)

    def seal(self) -> None:
        self._numbers = self.numbers.copy()
