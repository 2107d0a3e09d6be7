"""Rows put together by what they belong to, an address or a sender, in the order of their arrival.

Strategy. A stable sort by a small number puts the rows of each group after each other in their order; the row before is
then the neighbour, and for the first of a group what was kept of it from the call before. So whatever has a history
costs some numpy calls, however many groups there are, and looks the same at rows that came together or one by one.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


class RowGroups(NamedTuple):
    """Rows sorted by group, in their order within each.

    order: int64, shape (rows,), where each of the sorted rows was. keys: their groups, of the type they were given in.
    owners: int64, the keys of the groups, ascending. firsts, lasts: int64, where the sorted rows of each group begin
    and end. All three of shape (groups,).
    """

    order: Column
    keys: Column
    owners: Column
    firsts: Column
    lasts: Column

    @property
    def counts(self) -> Column:
        """Rows of each group."""
        counts: Column = self.lasts - self.firsts + 1
        return counts

    @property
    def first_of(self) -> Column:
        """Where the group of each sorted row begins, shape (rows,)."""
        return self.firsts.repeat(self.counts)

    def parts(self) -> Iterator[tuple[int, Column]]:
        """Yield the key of each group and where its rows were."""
        for owner, first, last in zip(self.owners.tolist(), self.firsts.tolist(), self.lasts.tolist(), strict=True):
            yield owner, self.order[first : last + 1]

    def before(self, values: Column, kept: Column) -> Column:
        """Return for each row the value of the row before it in its group. kept: by key, for the first ones."""
        found = np.empty_like(values)
        found[1:] = values[:-1]
        found[self.firsts] = kept[self.owners]
        return found

    def keep(self, values: Column, kept: Column) -> None:
        """Write the value of the last row of each group into `kept`."""
        kept[self.owners] = values[self.lasts]

    def streaks(self, holds: Column, kept: Column) -> Column:
        """Return for each row how many rows on end up to it hold, int64; what was kept of a group goes on."""
        index, first_of = np.arange(len(holds)), self.first_of
        last_miss = np.maximum.accumulate(np.where(holds, -1, index))
        found = index - np.maximum(last_miss, first_of - 1)
        streaks: Column = np.where(last_miss < first_of, found + kept[self.keys], found)
        return streaks

    def select(self, holds: Column) -> "RowGroups":
        """Return only the rows that hold, a mask of the sorted rows."""
        return _grouped(self.order[holds], self.keys[holds])


def group_rows(keys: Column, none: int | None = None) -> RowGroups:
    """Group rows by key, unsigned; best uint16, which numpy sorts six times as fast as int64.

    none: the greatest key, which stands for no group; its rows are left out.
    """
    if len(keys) and keys[0] != none and not np.count_nonzero(keys != keys[0]):
        # One sender alone is the common case.
        return _grouped(np.arange(len(keys)), keys)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    if none is not None and len(keys) and keys[-1] == none:
        end = int(np.searchsorted(keys, none))
        order, keys = order[:end], keys[:end]
    return _grouped(order, keys)


def differs(values: Column) -> Column:
    """Tell which values differ from the one before; the first one does."""
    found = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def _grouped(order: Column, keys: Column) -> RowGroups:
    firsts = np.flatnonzero(differs(keys))
    return RowGroups(order, keys, keys[firsts].astype(np.int64), firsts, run_ends(firsts, len(keys)) - 1)


def run_ends(starts: Column, count: int) -> Column:
    """Return where each run ends, given where each starts and how long all are together."""
    return np.append(starts[1:], count)[: len(starts)]
