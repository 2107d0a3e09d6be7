"""The order of a live table: sorted, and yet so calm that a row can be read and clicked."""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

_Row = TypeVar("_Row")
SortKey = float | str | None
# Values that differ less may stand in any order; of rows that count equally fast, each is ahead now and then.
CALM_TOLERANCE = 0.02
INTERVAL_NS = 1_000_000_000


def arranged(
    rows: Sequence[_Row], key: Callable[[_Row], SortKey], is_descending: bool, tolerance: float = 0.0
) -> list[_Row]:
    """Return rows sorted; those without a value come last, those with the same one stay as they are.

    key: a number, a text, or None; one kind for all rows. tolerance: numbers that differ by no more than about this
    share count as the same.
    """
    valued = [(value, row) for row in rows if (value := key(row)) is not None]
    rest = [row for row in rows if key(row) is None]
    valued.sort(key=lambda pair: _rank(pair[0], tolerance), reverse=is_descending)
    return [row for _, row in valued] + rest


def _rank(value: float | str, tolerance: float) -> tuple[int, float | str]:
    if isinstance(value, str) or not tolerance:
        return (0, value)
    if not value:
        return (0, 0)
    size = abs(value)
    # On a logarithmic scale numbers share a rank; zero stands between the signs.
    step = size if math.isinf(size) else round(math.log(size) / math.log1p(tolerance))
    return (1, step) if value > 0 else (-1, -step)


class RearrangePace:
    """Says when a live table may be rearranged: once a second, and not while somebody is at it."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._is_touched = False

    def touch(self) -> None:
        """Note that the user points or types at the table; for a second it stays as it is."""
        self._is_touched = True

    def is_due(self, now_ns: int) -> bool:
        """Tell whether it may be done now, which counts as done."""
        is_early = self._last_ns is not None and 0 <= now_ns - self._last_ns < INTERVAL_NS
        if is_early and not self._is_touched:
            return False
        self._last_ns = now_ns
        was_touched, self._is_touched = self._is_touched, False
        return not was_touched
