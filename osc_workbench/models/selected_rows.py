"""Which rows are selected, as ranges: a million rows in a run cost no more than one."""

from bisect import bisect_left, bisect_right


class SelectedRows:
    """A set of numbers as ranges that neither overlap nor touch, ascending; what is done takes time for ranges only."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._ends: list[int] = []

    @property
    def ranges(self) -> tuple[range, ...]:
        return tuple(map(range, self._firsts, self._ends))

    def __contains__(self, row: int) -> bool:
        place = bisect_right(self._firsts, row) - 1
        return place >= 0 and row < self._ends[place]

    def clear(self) -> None:
        self._firsts.clear()
        self._ends.clear()

    def add(self, first_row: int, end_row: int) -> None:
        """Select all rows from the first to before the end."""
        if first_row >= end_row:
            return
        # Ranges that overlap the new one or touch it become one with it.
        start, stop = bisect_left(self._ends, first_row), bisect_right(self._firsts, end_row)
        if start < stop:
            first_row, end_row = min(first_row, self._firsts[start]), max(end_row, self._ends[stop - 1])
        self._firsts[start:stop], self._ends[start:stop] = [first_row], [end_row]

    def remove(self, first_row: int, end_row: int) -> None:
        """Let go of all rows from the first to before the end."""
        start, stop = bisect_right(self._ends, first_row), bisect_left(self._firsts, end_row)
        if first_row >= end_row or start >= stop:
            return
        pieces = [(self._firsts[start], first_row), (end_row, self._ends[stop - 1])]
        left = [(first, end) for first, end in pieces if first < end]
        self._firsts[start:stop] = [first for first, _ in left]
        self._ends[start:stop] = [end for _, end in left]

    def trim(self, first_row: int) -> bool:
        """Let go of all rows before this one; False if there were none."""
        if not self._firsts or self._firsts[0] >= first_row:
            return False
        self.remove(self._firsts[0], first_row)
        return True
