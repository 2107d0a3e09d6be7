"""The way from one match in the log to the next."""

from collections.abc import Callable

from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.shown_rows import ShownRows

# Each leap takes some 10 us; only matches and shown rows that take turns without ever meeting need many.
_LEAPS = 20_000

_Find = Callable[[ShownRows, int], int | None]


def next_match(shown: ShownRows, matches: MatchedRows | None, row: int, forward: bool) -> int | None:
    """Return the next shown row after this one, or before it, that is a match; without matches any shown row is one.

    Gives up with None after very many rows of which each is shown or a match, but not both.
    """
    if isinstance(shown, LatestRows):
        return _next_latest(shown, matches, row, forward)
    find: _Find = _at_or_after if forward else _at_or_before
    here = find(shown, row + 1 if forward else row - 1)
    for _ in range(_LEAPS):
        if here is None or matches is None:
            return here
        match = find(matches, here)
        if match is None or match == here:
            return match
        here = find(shown, match)
    return None


def _at_or_after(rows: ShownRows, row: int) -> int | None:
    place = rows.place_of(row)
    return rows.row_at(place) if place < len(rows) else None


def _at_or_before(rows: ShownRows, row: int) -> int | None:
    place = rows.place_of(row + 1) - 1
    return rows.row_at(place) if place >= 0 else None


def _next_latest(shown: LatestRows, matches: MatchedRows | None, row: int, forward: bool) -> int | None:
    """Return the next match in the order of the table, which is not that of the log."""
    here = shown.index_of(row)
    if forward:
        places = range(0 if here is None else here + 1, len(shown))
    else:
        places = range((len(shown) if here is None else here) - 1, -1, -1)
    rows = map(shown.row_at, places)
    return next((candidate for candidate in rows if matches is None or candidate in matches), None)
