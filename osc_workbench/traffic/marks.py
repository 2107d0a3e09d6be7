"""Rows that the user has marked, with or without a comment."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

# Beyond this somebody marks rows by a program, for which a query is the better tool.
MARKS_LIMIT = 100_000


class Marks:
    """Marked rows by number, ascending.

    changes: how often something has changed, so that what depends on it can tell.
    """

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._comments: dict[int, str] = {}
        self.changes = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __contains__(self, row: int) -> bool:
        return row in self._comments

    def comment(self, row: int) -> str:
        """Return the comment of a row, "" if it has none."""
        return self._comments.get(row, "")

    def set(self, row: int, comment: str = "") -> bool:
        """Mark a row, or change its comment; False if there are too many marks already."""
        if row not in self._comments:
            if len(self._rows) >= MARKS_LIMIT:
                return False
            self._rows.insert(bisect_left(self._rows, row), row)
        self._comments[row] = comment
        self.changes += 1
        return True

    def remove(self, row: int) -> None:
        """Take a mark away; a row without one is no error."""
        if self._comments.pop(row, None) is not None:
            del self._rows[bisect_left(self._rows, row)]
            self.changes += 1

    def clear(self) -> None:
        self.trim(self._rows[-1] + 1 if self._rows else 0)

    def trim(self, first_row: int) -> int:
        """Forget the marks of rows before this one; return how many there were."""
        count = bisect_left(self._rows, first_row)
        if count:
            for row in self._rows[:count]:
                del self._comments[row]
            del self._rows[:count]
            self.changes += 1
        return count

    def next(self, row: int) -> int | None:
        """Return the first marked row after this one."""
        index = bisect_right(self._rows, row)
        return self._rows[index] if index < len(self._rows) else None

    def previous(self, row: int) -> int | None:
        """Return the last marked row before this one."""
        index = bisect_left(self._rows, row)
        return self._rows[index - 1] if index else None

    def between(self, first_row: int, end_row: int) -> list[int]:
        """Return the marked rows of a range."""
        return self._rows[bisect_left(self._rows, first_row) : bisect_left(self._rows, end_row)]
