"""Rows put together by what they belong to, in the order of their arrival."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


class RowGroups(NamedTuple):
    """Rows sorted by slot, those of one slot in their old order.

    order: int64, shape (rows,), where each of the sorted rows was. row_slots: int64, shape (rows,), sorted.
    slots: int64, ascending. starts, ends: int64, from where to before where the sorted rows are theirs. All of shape
    (groups,).
    """

    order: Column
    row_slots: Column
    slots: Column
    starts: Column
    ends: Column


def group_rows(slots: Column) -> RowGroups:
    """Group rows, of which there are some, by their slots.

    slots: uint16, which numpy sorts six times as fast as int64.
    """
    order = np.argsort(slots, kind="stable")
    row_slots = slots[order].astype(np.int64)
    starts = run_starts(row_slots)
    return RowGroups(order, row_slots, row_slots[starts], starts, run_ends(starts, len(slots)))


def run_starts(values: Column) -> Column:
    """Return the first place, and each place where a value differs from the one before it."""
    starts = np.flatnonzero(values[1:] != values[:-1]) + 1
    return np.concatenate((np.zeros(1, np.int64), starts))


def run_ends(starts: Column, count: int) -> Column:
    """Return where each run ends, given where each starts and how long all are together."""
    ends = np.empty_like(starts)
    ends[:-1] = starts[1:]
    ends[-1] = count
    return ends
