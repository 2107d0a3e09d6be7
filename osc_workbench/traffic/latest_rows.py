"""The newest row of each address that a query matches: a table of current values instead of a log."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from osc_workbench.traffic.address_slots import AddressSlots
from osc_workbench.traffic.pieces import Pieces
from osc_workbench.traffic.query import BoundQuery
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.shown_rows import Change
from osc_workbench.traffic.store import TrafficStore

Column = npt.NDArray[Any]


class LatestRows:
    """Addresses stay in the order in which they first appeared, so that nothing moves while values change.

    Malformed rows, and those whose header found no place in the table, are no address's value.
    """

    def __init__(self, store: TrafficStore, query: BoundQuery | None) -> None:
        self._store = store
        self._query = query
        self._pieces = Pieces() if query is None else query.query.pieces
        self._end = store.first_row
        self._slots = AddressSlots(store.headers)
        # By slot: where it is shown, -1 if it is not. By place: row, count and slot.
        self._places: Column = np.full(64, -1, np.int64)
        self._rows: Column = np.zeros(0, np.int64)
        self._counts: Column = np.zeros(0, np.int64)
        self._slots_shown: Column = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def progress(self) -> float:
        kept = len(self._store)
        return 1.0 if not kept else max(0, self._end - self._store.first_row) / kept

    def advance(self, is_late: Callable[[], bool]) -> Change:
        gone = 0
        if self._slots.refresh():
            gone = len(self)
            self._keep(np.zeros(len(self), np.bool_))
        self._end = max(self._end, self._store.first_row)
        before = len(self)
        seen = self._end
        for chunk, first, end in self._pieces.ahead(self._store, self._end):
            if self._end > seen and is_late():
                break
            self._take(RowView(self._store.headers, chunk, slice(first, end)))
            self._end = chunk.first_row + end
        appended = len(self) - before
        changed = range(before) if self._end > seen else range(0)
        # Rows that are no longer kept have no value to show; they may stand anywhere.
        kept = self._rows >= self._store.first_row
        if not kept.all():
            self._keep(kept)
            return Change(trimmed=before + gone, appended=len(self))
        return Change(gone, 0, appended, changed)

    def _take(self, view: RowView) -> None:
        wanted = ~view.malformed & (view.headers != 0)
        if self._query is not None:
            wanted &= self._query.mask(view)
        places = np.flatnonzero(wanted)
        if not len(places):
            return
        slots = self._slots.at(view.headers[places])
        # Numpy leaves the order of equal indices in an assignment open, so the last of each is found here.
        distinct, from_end = np.unique(slots[::-1], return_index=True)
        last_rows = view.rows[places[len(slots) - 1 - from_end]]
        _, first_at = np.unique(slots, return_index=True)
        self._make_room(int(distinct[-1]) + 1)
        new = self._places[distinct] < 0
        order = np.argsort(first_at[new], kind="stable")
        self._show(distinct[new][order])
        shown = self._places[distinct]
        self._rows[shown] = last_rows
        self._counts[shown] += np.bincount(slots, minlength=int(distinct[-1]) + 1)[distinct]

    def _make_room(self, count: int) -> None:
        if count > len(self._places):
            more = max(count, 2 * len(self._places)) - len(self._places)
            self._places = np.concatenate((self._places, np.full(more, -1, np.int64)))

    def _show(self, slots: Column) -> None:
        self._places[slots] = np.arange(len(self), len(self) + len(slots))
        nothing = np.zeros(len(slots), np.int64)
        self._rows = np.concatenate((self._rows, nothing))
        self._counts = np.concatenate((self._counts, nothing))
        self._slots_shown = np.concatenate((self._slots_shown, slots))

    def _keep(self, kept: Column) -> None:
        self._rows, self._counts = self._rows[kept], self._counts[kept]
        self._slots_shown = self._slots_shown[kept]
        self._places.fill(-1)
        self._places[self._slots_shown] = np.arange(len(self._rows))

    def newest_of(self, row: int) -> int | None:
        """Return the newest row of the address that a kept row has; None if that is not shown."""
        if not self._store.first_row <= row < self._end:
            return None
        chunk, local = self._store.chunk_at(row)
        slot = int(self._slots.at(chunk.headers[local : local + 1])[0])
        place = int(self._places[slot]) if slot < len(self._places) else -1
        return int(self._rows[place]) if place >= 0 else None

    def row_at(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise IndexError(f"there is no shown row {index}")
        return int(self._rows[index])

    def index_of(self, row: int) -> int | None:
        places = np.flatnonzero(self._rows == row)
        return int(places[0]) if len(places) else None

    def place_of(self, row: int) -> int:
        later = np.flatnonzero(self._rows >= row)
        return int(later[0]) if len(later) else len(self)

    def repeats(self, index: int) -> int:
        return int(self._counts[index])

    def rows_between(self, first_row: int, end_row: int) -> Iterator[int]:
        yield from self._rows[(self._rows >= first_row) & (self._rows < end_row)].tolist()
