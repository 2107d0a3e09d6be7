"""Rows side by side with those of the same address or sender before them: what every rule with a history stands on.

Strategy. A stable sort by a small number puts the rows of each group after each other in their order; the row before is
then the neighbour, and for the first of a group what was kept of it from the call before. So a rule costs some numpy
calls, however many groups there are, and looks the same at rows that came together or one by one.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.lint_headers import NO_HISTORY

Column = npt.NDArray[Any]


class Groups(NamedTuple):
    """Rows sorted by group, in their order within each; those without a group are left out.

    order: int64, their places. keys: uint16, their groups. first_of: int64, for each where its group begins.
    firsts, lasts: int64, where the groups begin and end; `owners` are the keys of these groups.
    """

    order: Column
    keys: Column
    first_of: Column
    firsts: Column
    lasts: Column
    owners: Column

    def __len__(self) -> int:
        return len(self.order)

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
        index = np.arange(len(holds))
        last_miss = np.maximum.accumulate(np.where(holds, -1, index))
        is_open = last_miss < self.first_of
        found = index - np.maximum(last_miss, self.first_of - 1)
        streaks: Column = np.where(is_open, found + kept[self.keys], found)
        return streaks


def group_rows(keys: Column) -> Groups:
    """Group rows by key, uint16; NO_HISTORY stands for no group."""
    if len(keys) and keys[0] < NO_HISTORY and not np.count_nonzero(keys != keys[0]):
        # One sender alone is the common case.
        order = np.arange(len(keys))
        return Groups(order, keys, np.zeros_like(order), order[:1], order[-1:], keys[:1])
    order = np.argsort(keys, kind="stable")
    return _grouped(order, keys[order])


def select(groups: Groups, holds: Column) -> Groups:
    """Return only the rows of groups that hold, a mask in the order of the groups."""
    return _grouped(groups.order[holds], groups.keys[holds])


def _grouped(order: Column, keys: Column) -> Groups:
    if len(keys) and keys[-1] >= NO_HISTORY:
        end = int(np.searchsorted(keys, NO_HISTORY))
        order, keys = order[:end], keys[:end]
    changes = np.ones(len(keys) + 1, np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=changes[1:-1])
    firsts, lasts = np.flatnonzero(changes[:-1]), np.flatnonzero(changes[1:])
    return Groups(order, keys, firsts.repeat(lasts - firsts + 1), firsts, lasts, keys[firsts])
